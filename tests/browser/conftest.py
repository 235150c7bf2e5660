"""A real headless Chromium, and pages to look at; skipped, with the reason, where there is none."""

import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
ARTEFACTS = ROOT / "build/screenshots"
SWITCHES = (
    *("--headless=new", "--no-sandbox", "--disable-background-networking", "--disable-component-update"),
    *(
        "--disable-default-apps",
        "--disable-sync",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--no-first-run",
    ),
    *(
        "--metrics-recording-only",
        "--window-size=1400,1000",
        "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
    ),
)
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
WAIT_S = 60.0
LED_S = 10.0
SHOWN = "[...document.querySelectorAll(arguments[0])].some((e) => e.getClientRects().length)"
STANDS = """
const [element, done] = arguments, place = () => JSON.stringify(element.getBoundingClientRect());
const before = place();
setTimeout(() => {
  const box = element.getBoundingClientRect();
  const there = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
  const uncovered = !!there && (element.contains(there) || there.contains(element));
  done(element.isConnected && place() === before && uncovered);
}, 150);
"""
"""Whether an element is where it was 150 ms before, with nothing before it."""


class Tab:
    """One window of the browser."""

    def __init__(self, driver: Any) -> None:
        self.driver = driver

    def open(self, address: str | Path) -> None:
        """Go to an address or a file, and forget what the console said before."""
        self.driver.get("about:blank")
        self.console()
        self.driver.get(address.as_uri() if isinstance(address, Path) else address)

    def run(self, script: str, *arguments: Any) -> Any:
        """Run JavaScript in the page."""
        return self.driver.execute_script(script, *arguments)

    def wait(self, what: Callable[[], Any], told: str) -> Any:
        """Return the first true value of ``what``."""
        end = time.monotonic() + WAIT_S
        while time.monotonic() < end:
            if found := what():
                return found
            time.sleep(0.05)
        self.screenshot("failure")
        raise AssertionError(f"not seen within {WAIT_S:.0f} s: {told}")

    def find(self, selector: str, text: str = "") -> Any:
        """Return the shown element of a CSS selector that holds ``text`` and as little else as possible."""

        def found() -> Any:
            script = (
                "return [...document.querySelectorAll(arguments[0])]"
                ".filter((e) => e.getClientRects().length && e.textContent.includes(arguments[1]))"
                ".sort((one, other) => one.textContent.length - other.textContent.length)[0]"
                if text
                else "return [...document.querySelectorAll(arguments[0])]"
                ".find((e) => e.getClientRects().length)"
            )
            return self.run(script, selector, text)

        return self.wait(found, f"{selector} {text!r}")

    def click(self, selector: str, text: str = "") -> None:
        """Click as a person does: at the place where the element stands, once it stands still, uncovered."""
        from selenium.common.exceptions import StaleElementReferenceException
        from selenium.webdriver.common.action_chains import ActionChains

        def clicked() -> bool:
            try:
                element = self.find(selector, text)
                self.run("arguments[0].scrollIntoView({block: 'center', inline: 'center'})", element)
                if not self.driver.execute_async_script(STANDS, element):
                    return False
                ActionChains(self.driver).move_to_element(element).click().perform()
            except StaleElementReferenceException:  # the page drew it anew meanwhile
                return False
            return True

        self.wait(clicked, f"{selector} {text!r} standing still")

    def click_for(self, selector: str, text: str, wanted: str) -> None:
        """Click until ``wanted`` is shown: a page that is still being built loses a click."""

        def led() -> bool:
            self.click(selector, text)
            end = time.monotonic() + LED_S
            while time.monotonic() < end:
                if self.run(f"return {SHOWN}", wanted):
                    return True
                time.sleep(0.1)
            return False

        self.wait(led, f"{wanted} after clicks on {selector} {text!r}")

    def write(self, selector: str, text: str) -> None:
        """Put text into a field in place of what it holds."""
        from selenium.webdriver.common.keys import Keys

        self.click(selector)
        self.find(selector).send_keys(Keys.CONTROL + "a", Keys.DELETE, text)

    def gone(self, selector: str) -> None:
        """Wait until no element of a CSS selector is shown."""
        self.wait(lambda: self.run(f"return !{SHOWN}", selector), f"{selector} gone")

    def console(self) -> list[str]:
        """Return the errors that the console has shown since the last call."""
        return [row["message"] for row in self.driver.get_log("browser") if row["level"] == "SEVERE"]

    def screenshot(self, name: str) -> None:
        """Keep what the window shows."""
        ARTEFACTS.mkdir(parents=True, exist_ok=True)
        assert self.driver.save_screenshot(str(ARTEFACTS / f"{name}.png"))

    def emulate(self, *, dark: bool = False, phone: bool = False, paper: bool = False) -> None:
        """Show pages as another medium would."""
        scheme = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        self.driver.execute_cdp_cmd(
            "Emulation.setEmulatedMedia", {"media": "print" if paper else "screen", "features": scheme}
        )
        if phone:
            size = {"width": 390, "height": 844, "deviceScaleFactor": 1, "mobile": True}
            self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        else:
            self.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


@pytest.fixture(scope="session")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    webdriver = pytest.importorskip(
        "selenium.webdriver", reason="selenium is missing: install the extra 'browser'"
    )
    browser = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    chromedriver = shutil.which("chromedriver")
    if browser is None or chromedriver is None:
        pytest.skip("chromium or its driver is missing; on Debian: apt-get install chromium chromium-driver")
    options = webdriver.ChromeOptions()
    options.binary_location = browser
    for switch in (*SWITCHES, f"--user-data-dir={tmp_path_factory.mktemp('profile')}"):
        options.add_argument(switch)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    made = webdriver.Chrome(options=options, service=webdriver.ChromeService(chromedriver))
    yield made
    made.quit()


@pytest.fixture
def tab(driver: Any) -> Tab:
    found = Tab(driver)
    found.emulate()
    return found


@dataclass(frozen=True)
class FinishedRun:
    """What a run left."""

    data: Path
    database: Path
    environment: dict[str, str]


@pytest.fixture(scope="session")
def finished_run(tmp_path_factory: pytest.TempPathFactory) -> FinishedRun:
    """`kedro run --env test`, or what REPODOJO_DATA and MLFLOW_TRACKING_URI say is there already."""
    folder = tmp_path_factory.mktemp("run")
    data = Path(os.environ.get("REPODOJO_DATA") or folder / "data")
    uri = os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{folder}/mlflow.db"
    paths = {"REPODOJO_DATA": str(data), "MLFLOW_TRACKING_URI": uri, "PYTHONPATH": os.pathsep.join(sys.path)}
    environment = {"REPODOJO_ARTIFACTS": str(folder / "artifacts"), **os.environ, **paths}
    if not (data / "08_reporting/report.html").is_file():
        command = [sys.executable, "-m", "kedro", "run", "--env", "test"]
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr[-4000:]
    return FinishedRun(data, Path(uri.removeprefix("sqlite:///")), environment)


def serve(command: list[str], environment: dict[str, str], port: int, log: Path) -> Iterator[str]:
    """Run a server on this machine until the tests are done; yield its address once it answers."""
    with log.open("w") as output:
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=output, stderr=output, start_new_session=True
        )
    try:
        end = time.monotonic() + 4 * WAIT_S
        while True:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=WAIT_S):
                    break
            except OSError:
                assert process.poll() is None, log.read_text()[-4000:]
                assert time.monotonic() < end, log.read_text()[-4000:]
                time.sleep(0.5)
        yield f"http://127.0.0.1:{port}"
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        process.wait()


def free_port() -> int:
    """Draw a port that nothing uses, below those that connections get; Kedro-Viz refuses some of these."""
    while True:
        port = random.randint(20_000, 32_000)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


@pytest.fixture(scope="session")
def viz(finished_run: FinishedRun, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    port = free_port()
    command = [sys.executable, "-m", "kedro", "viz", "run", "--host", "127.0.0.1", "--port", str(port)]
    log = tmp_path_factory.mktemp("viz") / "log"
    yield from serve([*command, "--no-browser", "--env", "test"], finished_run.environment, port, log)


@pytest.fixture(scope="session")
def mlflow_ui(finished_run: FinishedRun, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    port = free_port()
    command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--workers", "1", "--backend-store-uri", f"sqlite:///{finished_run.database}"]
    environment = {**finished_run.environment, "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    yield from serve(command, environment, port, tmp_path_factory.mktemp("mlflow") / "log")
