/* An attempt beside the reference attempt: the same turns, and the first that differs. */
const before = (attempt, turn) => (turn ? attempt.states[turn - 1] : "");
const same = (one, other, turn) =>
  turn < one.turns.length && turn < other.turns.length &&
  one.turns[turn][2] === other.turns[turn][2] && one.states[turn] === other.states[turn];

function divergence(attempt) {
  const other = attempts[reference];
  let turn = 0;
  while (same(attempt, other, turn)) turn += 1;
  return attempt === other ? -1 : turn < Math.max(attempt.turns.length, other.turns.length) ? turn : Infinity;
}
