/* Which attempts are shown, in which order, and on which row each of their turns stands. */
const WIDTH = 216, HEIGHT = 58, HEAD = 88;

/* Rows on which the turns of each column stand: the n-th change of the repository starts on the same row in all. */
function layOut() {
  const onState = byId("align").value === "state";
  const places = columns.map((index) => {
    const attempt = attempts[index];
    let depth = 0, within = -1;
    return attempt.turns.map((_, turn) => {
      if (onState && attempt.states[turn] !== before(attempt, turn)) { depth += 1; within = 0; } else within += 1;
      return [depth, within];
    });
  });
  const longest = [];
  for (const place of places) for (const [depth, within] of place) longest[depth] = Math.max(longest[depth] || 0, within + 1);
  const offsets = [0];
  for (let depth = 0; depth < longest.length; depth += 1) offsets.push(offsets[depth] + (longest[depth] || 0));
  rowCount = offsets[offsets.length - 1];
  rows = places.map((place) => {
    const turns = new Int32Array(rowCount).fill(-1);
    place.forEach(([depth, within], turn) => { turns[offsets[depth] + within] = turn; });
    return turns;
  });
  canvas.style.width = `${columns.length * WIDTH}px`;
  canvas.style.height = `${HEAD + rowCount * HEIGHT}px`;
  redraw();
}

function order() {
  const wanted = byId("filter").value, by = byId("order").value;
  columns = attempts.map((_, index) => index).filter((index) => {
    const { group, outcome } = attempts[index];
    return wanted === "all" || wanted === `policy ${group}` || wanted === outcome;
  });
  const last = (value) => (value === null ? -Infinity : value);
  if (by === "score") columns.sort((a, b) => last(attempts[b].score) - last(attempts[a].score) || a - b);
  if (by === "turns") columns.sort((a, b) => attempts[a].turns.length - attempts[b].turns.length || a - b);
  layOut();
}
