"""Whom to ask for recipes: nobody unless the catalog names a policy."""

import json

import pytest

from repodojo.datasets.errors import InputDatasetError
from repodojo.datasets.proposer import RecipeProposerDataset

ANSWER = "python: '3.11'\nrequirements: []"


def test_nobody_is_asked_unless_the_catalog_says_so(tmp_path):
    dataset = RecipeProposerDataset(path=str(tmp_path))
    dataset.check()
    assert dataset.load() is None
    assert dataset.identity() is None
    dataset.close()


def test_a_policy_of_the_catalog_is_asked_and_decides_what_results_depend_on(tmp_path):
    scripts = tmp_path / "scripts.json"
    scripts.write_text(json.dumps({"": [[ANSWER]]}))
    dataset = RecipeProposerDataset(path=str(tmp_path), policy={"kind": "scripted", "scripts": str(scripts)})
    dataset.check()
    assert dataset.load().policy.name == "scripted"
    more = RecipeProposerDataset(
        path=str(tmp_path), policy={"kind": "scripted", "scripts": str(scripts)}, rounds=3
    )
    assert dataset.identity() != more.identity()
    scripts.write_text(json.dumps({"": [[ANSWER, "another"]]}))
    other = RecipeProposerDataset(path=str(tmp_path), policy={"kind": "scripted", "scripts": str(scripts)})
    assert dataset.identity() != other.identity()


def test_what_is_wrong_in_the_catalog_is_refused_before_anything_runs(tmp_path):
    with pytest.raises(InputDatasetError, match="'rounds' of a recipe proposer: expected 1 or more, found 0"):
        RecipeProposerDataset(path=str(tmp_path), rounds=0)
    with pytest.raises(InputDatasetError, match="unknown policy 'magic'"):
        RecipeProposerDataset(path=str(tmp_path), policy={"kind": "magic"})
    wrong = RecipeProposerDataset(path=str(tmp_path), policy={"kind": "openai", "settings": {"model": "a"}})
    with pytest.raises(InputDatasetError, match="found no base_urls"):
        wrong.check()
