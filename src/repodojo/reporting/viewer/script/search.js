/* The turns whose messages hold a text, and the way from one to the next. */
let query = "", matches = [], matched = new Set(), at = -1, searching = 0;

/* Looks through one attempt at a time, so that no task is long. */
function search() {
  const run = (searching += 1), words = query, queue = [...columns];
  matches = []; matched = new Set(); at = -1;
  byId("found").value = "";
  redraw();
  if (!words) return;
  const holds = ([, text]) => text.toLowerCase().includes(words);
  const step = () => {
    if (run !== searching) return;
    const begin = performance.now();
    while (queue.length && performance.now() - begin < 20) {
      const index = queue.shift(), found = texts(index);
      (found ? found.turns : []).forEach((turn, number) => {
        if (number < attempts[index].turns.length && turn.some(holds)) { matches.push([index, number]); matched.add(`${index}:${number}`); }
      });
    }
    const inAttempts = new Set(matches.map(([index]) => index)).size;
    byId("found").value = `${matches.length} turns in ${inAttempts} attempts${queue.length ? " …" : ""}`;
    if (queue.length) setTimeout(step); else redraw();
  };
  setTimeout(step);
}

function go(by) {
  if (!matches.length) return;
  at = (at + by + matches.length) % matches.length;
  const [index, turn] = matches[at];
  scrollTo(index, turn);
  choose(index, turn);
}
