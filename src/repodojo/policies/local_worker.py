"""Child process: serve one checkpoint over stdin and stdout, one JSON object a line.

Run by `LocalEngine` as ``python -m repodojo.policies.local_worker '{"checkpoint": ..., ...}'``. The first line out says what was
loaded. End of input ends the process at once, so none outlives its parent.
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
from transformers import AutoModelForCausalLM, AutoTokenizer, GenerationConfig

from repodojo.policies.local_decoder import ATTENTION, Decoder, Request

Reply = dict[str, Any]
_FLOAT_BYTES = 4


class Worker:
    """Turns requests in JSON into requests in tokens, and answers back into JSON."""

    def __init__(self, settings: dict[str, Any], send: Callable[[Reply], None]) -> None:
        torch.set_num_threads(settings["threads"])
        self.send = send
        self.model, self.tokenizer = load(Path(settings["checkpoint"]))
        config = self.model.config
        self.positions = min(settings["max_context"] or config.max_position_embeddings, config.max_position_embeddings)
        width = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
        slot = 2 * config.num_hidden_layers * config.num_key_value_heads * width * self.positions * _FLOAT_BYTES
        slots = max(1, min(settings["max_batch"], settings["cache_mib"] * 2**20 // slot))
        self.decoder = Decoder(self.model, end_tokens(self.model, self.tokenizer), slots, self.positions)

    def serve(self, lines: "queue.SimpleQueue[str]") -> None:
        """Answer for ever; new requests join between two steps."""
        self.send({"id": 0, "max_context": self.positions, "slots": len(self.decoder.slots)})
        while True:
            while self.decoder.is_idle or not lines.empty():
                self._accept(json.loads(lines.get()))
            self.decoder.step()

    def _accept(self, order: dict[str, Any]) -> None:
        prompt = self.tokenizer.apply_chat_template(order["messages"], add_generation_prompt=True, tokenize=False)
        tokens = self._encode(prompt + order.get("answer_prefix", ""))
        room = self.positions - len(tokens)
        if room < 1:
            message = f"the conversation has {len(tokens)} tokens, and the context of {self.positions} leaves no room to answer"
            self.send({"id": order["id"], "error": "context_length", "message": message})
        elif "choices" in order:
            self._score(order, tokens)
        else:
            self._complete(order, tokens, room)

    def _complete(self, order: dict[str, Any], tokens: list[int], room: int) -> None:
        stop: list[str] = order["stop"]

        def finish(request: Request) -> None:
            text = cut(self._decode(request.answer), stop)
            usage = {"prompt_tokens": len(tokens), "completion_tokens": len(request.answer)}
            self.send({"id": order["id"], "text": text, "finish_reason": request.finish_reason, **usage})

        def is_stopped(answer: Sequence[int]) -> bool:
            return bool(stop) and any(text in self._decode(answer) for text in stop)

        limit = min(order["max_tokens"], room)
        self.decoder.submit(Request(tokens, limit, order["temperature"], order["seed"], is_stopped, finish))

    def _score(self, order: dict[str, Any], tokens: list[int]) -> None:
        prefix, choices = order["answer_prefix"], order["choices"]
        before = self._encode(prefix)
        after = {choice: self._encode(prefix + choice) for choice in choices}
        for choice, continued in after.items():
            if continued[:-1] != before:
                message = f"choice {choice!r} is not one token after {prefix!r}: {self.tokenizer.convert_ids_to_tokens(continued)}"
                self.send({"id": order["id"], "error": "policy", "message": message})
                return

        def finish(request: Request) -> None:
            row = request.log_probabilities
            assert row is not None  # noqa: S101 - a request without tokens to write always has them
            self.send({"id": order["id"], "scores": {c: float(row[continued[-1]]) for c, continued in after.items()}})

        self.decoder.submit(Request(tokens, 0, 0.0, 0, lambda _: False, finish))

    def _encode(self, text: str) -> list[int]:
        return list(self.tokenizer.encode(text, add_special_tokens=False)) if text else []

    def _decode(self, tokens: Sequence[int]) -> str:
        return str(self.tokenizer.decode(tokens, skip_special_tokens=True))


def cut(text: str, stop: Sequence[str]) -> str:
    """Return the text before the first stop text."""
    return text[: min([found for s in stop if (found := text.find(s)) >= 0], default=len(text))]


def load(folder: Path) -> tuple[Any, Any]:
    """Load a checkpoint's model (an adapter merged into its base) and tokenizer.

    Raises:
        ValueError: the model does not attend to its whole context in every layer.
    """
    adapter = folder / "adapter_config.json"
    base = Path(json.loads(adapter.read_text())["base_model_name_or_path"]) if adapter.exists() else folder
    model = AutoModelForCausalLM.from_pretrained(str(base), dtype=torch.float32, attn_implementation=ATTENTION)
    if adapter.exists():
        from peft import PeftModel  # noqa: PLC0415 - seconds that plain checkpoints need not pay

        model = PeftModel.from_pretrained(model, str(folder)).merge_and_unload()
    kinds = set(getattr(model.config, "layer_types", None) or []) - {"full_attention"}
    if kinds:
        raise ValueError(f"{base}: layers of kind {sorted(kinds)} are not supported; serve this model with vLLM")
    words = folder if (folder / "tokenizer_config.json").exists() else base
    return model.eval(), AutoTokenizer.from_pretrained(str(words))


def end_tokens(model: Any, tokenizer: Any) -> list[int]:
    """Return the tokens that end an answer: those of generation_config.json, else the tokenizer's."""
    configured: GenerationConfig = model.generation_config
    ends = configured.eos_token_id if configured.eos_token_id is not None else tokenizer.eos_token_id
    return list(ends) if isinstance(ends, list) else [ends]


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

    def send(reply: Reply) -> None:
        replies.write(json.dumps(reply) + "\n")
        replies.flush()

    lines: queue.SimpleQueue[str] = queue.SimpleQueue()
    threading.Thread(target=_read, args=(lines,), daemon=True).start()
    Worker(json.loads(sys.argv[1]), send).serve(lines)


if __name__ == "__main__":
    main()
