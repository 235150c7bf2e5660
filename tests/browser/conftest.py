"""A real headless Chromium, and pages to look at; skipped, with the reason, where there is none."""

import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

ARTEFACTS = Path(__file__).parents[2] / "build/screenshots"
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
        """Return the first shown element of a CSS selector whose text holds ``text``."""

        def found() -> Any:
            script = (
                "return [...document.querySelectorAll(arguments[0])].find("
                "(e) => e.getClientRects().length && e.textContent.includes(arguments[1]))"
            )
            return self.run(script, selector, text)

        return self.wait(found, f"{selector} {text!r}")

    def click(self, selector: str, text: str = "") -> None:
        """Click as a person does: at the place where the element stands."""
        from selenium.webdriver.common.action_chains import ActionChains

        element = self.find(selector, text)
        self.run("arguments[0].scrollIntoView({block: 'center', inline: 'center'})", element)
        ActionChains(self.driver).move_to_element(element).click().perform()

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
        size = {"width": 390, "height": 844} if phone else {"width": 0, "height": 0}
        self.driver.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride", {**size, "deviceScaleFactor": 0, "mobile": phone}
        )


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
