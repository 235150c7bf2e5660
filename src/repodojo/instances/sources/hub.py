"""Reads a published set from the Hugging Face hub, at a pinned revision. What was fetched is kept."""

import re
from pathlib import Path
from typing import NamedTuple

from repodojo.errors import InputError, SourceError
from repodojo.instances.sources.files import read_rows
from repodojo.instances.sources.row import Found, merge

_REVISION = re.compile(r"[0-9a-f]{40}")
_SUFFIXES = "parquet|jsonl|json|csv"


class HubSet(NamedTuple):
    """A split of a published set."""

    repo: str
    split: str


PUBLISHED_SETS = {
    "swe-bench-train": HubSet("SWE-bench/SWE-bench", "train"),
    "swe-bench-test": HubSet("SWE-bench/SWE-bench", "test"),
    "swe-bench-lite": HubSet("SWE-bench/SWE-bench_Lite", "test"),
    "swe-bench-verified": HubSet("SWE-bench/SWE-bench_Verified", "test"),
    "swe-gym": HubSet("SWE-Gym/SWE-Gym", "train"),
    "swe-gym-lite": HubSet("SWE-Gym/SWE-Gym-Lite", "train"),
    "swe-gym-raw": HubSet("SWE-Gym/SWE-Gym-Raw", "train"),
}


def read_hub(where: HubSet, revision: str, cache: Path, endpoint: str | None = None) -> Found:
    """Fetch a split's files where they are not in the cache, and read them.

    Args:
        where: the set and its split.
        revision: the full hash of the hub's commit.
        cache: folder of fetched files.
        endpoint: another hub's address.

    Raises:
        InputError: the revision is not pinned, or the set has no such split.
        SourceError: the hub cannot be read, or its library is not installed.
    """
    if not _REVISION.fullmatch(revision):
        raise InputError(f"{where.repo}: expected a revision of 40 hexadecimal digits, found {revision!r}")
    return merge(read_rows(path) for path in _fetch(where, revision, cache, endpoint))


def files_of_split(names: list[str], split: str) -> list[str]:
    """Return the table files that belong to a split by their name."""
    shape = re.compile(rf"(?:.*/)?{re.escape(split)}(?:[-_.][^/]*)?\.(?:{_SUFFIXES})")
    return sorted(name for name in names if shape.fullmatch(name))


def _fetch(where: HubSet, revision: str, cache: Path, endpoint: str | None) -> list[Path]:
    try:
        from huggingface_hub import HfApi  # noqa: PLC0415 - not among what is always installed
        from huggingface_hub.errors import HfHubHTTPError, HFValidationError, OfflineModeIsEnabled  # noqa: PLC0415
    except ImportError as error:
        raise SourceError("the hub's library is missing; pip install 'repodojo[hub]'") from error
    api = HfApi(endpoint=endpoint)
    listing = cache / "listings" / where.repo / f"{revision}.txt"
    try:
        if not listing.is_file():
            names = api.list_repo_files(where.repo, repo_type="dataset", revision=revision)
            listing.parent.mkdir(parents=True, exist_ok=True)
            listing.with_suffix(".unfinished").write_text("\n".join(names), encoding="utf-8")
            listing.with_suffix(".unfinished").replace(listing)
        names = files_of_split(listing.read_text(encoding="utf-8").splitlines(), where.split)
        if not names:
            raise InputError(f"{where.repo}: no {_SUFFIXES} file of the split {where.split!r} at {revision}")
        return [
            Path(
                api.hf_hub_download(
                    where.repo, name, repo_type="dataset", revision=revision, cache_dir=cache / "files"
                )
            )
            for name in names
        ]
    except (HfHubHTTPError, HFValidationError, OfflineModeIsEnabled, OSError) as error:
        raise SourceError(f"{where.repo}@{revision}: the hub cannot be read: {error}") from error
