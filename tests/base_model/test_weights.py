"""The weights that are kept: their recipe is the one in conf, and they are small."""

import json
from pathlib import Path

import pytest
import yaml

from repodojo.base_model.recipe import Recipe

ROOT = Path(__file__).parents[2]
WEIGHTS = ROOT / "src/repodojo/base_model/weights"
SIZES = ("small", "medium")


@pytest.mark.parametrize("size", SIZES)
def test_weights_come_from_the_recipe_in_conf(size: str) -> None:
    asked = yaml.safe_load((ROOT / "conf/base/parameters_base_model.yml").read_text())["base_model"][size]
    kept = json.loads((WEIGHTS / size / "recipe.json").read_text())
    assert Recipe(**kept) == Recipe(**asked)


def test_both_sizes_share_a_tokenizer_and_take_8_mb_at_most() -> None:
    shared = ("tokenizer.json", "tokenizer_config.json", "chat_template.jinja")
    for name in shared:
        assert len({(WEIGHTS / size / name).read_bytes() for size in SIZES}) == 1, name
    assert sum(path.stat().st_size for path in WEIGHTS.rglob("*") if path.is_file()) <= 8e6
