"""Cards: the README.md of a repository, with the front matter that a hub reads."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from repodojo.environments.projects import Project
from repodojo.publishing.repository import Repository

TAGS = ["software-engineering", "agents", "repodojo"]
NOT_RECORDED = "not recorded"
LINEAGE_FIELDS = ("node", "run", "commit", "time", "configuration", "digest")
_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"))


def write_card(repository: Repository, lineage: Mapping[str, Mapping[str, Any]]) -> str:
    """Return a repository's README.md; ``lineage`` says by dataset who made it."""
    front = _dataset_front(repository) if repository.kind == "dataset" else _model_front()
    rows = [(name, *(lineage[name].get(key, NOT_RECORDED) for key in LINEAGE_FIELDS)) for name in lineage]
    text = _environment().get_template("card.md.jinja")
    return text.render(
        front=yaml.safe_dump(front, sort_keys=False, allow_unicode=True).strip(),
        repository=repository,
        lineage=[[_cell(value) for value in row] for row in rows],
        fields=LINEAGE_FIELDS,
        numbers=[[_cell(value) for value in row] for row in repository.numbers],
    )


def write_notice(projects: Sequence[Project]) -> str:
    """Return the NOTICE: the projects whose code stands in the data, and their licences."""
    lines = [
        "The data hold code and test names of these projects, which stay under the licences of their own:",
        "",
        *(f"{p.repo}: {p.name} {p.version}, {p.licence}, sdist sha256 {p.sha256}" for p in projects),
    ]
    return "\n".join(lines) + "\n"


def write_index(repositories: Sequence[Repository], name: str) -> str:
    """Return the README.md of the release."""
    rows = [[r.folder, _cell(r.title), sum(r.splits.values()) or "–"] for r in repositories]
    return _environment().get_template("index.md.jinja").render(name=name, rows=rows)


def _dataset_front(repository: Repository) -> dict[str, Any]:
    count = sum(repository.splits.values())
    return {
        "license": "other",
        "license_name": "licences-of-the-projects",
        "license_link": "NOTICE",
        "pretty_name": repository.title,
        "language": ["en"],
        "tags": TAGS,
        "size_categories": [next((words for limit, words in _SIZES if count < limit), "n>100K")],
        "configs": [
            {
                "config_name": "default",
                "data_files": [{"split": s, "path": f"data/{s}-*.parquet"} for s in repository.splits],
            }
        ],
    }


def _model_front() -> dict[str, Any]:
    return {
        "license": "apache-2.0",
        "library_name": "transformers",
        "pipeline_tag": "text-generation",
        "language": ["en"],
        "tags": TAGS,
    }


def _cell(value: object) -> str:
    """Return text that stays inside its table cell."""
    return " ".join(str(value).split()).replace("|", "\\|") or NOT_RECORDED


def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,  # noqa: S701 - Markdown, of this package's own words
    )
