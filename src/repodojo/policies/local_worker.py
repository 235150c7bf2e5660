"""Child process: serve one checkpoint over stdin and stdout, one JSON object a line.

Run by `LocalEngine` as ``python -m repodojo.policies.local_worker SETTINGS``, where the settings are a JSON
object. The first line out says what was loaded. End of input ends the process at once, so none outlives its
parent.
"""

import json
import os
import queue
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TextIO

import torch

from repodojo.errors import PolicyError
from repodojo.policies.adapters import load_model
from repodojo.policies.answer_tokens import single_tokens
from repodojo.policies.local_attention import ATTENTION, slot_bytes
from repodojo.policies.local_decoder import Decoder
from repodojo.policies.local_slots import Request
from repodojo.policies.tokenizer_files import end_tokens, load_tokenizer


class Worker:
    """Turns requests in JSON into requests in tokens, and answers back into JSON."""

    def __init__(self, settings: dict[str, Any], send: Callable[[dict[str, Any]], None]) -> None:
        self.threads, self.scoring_threads = settings["threads"], settings["scoring_threads"]
        self.send = send
        model, self.tokenizer = load(Path(settings["checkpoint"]))
        longest = model.config.max_position_embeddings
        self.positions = min(settings["max_context"] or longest, longest)
        room = settings["cache_mib"] * 2**20 // slot_bytes(model.config, self.positions)
        slots = max(1, min(settings["max_batch"], room))
        self.decoder = Decoder(
            model, end_tokens(model.generation_config, self.tokenizer), slots, self.positions
        )

    def serve(self, lines: "queue.SimpleQueue[str]") -> None:
        """Answer for ever; new requests join between two steps."""
        self.send({"id": 0, "max_context": self.positions, "slots": len(self.decoder.slots)})
        while True:
            while self.decoder.is_idle or not lines.empty():
                self.accept(json.loads(lines.get()))
            torch.set_num_threads(self.scoring_threads if self.decoder.only_scores else self.threads)
            self.decoder.step()

    def accept(self, order: dict[str, Any]) -> None:
        """Queue a request, or refuse it."""
        rendered = self.tokenizer.apply_chat_template(
            order["messages"], add_generation_prompt=True, tokenize=False
        )
        tokens = self._encode(rendered + order.get("answer_prefix", ""))
        room = self.positions - len(tokens)
        if room < 1:
            told = f"a conversation of {len(tokens)} tokens leaves no room to answer in {self.positions}"
            self.send({"id": order["id"], "error": "context_length", "message": told})
        elif "choices" in order:
            self._score(order, tokens)
        else:
            self._complete(order, tokens, room)

    def _complete(self, order: dict[str, Any], tokens: list[int], room: int) -> None:
        stop: list[str] = order["stop"]

        def finish(request: Request) -> None:
            usage = {"prompt_tokens": len(tokens), "completion_tokens": request.drawn}
            text = cut(self._decode(request.answer), stop)
            self.send({"id": order["id"], "text": text, "finish_reason": request.finish_reason, **usage})

        def is_stopped(answer: Sequence[int]) -> bool:
            return bool(stop) and any(text in self._decode(answer) for text in stop)

        limit = max(1, min(order["max_tokens"], room))
        self.decoder.submit(Request(tokens, limit, order["temperature"], order["seed"], is_stopped, finish))

    def _score(self, order: dict[str, Any], tokens: list[int]) -> None:
        try:
            after = single_tokens(self._encode, order["answer_prefix"], order["choices"])
        except PolicyError as error:
            self.send({"id": order["id"], "error": "policy", "message": str(error)})
            return

        def finish(request: Request) -> None:
            row = request.log_probabilities
            assert row is not None
            scores = {choice: float(row[token]) for choice, token in after.items()}
            self.send({"id": order["id"], "scores": scores})

        self.decoder.submit(Request(tokens, 0, 0.0, 0, lambda _: False, finish))

    def _encode(self, text: str) -> list[int]:
        # A lone surrogate (what bad bytes of a file become) is not encodable, and ends the process.
        clean = text.encode(errors="replace").decode()
        return list(self.tokenizer.encode(clean, add_special_tokens=False)) if clean else []

    def _decode(self, tokens: Sequence[int]) -> str:
        return str(self.tokenizer.decode(tokens, skip_special_tokens=True))


def cut(text: str, stop: Sequence[str]) -> str:
    """Return the text before the first stop text."""
    return text[: min((place for s in stop if (place := text.find(s)) >= 0), default=len(text))]


def load(folder: Path) -> tuple[Any, Any]:
    """Load a checkpoint's model and tokenizer.

    Raises:
        ValueError: not every layer attends to the whole context.
    """
    model = load_model(folder, dtype=torch.float32, attn_implementation=ATTENTION)
    kinds = set(getattr(model.config, "layer_types", None) or ()) - {"full_attention"}
    if kinds:
        raise ValueError(f"{folder}: layers of kind {sorted(kinds)} are not supported; serve it with vLLM")
    return model.eval(), load_tokenizer(folder)


def _read(lines: "queue.SimpleQueue[str]") -> None:
    for line in sys.stdin:
        lines.put(line)
    os._exit(0)


def _private_stdout() -> TextIO:
    """Keep stdout for replies alone: what libraries print goes to stderr."""
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return replies


def main() -> None:
    """Load what the settings name and serve it."""
    replies = _private_stdout()

    def send(reply: dict[str, Any]) -> None:
        replies.write(json.dumps(reply) + "\n")
        replies.flush()

    lines: queue.SimpleQueue[str] = queue.SimpleQueue()
    threading.Thread(target=_read, args=(lines,), daemon=True).start()
    Worker(json.loads(sys.argv[1]), send).serve(lines)


if __name__ == "__main__":
    main()
