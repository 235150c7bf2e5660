/* The visible part of the grid: only what stands in the window exists. */
const BEYOND = 2;
const made = new Map();    // what stands in the document, by place
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
