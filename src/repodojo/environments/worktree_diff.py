"""The command that takes a sandbox's difference to a commit, whatever was done to its ``.git``."""

import shlex


def diff_command(base: str, repository: str, workdir: str) -> str:
    """Return a shell command that prints ``git diff`` of everything under ``workdir`` (new files too).

    ``repository`` holds the ``.git`` to trust: a pristine one, so that nothing written in the sandbox
    (hooks, settings, index, a commit, a deleted ``.git``) changes the outcome. Objects and index go to a
    temporary folder. Git would take a folder with a ``.git`` of its own for another repository, and leave out
    what is in it: its files are added one by one, ignored ones too. A file that cannot be read counts as it
    was in the commit: git would give up all.
    """
    git = f"git --git-dir={shlex.quote(repository)}/.git --work-tree={shlex.quote(workdir)}"
    return f"""
set -e
cd {shlex.quote(workdir)}
work=$(mktemp -d)
mkdir "$work/objects"
export HOME=/dev/null XDG_CONFIG_HOME=/dev/null GIT_CONFIG_GLOBAL=/dev/null
export GIT_INDEX_FILE="$work/index" GIT_OBJECT_DIRECTORY="$work/objects"
export GIT_ALTERNATE_OBJECT_DIRECTORIES={shlex.quote(repository)}/.git/objects
exec 3>&1 4>&2 >"$work/log" 2>&1
trap 'status=$?; exec >&3 2>&4; [ $status = 0 ] || cat "$work/log"; rm -rf "$work"' EXIT
{git} read-tree {shlex.quote(base)}
printf '.\\0' >"$work/paths"
find . -mindepth 2 -name .git -prune -printf ':(exclude,literal)%h\\0' >>"$work/paths" || true
find . -name .git -prune -o -type f ! -readable -printf ':(exclude,literal)%P\\0' >>"$work/paths" || true
{git} add -A --pathspec-from-file="$work/paths" --pathspec-file-nul
find . -mindepth 2 -name .git -prune -printf '%h\\0' | while IFS= read -r -d '' folder; do
  {git} ls-files -z -- ":(literal)$folder" | {git} update-index --remove -z --stdin
  find "$folder" -name .git -prune -o '(' -type f -o -type l ')' -print0 | {git} update-index --add -z --stdin
done
exec >&3 2>&4
{git} diff --cached --no-color --no-ext-diff --no-textconv --no-renames --binary {shlex.quote(base)}
"""
