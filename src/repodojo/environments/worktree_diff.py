"""The command that takes a sandbox's difference to a commit, whatever was done to its ``.git``."""

import shlex


def diff_command(base: str, repository: str, workdir: str) -> str:
    """Return a shell command that prints ``git diff`` of everything under ``workdir`` (new files too).

    ``repository`` holds the ``.git`` to trust: a pristine one, so that nothing written in the sandbox
    (hooks, settings, index, a commit, a deleted ``.git``) changes the outcome. Objects and index go to a
    temporary folder.
    """
    git = f"git --git-dir={shlex.quote(repository)}/.git --work-tree={shlex.quote(workdir)}"
    return f"""
set -e
cd {shlex.quote(workdir)}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/objects"
export GIT_CONFIG_GLOBAL=/dev/null GIT_INDEX_FILE="$work/index" GIT_OBJECT_DIRECTORY="$work/objects"
export GIT_ALTERNATE_OBJECT_DIRECTORIES={shlex.quote(repository)}/.git/objects
{git} read-tree {shlex.quote(base)} >"$work/log" 2>&1 || {{ cat "$work/log"; exit 1; }}
{git} add -A >"$work/log" 2>&1 || {{ cat "$work/log"; exit 1; }}
{git} diff --cached --no-color --no-ext-diff --no-textconv --no-renames --binary {shlex.quote(base)}
"""
