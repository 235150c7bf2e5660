import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from repodojo.datasets.engines import Engines
from repodojo.datasets.handles import EnginesDataset, PolicyDataset
from repodojo.errors import InputError
from repodojo.policies.policy import Completion, SamplingParameters
from repodojo.types import Message

ASK = [Message("user", "hello")]
LOG: list[str] = []


class Echo:
    """An engine that answers with its checkpoint's name, and only inside its context."""

    gate: threading.Event | None = None

    def __init__(self, checkpoint: Path) -> None:
        self.name = checkpoint.name
        self.fingerprint = ""
        self._open = False

    def __enter__(self) -> "Echo":
        LOG.append(f"start {self.name}")
        self._open = True
        return self

    def __exit__(self, *error: object) -> None:
        LOG.append(f"end {self.name}")
        self._open = False

    def complete(self, messages: Sequence[Message], parameters: SamplingParameters) -> Completion:
        if self.gate is not None:
            self.gate.wait(10)
        assert self._open
        return Completion(self.name, "stop", 1, 1)

    def next_token_log_probabilities(
        self, conversations: Sequence[Sequence[Message]], answer_prefix: str, choices: Sequence[str]
    ) -> list[dict[str, float] | None]:
        assert self._open
        return [dict.fromkeys(choices, -1.0) for _ in conversations]


def digest(checkpoint: Path) -> str:
    return f"digest of {checkpoint.name}"


@pytest.fixture
def log() -> list[str]:
    LOG.clear()
    return LOG


def test_an_engine_starts_when_first_asked_and_once_for_all(log: list[str]) -> None:
    engines = Engines(Echo, digest)
    policy, scorer = engines.policy(Path("a"), "student"), engines.scorer(Path("a"), "judge")
    assert (policy.name, policy.fingerprint, scorer.name) == ("student", "digest of a", "judge")
    assert log == []
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: policy.complete(ASK, SamplingParameters()).text, range(40)))
    assert answers == ["a"] * 40
    assert scorer.next_token_log_probabilities([ASK], "", ["Y"]) == [{"Y": -1.0}]
    assert log == ["start a"]


def test_an_idle_engine_ends_before_another_starts_and_starts_again(log: list[str]) -> None:
    engines = Engines(Echo, digest)
    first, second = engines.policy(Path("a"), "a"), engines.policy(Path("b"), "b")
    for policy in (first, second, first):
        policy.complete(ASK, SamplingParameters())
    assert log == ["start a", "end a", "start b", "end b", "start a"]
    engines.close()
    assert log[-1] == "end a"
    assert first.complete(ASK, SamplingParameters()).text == "a"


def test_an_engine_that_is_answering_does_not_end(log: list[str]) -> None:
    class Slow(Echo):
        gate = threading.Event()

    engines = Engines(lambda path: Slow(path) if path.name == "a" else Echo(path), digest)
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(engines.policy(Path("a"), "a").complete, ASK, SamplingParameters())
        while log != ["start a"]:
            pass
        while not engines._asking[Path("a")]:
            pass
        engines.policy(Path("b"), "b").complete(ASK, SamplingParameters())
        assert log == ["start a", "start b"]
        Slow.gate.set()
        assert answer.result().text == "a"


def test_unknown_kinds_are_named_with_the_known_ones() -> None:
    with pytest.raises(InputError, match=r"unknown policy 'gpt'.*openai, repair, scripted"):
        PolicyDataset(kind="gpt")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="unknown engine 'trt'"):
        EnginesDataset(kind="trt")  # type: ignore[arg-type]


def test_a_scripted_policy_reads_its_answers_from_a_file(tmp_path: Path) -> None:
    scripts = tmp_path / "scripts.json"
    scripts.write_text('{"hello": [["one", "two"]]}')
    dataset = PolicyDataset(kind="scripted", scripts=str(scripts))
    assert dataset.load().complete(ASK, SamplingParameters()).text == "one"
    engines = EnginesDataset(kind="local", scripts=str(scripts)).load()
    assert engines.policy(tmp_path, "student").complete(ASK, SamplingParameters()).text == "one"
    before = dataset.identity()
    scripts.write_text("{}")
    assert dataset.identity() != before


def test_scripts_that_are_not_there_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="must name a JSON object of answers"):
        PolicyDataset(kind="scripted", scripts=str(tmp_path / "none.json")).load()


def test_what_decides_answers_identifies_a_handle_and_how_it_runs_does_not() -> None:
    def make(temperature: float, threads: int) -> object:
        settings, operation = {"model": "m", "top_p": temperature}, {"threads": threads}
        return PolicyDataset(kind="openai", settings=settings, operation=operation).identity()

    assert make(1.0, 1) == make(1.0, 8)
    assert make(1.0, 1) != make(0.5, 1)


def test_weights_and_settings_decide_a_fingerprint_and_threads_do_not(tmp_path: Path) -> None:
    for name, weights in (("a", b"1"), ("b", b"2"), ("c", b"1")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "config.json").write_text("{}")
        (tmp_path / name / "model.safetensors").write_bytes(weights)

    def fingerprint(name: str, max_context: int = 2048, threads: int = 1) -> str:
        settings, operation = {"max_context": max_context}, {"threads": threads}
        engines = EnginesDataset(kind="local", settings=settings, operation=operation).load()
        return str(engines.policy(tmp_path / name, name).fingerprint)

    assert fingerprint("a") == fingerprint("c") == fingerprint("a", threads=4)
    assert fingerprint("a") != fingerprint("b")
    assert fingerprint("a") != fingerprint("a", max_context=1024)


class Refusing(BaseHTTPRequestHandler):
    """Answers everything with 401, as an endpoint does without a key."""

    def do_GET(self) -> None:
        self.send_error(401)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def test_an_endpoint_that_does_not_answer_is_found_before_any_work() -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), Refusing) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/v1"
        endpoint = PolicyDataset(kind="openai", settings={"model": "m"}, operation={"base_urls": [url]})
        endpoint.check()
        server.shutdown()
    with pytest.raises(InputError, match=rf"the endpoint {url} does not answer \(.*refused"):
        endpoint.check()
    wrong = PolicyDataset(kind="openai", settings={"model": "m"}, operation={"base_urls": ["localhost"]})
    with pytest.raises(InputError, match="the endpoint localhost does not answer"):
        wrong.check()


@pytest.mark.parametrize(
    ("dataset", "told"),
    [
        (PolicyDataset(kind="openai", settings={"modle": "m"}), "kind 'openai'.*unknown modle.*base_urls"),
        (PolicyDataset(kind="openai", settings={"model": "m"}), "kind 'openai'.*no base_urls"),
        (PolicyDataset(kind="repair", settings={"depth": 3}), "kind 'repair'.*unknown depth"),
        (EnginesDataset(kind="local", settings={"max_contxt": 9}), "unknown max_contxt.*max_context"),
        (EnginesDataset(kind="vllm", operation={"checkpoint": 9}), "unknown checkpoint"),
    ],
)
def test_a_mistyped_setting_is_one_error_before_work(
    dataset: PolicyDataset | EnginesDataset, told: str
) -> None:
    """It used to be a TypeError, for engines only when the first rollout asked for an answer."""
    with pytest.raises(InputError, match=told):
        dataset.check()
