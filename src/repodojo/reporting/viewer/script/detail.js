/* One turn, or an attempt as a whole, in full beside the grid. */
const SHOWN = 20000, MARKS = 200;

function marked(text) {
  const node = element("pre");
  const lower = query ? text.toLowerCase() : "", same = lower.length === text.length;
  let from = 0, count = 0;
  for (let found = query && same ? lower.indexOf(query) : -1; found >= 0 && count < MARKS; found = lower.indexOf(query, from)) {
    node.append(text.slice(from, found), element("mark", text.slice(found, found + query.length)));
    from = found + query.length;
    count += 1;
  }
  node.append(text.slice(from));
  return node;
}

function message(title, text) {
  const parts = [element("h2", title)];
  if (text.length <= SHOWN) return [...parts, marked(text)];
  const start = marked(text.slice(0, SHOWN)), more = element("button", `show the other ${(text.length - SHOWN).toLocaleString("en")} characters`);
  more.type = "button";
  more.addEventListener("click", () => { more.replaceWith(marked(text.slice(SHOWN))); });
  return [...parts, start, more];
}

function show() {
  if (!chosen) return;
  const { attempt: index, turn } = chosen, attempt = attempts[index], found = texts(index);
  const parts = [element("h2", turn < 0 ? nameOf(attempt) : `${nameOf(attempt)}, turn ${turn + 1} of ${attempt.turns.length}`)];
  if (!found) parts.push(element("p", "This attempt is still loading."));
  else if (turn >= 0) for (const [role, text] of found.turns[turn] || []) parts.push(...message(role, text));
  else {
    const score = attempt.score === null ? "no verifier score" : `verifier score ${attempt.score.toFixed(4)}`;
    parts.push(element("p", `${attempt.policy}, temperature ${attempt.temperature} · ${attempt.outcome} (${attempt.cause || "–"}) · ${score}`));
    parts.push(element("p", `${attempt.exit}${attempt.error ? `: ${attempt.error}` : ""} · ${attempt.tokens} tokens · ${attempt.seconds} s`));
    const compare = element("button", "compare all with this attempt");
    compare.type = "button";
    compare.id = "compare";
    compare.addEventListener("click", () => { reference = index; redraw(); });
    parts.push(compare);
    if (attempt.failed.length) {
      const list = element("ul");
      for (const test of attempt.failed) list.append(element("li", test));
      parts.push(element("h2", "tests that did not pass"), list);
    }
    parts.push(...message("patch", found.patch || "(empty)"));
    for (const [role, text] of found.opening) parts.push(...message(role, text));
  }
  detail.replaceChildren(...parts);
  detail.scrollTop = 0;
}

function choose(index, turn) {
  chosen = { attempt: index, turn };
  show();
  redraw();
  if (document.activeElement !== byId("query")) grid.focus({ preventScroll: true });
}
