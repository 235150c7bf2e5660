"""`RepairPolicy`: search-based program repair that answers like a model of the `bash_only` scaffold.

It reproduces the issue, looks the called function up, tries one-line edits one by one, and hands in the
first that gives the expected output. It is a pure function of the conversation, a temperature and a seed: it
sees what a model would see and nothing else. Mistakes that no edit of one line undoes are beyond it.
"""

import hashlib
import random
from collections.abc import Sequence
from math import log
from pathlib import Path

from repodojo.policies.policy import Completion, SamplingParameters
from repodojo.policies.repairs import commands
from repodojo.policies.repairs.history import read_knowledge
from repodojo.policies.repairs.issue import definition_text, parse_issue
from repodojo.policies.repairs.search import list_options
from repodojo.types import Message


class RepairPolicy:
    """The embedded teacher."""

    name = "repair"

    def __init__(self) -> None:
        self.fingerprint = _source_digest()

    def complete(self, messages: Sequence[Message], parameters: SamplingParameters) -> Completion:
        """Answer with one command; a program has no tokens, so it counts none."""
        command = decide(messages, parameters.temperature, parameters.seed)
        return Completion(f"```bash\n{command}\n```", "stop", 0, 0)


def decide(messages: Sequence[Message], temperature: float, seed: int) -> str:
    """Choose the next command of a conversation.

    The temperature scales the noise (Gumbel) on the logarithm of each option's worth, so that options are
    drawn in proportion to ``worth ** (1 / temperature)``. Nothing left to do: hand in what there is.
    """
    issue = parse_issue(next((m.content for m in messages if m.role == "user"), ""))
    if issue is None:
        return commands.SUBMIT
    known = read_knowledge(messages, issue)
    if not known.commands:
        name = issue.names[0] if issue.names else "main"
        return commands.reproduce(definition_text(name), issue.subject)
    options = [] if known.done else list_options(issue, known)
    if not options:
        return commands.SUBMIT
    if not known.listings:
        temperature = 0.0
    rng = random.Random(seed)
    noise = [-log(-log(max(rng.random(), 1e-12))) for _ in options]
    best = max(range(len(options)), key=lambda i: log(options[i].worth) + temperature * noise[i])
    return commands.spoken(options[best].command, known.file)


def _source_digest() -> str:
    """Digest the source text that decides the answers."""
    here = Path(__file__)
    files = [here, *sorted((here.parent / "repairs").glob("*.py"))]
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in files)).hexdigest()[:16]
