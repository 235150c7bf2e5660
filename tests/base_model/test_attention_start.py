import random

import pytest


@pytest.mark.parametrize(("width", "heads"), [(96, 3), (128, 4)])
def test_an_untrained_model_attends_to_what_followed_the_same_token(width: int, heads: int) -> None:
    """Heads of the first layer look back; those of the second find the copied passage among 900 others."""
    import torch
    from transformers import Qwen2Config, Qwen2ForCausalLM

    from repodojo.base_model.pretrain import ROPE_THETA, start_with_copying

    torch.manual_seed(0)
    config = Qwen2Config(
        vocab_size=2048,
        hidden_size=width,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=heads,
        num_key_value_heads=heads,
        tie_word_embeddings=True,
        attn_implementation="eager",
        rope_parameters={"rope_type": "default", "rope_theta": ROPE_THETA},
    )
    model = Qwen2ForCausalLM(config)
    start_with_copying(model, 0)
    rng = random.Random(1)
    said = [rng.randrange(2048) for _ in range(900)]
    with torch.no_grad():
        attentions = model(torch.tensor([said + said[100:130]]), output_attentions=True).attentions
    back = [[attentions[0][0, h, i, i - h - 1].item() for i in range(905, 929)] for h in range(3)]
    copied = [[attentions[1][0, h, i, i - 799].item() for i in range(905, 929)] for h in range(3)]
    assert all(min(head) > 0.9 for head in back)
    assert max(sum(head) / len(head) for head in copied) > 30 / 900
