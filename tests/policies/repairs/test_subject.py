import subprocess
from pathlib import Path

import pytest

from repodojo.policies.repairs.issue import Issue
from repodojo.scaffolds import bash_only


@pytest.mark.parametrize(
    "name", ["f", "Tag.errors", "_Box", "__Foo", "a.", "__init__", "x.é", "A1.b_2", "._", ""]
)
def test_the_shell_and_the_repair_agent_agree_on_the_subject(name: str, tmp_path: Path) -> None:
    prose = f"It is `{name}` that fails, not `other`."
    (tmp_path / "issue.md").write_text(prose)
    tools = Path(bash_only.__file__).with_name("tools.sh").read_text().replace("/tmp/", f"{tmp_path}/")
    said = subprocess.run(["bash", "-c", f"{tools}\nsubject"], capture_output=True, text=True, check=False)
    assert said.stdout.strip() == Issue(prose, "", "1", "2").subject
