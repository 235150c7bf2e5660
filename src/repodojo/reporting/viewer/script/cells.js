/* The head of an attempt and the cell of a turn, as elements at their place. */
function hue(state) { return state ? parseInt(state.slice(0, 6), 16) % 360 : 0; }

function head(column) {
  const attempt = attempts[columns[column]];
  const node = element("button", undefined, "head");
  node.type = "button";
  if (columns[column] === reference) node.classList.add("reference");
  node.append(element("b", nameOf(attempt)), " ", element("span", attempt.outcome.replace("_", " "), attempt.outcome));
  node.append(element("small", `score ${attempt.score === null ? "–" : attempt.score.toFixed(3)} · t ${attempt.temperature}`));
  node.append(element("small", `${attempt.turns.length} turns · ${attempt.exit}`));
  node.append(element("small", attempt.fix === null ? "fix never appeared" : `fix appeared at turn ${attempt.fix + 1}`));
  const diverged = divergence(attempt);
  node.append(element("small", diverged < 0 ? "reference" : diverged === Infinity ? "never diverges" : `diverges at turn ${diverged + 1}`));
  node.style.width = `${WIDTH}px`;
  node.style.left = `${column * WIDTH}px`;
  node.dataset.place = `${columns[column]}:-1`;
  return node;
}

function cell(column, row) {
  const turn = rows[column][row], index = columns[column], attempt = attempts[index];
  if (turn < 0) return null;
  const [command, exit] = attempt.turns[turn], state = attempt.states[turn];
  const node = element("button", undefined, "cell");
  node.type = "button";
  node.append(element("small", `${turn + 1} · ${exit === null ? "no command" : `exit ${exit}`}${state ? ` · ${state.slice(0, 6)}` : ""}`));
  node.append(command === null ? "(no command found)" : command);
  if (index !== reference && same(attempt, attempts[reference], turn)) node.classList.add("same");
  if (divergence(attempt) === turn) node.classList.add("diverged");
  if (attempt.fix === turn) node.classList.add("fix");
  if (matched.has(`${index}:${turn}`)) node.classList.add("match");
  if (chosen && chosen.attempt === index && chosen.turn === turn) node.classList.add("chosen");
  if (state) node.style.borderLeftColor = `hsl(${hue(state)} 65% 50%)`;
  node.style.width = `${WIDTH}px`;
  node.style.height = `${HEIGHT}px`;
  node.style.left = `${column * WIDTH}px`;
  node.style.top = `${HEAD + row * HEIGHT}px`;
  node.dataset.place = `${index}:${turn}`;
  return node;
}
