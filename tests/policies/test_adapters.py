"""What an adapter goes on top of, and adapters that do not say."""

import json
from pathlib import Path

import pytest

from repodojo.errors import InputError
from repodojo.policies.adapters import adapter_chain
from repodojo.policies.tokenizer_files import tokenizer_folder
from repodojo.training.checkpoint_check import check_checkpoint


def adapter(folder: Path, base: object) -> Path:
    folder.mkdir()
    (folder / "adapter_config.json").write_text(json.dumps({"base_model_name_or_path": base, "r": 4}))
    return folder


def test_adapters_on_one_another_end_at_the_whole_checkpoint(tmp_path: Path) -> None:
    (tmp_path / "whole").mkdir()
    (tmp_path / "whole/tokenizer_config.json").write_text("{}")
    first = adapter(tmp_path / "first", str(tmp_path / "whole"))
    second = adapter(tmp_path / "second", str(first))
    assert adapter_chain(second) == [tmp_path / "whole", first, second]
    assert adapter_chain(tmp_path / "whole") == [tmp_path / "whole"]
    assert tokenizer_folder(second) == tmp_path / "whole"
    (first / "tokenizer_config.json").write_text("{}")
    assert tokenizer_folder(second) == first


def test_the_base_of_an_adapter_may_be_a_hubs(tmp_path: Path) -> None:
    assert adapter_chain(adapter(tmp_path / "one", "owner/model"))[0] == Path("owner/model")


@pytest.mark.parametrize("base", [None, "", 7])
def test_an_adapter_without_a_base_used_to_end_with_a_traceback(tmp_path: Path, base: object) -> None:
    with pytest.raises(InputError, match=r"adapter_config.json: base_model_name_or_path: expected the check"):
        adapter_chain(adapter(tmp_path / "one", base))


def test_an_adapter_on_itself_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="expected a checkpoint, found its own"):
        adapter_chain(adapter(tmp_path / "one", str(tmp_path / "one")))


def test_an_adapter_whose_base_is_gone_used_to_be_found_by_the_first_engine(tmp_path: Path) -> None:
    one = adapter(tmp_path / "one", str(tmp_path / "gone"))
    for name in ("tokenizer.json", "chat_template.jinja", "adapter_model.safetensors"):
        (one / name).write_text("{}")
    with pytest.raises(InputError, match=r"the adapter goes on top of: expected a folder, found no .*gone"):
        check_checkpoint(one)
