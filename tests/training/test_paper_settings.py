"""The paper's fine-tunings as environments (sections 3.2, 3.3 and B.2, and its released configurations)."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from kedro.config import OmegaConfigLoader

from repodojo.params import validate_parameters
from repodojo.settings import CONFIG_LOADER_ARGS
from repodojo.training.settings import SFTSettings

CONF = Path(__file__).parents[2] / "conf"


def load(environment: str, kind: str) -> Any:
    return OmegaConfigLoader(conf_source=str(CONF), env=environment, **CONFIG_LOADER_ARGS)[kind]


@pytest.mark.parametrize(
    ("environment", "learning_rate", "max_tokens", "rank", "per", "model"),
    [
        ("openhands_7b", 1e-4, 32_768, None, "trajectory", "Qwen2.5-Coder-7B-Instruct"),
        ("openhands_14b", 1e-4, 32_768, None, "trajectory", "Qwen2.5-Coder-14B-Instruct"),
        ("openhands_32b", 1e-4, 32_768, None, "trajectory", "Qwen2.5-Coder-32B-Instruct"),
        ("moatless_7b", 2e-5, 10_240, None, "call", "Qwen2.5-Coder-7B-Instruct"),
        ("moatless_32b", 5e-4, 10_240, 64, "call", "Qwen2.5-Coder-32B-Instruct"),
    ],
)
def test_the_policies_are_trained_as_published(
    environment: str, learning_rate: float, max_tokens: int, rank: int | None, per: str, model: str
) -> None:
    sft = validate_parameters(load(environment, "parameters"))["sft"]
    assert isinstance(sft, SFTSettings)
    assert (sft.learning_rate, sft.max_tokens, sft.rows.per) == (learning_rate, max_tokens, per)
    assert (sft.lora and sft.lora.rank) == rank
    assert (sft.epochs, sft.rows_per_step, sft.scheduler, sft.warmup_steps) == (5, 8, "cosine", 5)
    assert (sft.packing, sft.weight_decay, sft.overlong) == (True, 0.01, "keep_first")
    catalog = load(environment, "catalog")
    assert catalog["base_checkpoint"]["filepath"].endswith(f"/{model}")
    assert catalog["engines"]["settings"]["max_model_len"] == max_tokens


def test_the_verifier_is_trained_as_published() -> None:
    training = validate_parameters(load("openhands_32b", "parameters"))["verifier"].training
    assert (training.lora.rank, training.lora.alpha, training.epochs, training.warmup_steps) == (
        64,
        64,
        2,
        15,
    )
    assert (training.scheduler, training.overlong, training.packing) == ("linear", "drop", False)


@pytest.mark.parametrize("environment", ["openhands_7b", "openhands_14b", "openhands_32b", "moatless_7b"])
def test_full_fine_tunings_shard_the_model(environment: str) -> None:
    for name in ("policy_checkpoint", "control_checkpoint", "round_{number}.policy_checkpoint"):
        operation = load(environment, "catalog")[name]["operation"]
        assert Path(operation["accelerate_config"]) == CONF / "fsdp2.yml"
        assert 8 % operation["processes"] == 0


def test_accelerate_takes_the_configuration() -> None:
    from accelerate.commands.config.config_args import load_config_from_file

    config = load_config_from_file(str(CONF / "fsdp2.yml"))
    assert config.fsdp_config["fsdp_version"] == 2
    assert config.fsdp_config == yaml.safe_load((CONF / "fsdp2.yml").read_text())["fsdp_config"]


OF_REAL_MODELS = [
    *["paper", "openhands_7b", "openhands_14b", "openhands_32b", "qwen7b", "qwen14b", "qwen32b"],
    *["paper_moatless", "moatless_7b", "moatless_32b"],
]


@pytest.mark.parametrize("environment", OF_REAL_MODELS)
def test_what_suits_the_small_model_does_not_reach_real_ones(environment: str) -> None:
    """Parameters merge key by key: an environment that leaves one out takes the embedded default's."""
    read = validate_parameters(load(environment, "parameters"))
    assert read["sft"].rows.masked_turns == ()
    assert read["verifier"].positives_per_instance is None
    assert read["verifier"].calibration_share == 0
    assert read["verifier"].max_characters >= 100_000
    for name in ("evaluation", "baselines", "on_policy"):
        assert read[name].answer_tokens >= 2000, name
        assert read[name].redraws == 0, name
        assert read[name].turns >= 50, name


def test_imported_trajectories_are_trained_on_whole() -> None:
    read = validate_parameters(load("imported", "parameters"))
    assert read["sft"].rows.masked_turns == ()
    assert read["verifier"].positives_per_instance is None
    assert read["verifier"].calibration_share == 0
