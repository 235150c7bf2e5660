"use strict";
/* Shows the attempts of the page: a grid of which only the visible part exists, and the messages of one turn.
   Everything that comes from a trajectory is set as text, never as markup. */
(() => {
  const WIDTH = 216, HEIGHT = 58, HEAD = 88, BEYOND = 2, SHOWN = 20000, MARKS = 200, KEPT = 8;
  const byId = (id) => document.getElementById(id);
  const attempts = JSON.parse(byId("overview").textContent);
  const grid = byId("grid"), canvas = byId("canvas"), heads = byId("heads"), detail = byId("detail");
  let columns = [];          // indices of the attempts shown, in order
  let rows = [];             // by column: row -> turn
  let rowCount = 0;
  let reference = 0;         // index of an attempt
  let chosen = null;         // {attempt, turn}; turn -1 is the attempt itself
  let query = "", matches = [], matched = new Set(), at = -1, searching = 0;
  const made = new Map();    // what stands in the document, by place
  const parsed = new Map();  // texts of the attempts looked at last

  function element(name, text, className) {
    const node = document.createElement(name);
    if (text !== undefined) node.textContent = text;
    if (className) node.className = className;
    return node;
  }

  function texts(index) {
    if (!parsed.has(index)) {
      if (parsed.size >= KEPT) parsed.delete(parsed.keys().next().value);
      const block = byId(`texts-${index}`);
      if (!block) return null;  // the page is still loading
      parsed.set(index, JSON.parse(block.textContent));
    }
    return parsed.get(index);
  }

  const before = (attempt, turn) => (turn ? attempt.states[turn - 1] : "");
  const nameOf = (attempt) => `${attempt.group} ${attempt.attempt}`;
  const same = (one, other, turn) =>
    turn < one.turns.length && turn < other.turns.length &&
    one.turns[turn][2] === other.turns[turn][2] && one.states[turn] === other.states[turn];

  function divergence(attempt) {
    const other = attempts[reference];
    let turn = 0;
    while (same(attempt, other, turn)) turn += 1;
    return attempt === other ? -1 : turn < Math.max(attempt.turns.length, other.turns.length) ? turn : Infinity;
  }

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

  let asked = false;
  function draw() {
    asked = false;
    const first = Math.max(0, Math.floor(grid.scrollLeft / WIDTH) - BEYOND);
    const last = Math.min(columns.length - 1, Math.ceil((grid.scrollLeft + grid.clientWidth) / WIDTH) + BEYOND);
    const top = Math.max(0, Math.floor((grid.scrollTop - HEAD) / HEIGHT) - BEYOND);
    const bottom = Math.min(rowCount - 1, Math.ceil((grid.scrollTop + grid.clientHeight) / HEIGHT) + BEYOND);
    const wanted = new Set();
    const add = (key, parent, build) => {
      wanted.add(key);
      if (made.has(key)) return;
      const node = build();
      if (node) parent.append(node);
      made.set(key, node);
    };
    for (let column = first; column <= last; column += 1) {
      add(`${column}`, heads, () => head(column));
      for (let row = top; row <= bottom; row += 1) add(`${column}:${row}`, canvas, () => cell(column, row));
    }
    for (const [key, node] of made) if (!wanted.has(key)) { if (node) node.remove(); made.delete(key); }
  }
  function ask() { if (!asked) { asked = true; requestAnimationFrame(draw); } }
  function redraw() { for (const node of made.values()) if (node) node.remove(); made.clear(); ask(); }

  function scrollTo(index, turn) {
    const column = columns.indexOf(index);
    if (column < 0) return;
    const row = turn < 0 ? 0 : rows[column].indexOf(turn);
    grid.scrollLeft = Math.max(0, column * WIDTH - (grid.clientWidth - WIDTH) / 2);
    if (turn >= 0) grid.scrollTop = Math.max(0, HEAD + row * HEIGHT - grid.clientHeight / 2);
  }

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
})();
