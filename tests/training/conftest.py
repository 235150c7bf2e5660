from pathlib import Path
from typing import Any

import pytest

from repodojo import training
from repodojo.base_model.recipe import Recipe, Stage

TURNS = [
    {"role": "system", "content": "You repair a bug."},
    {"role": "user", "content": "f(2) gives 3, should give 4"},
    {"role": "assistant", "content": "```bash\nsed -i '7s/+/*/' m.py\n```"},
    {"role": "user", "content": "4"},
    {"role": "assistant", "content": "```bash\necho done\n```"},
]


@pytest.fixture(scope="session")
def tokenizer() -> Any:
    """A tokenizer of the real kind, trained on a few lines."""
    from repodojo.base_model.tokenizer import train_tokenizer

    texts = [turn["content"] for turn in TURNS] + ["def f(x):\n    return x + 1\n"] * 4
    return train_tokenizer(texts, 400, (Path(training.__file__).parent / "chat_template.jinja").read_text())


@pytest.fixture(scope="session")
def tiny_checkpoint(tmp_path_factory: pytest.TempPathFactory, tokenizer: Any) -> Path:
    """An untrained model of the real architecture with that tokenizer."""
    from repodojo.base_model.pretrain import build_model

    folder = tmp_path_factory.mktemp("tiny")
    recipe = Recipe(hidden_size=32, layers=2, heads=2, intermediate_size=64, stages=(Stage(steps=1),))
    build_model(recipe, tokenizer).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture
def rows() -> tuple[dict[str, list[dict[str, str]]], ...]:
    return tuple({"messages": TURNS} for _ in range(8))
