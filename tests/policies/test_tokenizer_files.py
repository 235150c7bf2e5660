from types import SimpleNamespace

import pytest

from repodojo.policies.tokenizer_files import end_tokens


@pytest.mark.parametrize(("configured", "ends"), [(None, [7]), (3, [3]), ([1, 2], [1, 2]), (0, [0])])
def test_token_0_used_to_end_no_answer_in_training(configured: object, ends: list[int]) -> None:
    generation, tokenizer = SimpleNamespace(eos_token_id=configured), SimpleNamespace(eos_token_id=7)
    assert end_tokens(generation, tokenizer) == ends
