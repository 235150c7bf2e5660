/* What keys, clicks and the form above the grid do, and the first showing. */
function move(event) {
  const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
  if (!steps || !chosen) return;
  let column = columns.indexOf(chosen.attempt) + steps[0];
  if (column < 0 || column >= columns.length) return;
  const last = attempts[columns[column]].turns.length - 1;
  event.preventDefault();
  choose(columns[column], Math.min(last, Math.max(-1, chosen.turn + steps[1])));
  scrollTo(columns[column], chosen.turn);
}

function start() {
  const choices = ["all", "resolved", "unresolved", ...new Set(attempts.map(({ group }) => `policy ${group}`))];
  for (const choice of choices) byId("filter").append(new Option(choice.replace("_", " "), choice));
  const resolved = attempts.findIndex(({ outcome }) => outcome === "resolved");
  reference = Math.max(0, resolved);
  order();
  grid.addEventListener("scroll", ask, { passive: true });
  grid.addEventListener("keydown", move);
  grid.addEventListener("click", (event) => {
    const place = event.target.closest("[data-place]");
    if (place) choose(...place.dataset.place.split(":").map(Number));
  });
  addEventListener("resize", ask);
  for (const id of ["filter", "order"]) byId(id).addEventListener("change", order);
  byId("align").addEventListener("change", layOut);
  byId("next").addEventListener("click", () => go(1));
  byId("previous").addEventListener("click", () => go(-1));
  byId("tools").addEventListener("submit", (event) => { event.preventDefault(); go(1); });
  let waiting = 0;
  byId("query").addEventListener("input", (event) => {
    clearTimeout(waiting);
    query = event.target.value.trim().toLowerCase();
    waiting = setTimeout(search, 200);
  });
  const named = attempts.findIndex((attempt) => `#${attempt.group}.${attempt.attempt}` === decodeURIComponent(location.hash));
  if (named >= 0) addEventListener("DOMContentLoaded", () => { scrollTo(named, -1); choose(named, -1); });
}
start();
