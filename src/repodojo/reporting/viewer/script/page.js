/* What the page holds, what it shows of it now, and the making of elements.
   Everything that comes from a trajectory is set as text, never as markup. */
const KEPT = 8;
const byId = (id) => document.getElementById(id);
const attempts = JSON.parse(byId("overview").textContent);
const grid = byId("grid"), canvas = byId("canvas"), heads = byId("heads"), detail = byId("detail");
let columns = [];          // indices of the attempts shown, in order
let rows = [];             // by column: row -> turn
let rowCount = 0;
let reference = 0;         // index of an attempt
let chosen = null;         // {attempt, turn}; turn -1 is the attempt itself
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

const nameOf = (attempt) => `${attempt.group} ${attempt.attempt}`;
