"""Script: how soon a page of 500 attempts of 100 turns is seen in Chromium, and how smoothly it scrolls.

Run as ``python tests/benchmarks/bench_viewer.py``. It prints a table and a line of JSON; nothing here fails
for a time. Without selenium, chromium and its driver it says so and measures nothing.
"""

import importlib.util
import json
import shutil
import sys
import tempfile
import time
from pathlib import Path

from repodojo.reporting.viewer.page import Attempt, render_page
from repodojo.types import Instance, Message, Trajectory, Turn, Verdict

ATTEMPTS, TURNS, FRAMES = 500, 100, 300
SCROLL = """
const done = arguments[0], tasks = [], grid = document.getElementById("grid");
new PerformanceObserver((list) => tasks.push(...list.getEntries().map((each) => each.duration)))
  .observe({type: "longtask"});
let frame = 0;
const step = () => {
  grid.scrollTop = (frame * 331) % (grid.scrollHeight - grid.clientHeight);
  grid.scrollLeft = (frame * 173) % (grid.scrollWidth - grid.clientWidth);
  if (frame++ < arguments[1]) requestAnimationFrame(step); else setTimeout(() => done(tasks), 500);
};
requestAnimationFrame(step);
"""
PAINT = "return performance.getEntriesByName('first-contentful-paint')[0].startTime"


def attempt(number: int) -> Attempt:
    """An attempt of many turns, an edit in every ninth."""
    messages, turns = [Message("system", "s"), Message("user", "issue")], []
    for turn in range(TURNS):
        edit = f"sed -i 's/{turn}/{number % 3}/' m.py"
        command = edit if turn % 9 == 8 else f"grep -n 'word {turn}' m.py"
        messages += [
            Message("assistant", f"```bash\n{command}\n```"),
            Message("user", f"{turn} return x\n" * 80),
        ]
        turns.append(Turn(command, 0, 10, 10, "stop", 0.1, 0.1))
    key = f"i.{number}"
    made = Trajectory(*(key, "i", "p", "s", number, 0.8, 0), tuple(messages), tuple(turns), "p", "Submitted")
    return Attempt(
        "teacher", made, Verdict(key, "i", "resolved" if number % 3 else "unresolved", "tests"), 0.5
    )


def measure(page: Path) -> dict[str, float]:
    """Open the page and scroll through it."""
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or ""
    for switch in ("--headless=new", "--no-sandbox", "--disable-background-networking", "--disable-gpu"):
        options.add_argument(switch)
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(shutil.which("chromedriver")))
    try:
        started = time.perf_counter()
        driver.get(page.as_uri())
        loaded_s = time.perf_counter() - started
        driver.set_script_timeout(120)
        paint_ms = driver.execute_script(PAINT)
        tasks = driver.execute_async_script(SCROLL.replace("arguments[1]", str(FRAMES)))
    finally:
        driver.quit()
    return {
        "first_paint_ms": paint_ms,
        "loaded_s": loaded_s,
        "tasks_over_50_ms": len(tasks),
        "longest_task_ms": max(tasks, default=0.0),
    }


def main() -> int:
    """Measure and print."""
    if not (
        importlib.util.find_spec("selenium") and shutil.which("chromium") and shutil.which("chromedriver")
    ):
        sys.stdout.write(
            "viewer: not measured; make test-browser installs selenium, chromium and its driver\n"
        )
        return 0
    instance = Instance(*("o__r-1", "o/r", "1", "0", "issue", "patch", "", ("t",), (), "e", ("t.py",)))
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "page.html"
        started = time.perf_counter()
        page.write_text(render_page(instance, [attempt(n) for n in range(ATTEMPTS)]), encoding="utf-8")
        found = {"written_s": time.perf_counter() - started, "megabytes": page.stat().st_size / 1e6}
        found |= measure(page)
    for name, value in found.items():
        sys.stdout.write(f"{name:>20}  {value:10.2f}\n")
    sys.stdout.write(json.dumps({"bench": "viewer", "attempts": ATTEMPTS, "turns": TURNS, **found}) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
