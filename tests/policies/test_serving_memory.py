import pytest
from hypothesis import given
from hypothesis import strategies as st

from repodojo.errors import InputError
from repodojo.policies.serving_memory import GIB, GPU, Architecture, estimate_memory, parse_facts
from repodojo.policies.vllm_command import VLLMSettings

H100 = GPU(name="H100", gib=80, reserve_gib=4)


def qwen(hidden: int, inner: int, layers: int, heads: int, key_heads: int) -> Architecture:
    return Architecture(
        model_type="qwen2",
        hidden_size=hidden,
        intermediate_size=inner,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        num_key_value_heads=key_heads,
        vocab_size=152_064,
        max_position_embeddings=32_768,
    )


SEVEN = qwen(3584, 18_944, 28, 28, 4)
THIRTY_TWO = qwen(5120, 27_648, 64, 40, 8)


@pytest.mark.parametrize(("model", "total_size"), [(SEVEN, 15_231_233_024), (THIRTY_TWO, 65_527_752_704)])
def test_weights_are_as_large_as_the_published_index_says(model: Architecture, total_size: int) -> None:
    """``total_size`` of model.safetensors.index.json of Qwen2.5-7B and Qwen2.5-32B, in bfloat16."""
    assert estimate_memory(model, H100, VLLMSettings()).weights == total_size


def test_parameters_are_those_that_transformers_makes() -> None:
    transformers = pytest.importorskip("transformers")
    torch = pytest.importorskip("torch")
    sizes = {"hidden_size": 24, "intermediate_size": 40, "num_hidden_layers": 3, "vocab_size": 50}
    for tied in (True, False):
        heads = {"num_attention_heads": 4, "num_key_value_heads": 2, "tie_word_embeddings": tied}
        config = transformers.Qwen2Config(**sizes, **heads, max_position_embeddings=64)
        with torch.device("meta"):
            made = transformers.Qwen2ForCausalLM(config)
        expected = sum(each.numel() for each in made.parameters())
        assert Architecture.model_validate(config.to_dict()).parameters == expected


def test_keys_and_values_of_a_token() -> None:
    """Two bytes of a key and of a value, for each of 28 layers and 4 heads of 128."""
    estimate = estimate_memory(SEVEN, H100, VLLMSettings(max_model_len=1000, max_num_seqs=3))
    assert estimate.per_token == 2 * 2 * 28 * 4 * 128
    assert estimate.per_conversation == 1000 * estimate.per_token
    assert estimate.wanted == 3 * estimate.per_conversation
    assert estimate.room == int(GIB * (80 * 0.9 - 4)) - estimate.weights
    assert estimate.fitting == estimate.room // estimate.per_conversation


def test_heads_are_copied_where_there_are_more_gpus() -> None:
    four, eight = (estimate_memory(SEVEN, H100, VLLMSettings(tensor_parallel_size=n)) for n in (4, 8))
    assert four.per_token == eight.per_token == 2 * 2 * 28 * 128
    assert four.weights == 2 * eight.weights


def test_eight_bits_halve_the_matrices_alone() -> None:
    full, half = (estimate_memory(SEVEN, H100, VLLMSettings(quantization=q)) for q in (None, "fp8"))
    assert full.weights - half.weights == SEVEN.linear_parameters
    assert full.per_token == half.per_token


@given(st.integers(1, 16), st.integers(1, 512), st.floats(0.1, 1.0), st.sampled_from([SEVEN, THIRTY_TWO]))
def test_more_gpus_never_make_it_tighter(gpus: int, seqs: int, share: float, model: Architecture) -> None:
    def estimate(count: int):
        settings = VLLMSettings(
            tensor_parallel_size=count, max_num_seqs=seqs, gpu_memory_utilization=share, max_model_len=4096
        )
        return estimate_memory(model, H100, settings)

    fewer, more = estimate(gpus), estimate(gpus + 1)
    assert more.weights <= fewer.weights
    assert more.fitting >= fewer.fitting
    assert 0 <= fewer.fitting * fewer.per_conversation <= max(0, fewer.room)


def test_a_wrong_fact_is_named() -> None:
    facts = {"model": SEVEN.model_dump() | {"hidden_size": 0}, "gpu": H100.model_dump()}
    with pytest.raises(InputError, match=r"serving.yml: 'model.hidden_size': .*found 0"):
        parse_facts(facts, "conf/x/serving.yml")
    facts = {"model": SEVEN.model_dump() | {"model_type": "llama"}, "gpu": H100.model_dump()}
    with pytest.raises(InputError, match=r"'model.model_type': .*'qwen2', found 'llama'"):
        parse_facts(facts, "conf/x/serving.yml")
