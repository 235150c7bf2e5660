"""The trajectory viewer in a real browser: many attempts, hostile content, search, the first fix."""

from pathlib import Path
from typing import Any

import pytest

from repodojo.reporting.viewer.page import Attempt, render_page
from repodojo.types import Instance, Message, Trajectory, Turn, Verdict

pytestmark = pytest.mark.browser

ATTEMPTS, TURNS = 500, 100
HOSTILE = (
    "</script><script>window.hacked=1</script><img src=x onerror='window.hacked=2'>"
    "<svg onload='window.hacked=3'><style>body{display:none}</style><iframe src='javascript:parent.hacked=4'></iframe>\x1b[2J\x1b]8;;http://x\x07"
)
SCROLL = """
const done = arguments[0], grid = document.getElementById("grid");
let frame = 0, most = 0;
const step = () => {
  grid.scrollTop = (frame * 331) % (grid.scrollHeight - grid.clientHeight);
  grid.scrollLeft = (frame * 173) % (grid.scrollWidth - grid.clientWidth);
  most = Math.max(most, document.querySelectorAll(".cell").length);
  if (frame++ < 60) requestAnimationFrame(step); else requestAnimationFrame(() => done(most));
};
requestAnimationFrame(step);
"""


def attempt(number: int, turns: int, said: str = "") -> Attempt:
    """An attempt that repairs in its ninth turn, if its number divides by three."""
    won = number % 3 == 0
    messages = [Message("system", "s"), Message("user", "issue")]
    taken = []
    for turn in range(turns):
        edit = f"sed -i '{'1d' if won else number}' m.py"
        command = edit if turn == 8 else f"grep -n 'word {turn}' m.py"
        observation = f"output {number} {turn} {said}" + " some more text of a file" * 8
        messages += [Message("assistant", f"```bash\n{command}\n```"), Message("user", observation)]
        taken.append(Turn(command, 0, 10, 10, "stop", 0.1, 0.1))
    key = f"i.{number}"
    patch = "the fix" if won else f"patch {number}"
    trajectory = Trajectory(
        *(key, "i", "policy", "bash_only", number, 0.8, number),
        tuple(messages),
        tuple(taken),
        patch,
        "Submitted",
    )
    outcome: Any = "resolved" if won else "unresolved"
    return Attempt(
        "teacher", trajectory, Verdict(key, "i", outcome, "tests", () if won else ("t::f",)), number / 600
    )


def write(path: Path, attempts: list[Attempt], text: str = "It breaks.") -> Path:
    instance = Instance("o__r-1", "o/r", "1", "0", text, text, "", (f"t::{text}",), (), "e", ("t.py",))
    path.write_text(render_page(instance, attempts), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(
        tmp_path_factory.mktemp("viewer") / "large.html", [attempt(n, TURNS) for n in range(ATTEMPTS)]
    )


def test_of_500_attempts_only_what_is_seen_exists(tab: Any, large: Path) -> None:
    tab.open(large)
    assert tab.run("return document.getElementById('canvas').offsetWidth") == ATTEMPTS * 216
    tab.driver.set_script_timeout(60)
    assert 20 < tab.driver.execute_async_script(SCROLL) < 400
    tab.find(".cell")
    assert tab.console() == []
    tab.screenshot("viewer-500-attempts")


def test_a_turn_a_search_and_the_first_fix(tab: Any, tmp_path: Path) -> None:
    page = write(tmp_path / "page.html", [attempt(n, 12) for n in range(6)])
    tab.open(page)
    assert "fix appeared at turn 9" in tab.find(".head", "teacher 0").text
    assert "diverges at turn 9" in tab.find(".head", "teacher 1").text
    assert "never diverges" in tab.find(".head", "teacher 3").text
    assert "fix never appeared" in tab.find(".head", "teacher 1").text
    tab.click(".cell[data-place='1:2']")
    assert "output 1 2" in tab.find("#detail").text
    tab.find("#query").send_keys("OUTPUT 4 7")
    tab.wait(lambda: tab.find("#found").text == "1 turns in 1 attempts", "the search ends")
    tab.click("#next")
    assert tab.find("#detail mark").text == "output 4 7"
    tab.screenshot("viewer-search")
    tab.click(".head", "teacher 1")
    assert "t::f" in tab.find("#detail").text
    tab.click("#compare")
    assert "reference" in tab.find(".head.reference").text
    tab.find("#filter").send_keys("resolved")
    tab.wait(lambda: len(tab.driver.find_elements("css selector", ".head")) == 2, "only resolved attempts")
    assert tab.console() == []


def test_hostile_content_stays_text(tab: Any, tmp_path: Path) -> None:
    """Markup, scripts, terminal sequences and ten megabytes in a trajectory."""
    page = write(tmp_path / "page.html", [attempt(0, 12, HOSTILE), attempt(1, 2, "<b>" * 3_500_000)], HOSTILE)
    tab.open(page)
    tab.click(".cell[data-place='0:1']")
    assert "<img src=x onerror=" in tab.find("#detail").text
    tab.click(".cell[data-place='1:1']")
    tab.click("#detail button", "show the other")
    assert "characters are not on this page" in tab.find("#detail").text
    assert tab.run("return window.hacked") is None
    assert tab.run("return document.querySelectorAll('img, iframe, svg').length") == 0
    assert tab.run("return performance.getEntriesByType('resource').length") == 0
    assert tab.console() == []
    tab.screenshot("viewer-hostile")


def test_a_script_that_got_into_the_page_would_not_run(tab: Any, tmp_path: Path) -> None:
    page = write(tmp_path / "page.html", [attempt(0, 2)])
    page.write_text(page.read_text().replace("</header>", "<script>window.hacked = 1</script></header>"))
    tab.open(page)
    tab.find(".cell")
    assert tab.run("return window.hacked") is None
    assert any("Content Security Policy" in line for line in tab.console())
