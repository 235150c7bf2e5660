import time
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from repodojo.errors import SourceError
from repodojo.instances.sources.clone_pulls import PullRules
from repodojo.instances.sources.github_api import GitHubApi
from repodojo.instances.sources.github_pulls import RepositoryFacts, read_facts, read_github_pulls, unfit

from .github_server import PULLS, SHA, diff


@pytest.fixture
def waits():
    return []


@pytest.fixture
def api(recorded, tmp_path, waits):
    def make(**changes):
        given = {"base_url": recorded.url, "sleep": waits.append, "environment": {}}
        return GitHubApi(tmp_path / "cache", **{**given, **changes})

    return make


def test_pull_requests_become_rows_by_the_published_rules(api):
    found = read_github_pulls(api(), "o/r")
    assert [row.instance_id for row in found.rows] == ["o__r-1", "o__r-5"]
    first = found.rows[0]
    assert (first.base_commit, first.created_at, first.issue_numbers) == (SHA, "2023-01-01T00:00:00Z", ("7",))
    assert first.problem_statement == "Seven\nIt breaks.\n"
    assert first.hints_text == "c1\nc2\nc3"
    assert first.patch == diff("a.py").decode().replace("index 0123456..89abcde 100644\n", "")
    reasons = {each.where: each.reason.split(":")[0] for each in found.rejected}
    assert reasons == {"o/r#2": "not_merged", "o/r#3": "no_issue", "o/r#4": "no_tests", "o/r#6": "no_text"}


def test_every_linked_issue_is_kept_by_the_other_rule(api):
    found = read_github_pulls(api(), "o/r", PullRules(links="every", require_issue=True))
    assert {row.pull_number: row.issue_numbers for row in found.rows} == {1: ("7",), 5: ("8", "7")}
    assert found.rows[1].problem_statement == "Eight\n\nSeven\nIt breaks.\n"


def test_pull_requests_after_a_date_are_left_out(api):
    found = read_github_pulls(api(), "o/r", before=datetime(2023, 1, 2, tzinfo=UTC))
    assert len(found.rows) + len(found.rejected) == 1


def test_kept_pages_are_not_asked_for_again(api, recorded):
    first = read_github_pulls(api(), "o/r")
    asked = len(recorded.asked)
    assert read_github_pulls(api(), "o/r") == first
    assert len(recorded.asked) == asked


def test_a_refresh_asks_conditionally_and_sees_what_changed(api, recorded):
    before = read_github_pulls(api(), "o/r").rows[0]
    asked = len(recorded.asked)
    recorded.objects["/repos/o/r/issues/7"] = {"number": 7, "title": "Seven!", "body": "It breaks."}
    again = read_github_pulls(api(refresh=True), "o/r").rows[0]
    assert again == replace(before, problem_statement="Seven!\nIt breaks.\n")
    changed = {path for path, _, status in recorded.asked[asked:] if status == 200 and "/pulls/" not in path}
    assert changed == {"/repos/o/r/issues/7"}


def test_a_killed_run_goes_on_where_it_was(api, recorded):
    recorded.faults["/repos/o/r/issues/8"] = [(500, {}, b"")] * 6
    rules = PullRules(links="every", require_issue=True)
    with pytest.raises(SourceError, match="issues/8: 500"):
        read_github_pulls(api(), "o/r", rules)
    asked = [path for path, _, status in recorded.asked if status == 200]
    assert [row.pull_number for row in read_github_pulls(api(), "o/r", rules).rows] == [1, 5]
    again = [path for path, _, status in recorded.asked if status == 200]
    assert again[: len(asked)] == asked
    assert [path for path in again[len(asked) :] if path in asked and not path.startswith(PULLS)] == []


def fault(status, body=b"{}", **headers):
    return status, {name.replace("_", "-"): value for name, value in headers.items()}, body


@pytest.mark.parametrize(
    ("faults", "waited"),
    [
        ([fault(502), fault(503, b"<html>")], None),
        ([fault(200, None)], None),
        ([fault(200, b'[{"number": 1, "ti')], None),
        ([fault(429, retry_after="7")], 7),
        ([fault(403, b'{"message": "You have exceeded a secondary rate limit"}')], 60),
        ([fault(403, retry_after="3"), fault(500), fault(429)], 60),
    ],
)
def test_what_passes_is_waited_for(api, recorded, waits, faults, waited):
    expected = read_github_pulls(api(), "o/r")
    recorded.faults[PULLS] = list(faults)
    assert read_github_pulls(api(refresh=True), "o/r") == expected
    assert len(waits) == len(faults)
    assert waited is None or max(waits) == waited


def test_an_exhausted_token_waits_for_its_refill(api, recorded, waits):
    reset = int(time.time()) + 100
    limit = fault(403, X_RateLimit_Remaining="0", X_RateLimit_Reset=str(reset))

    def sleep(seconds):
        waits.append(seconds)
        if seconds > 1:
            client._tokens[0].reset_at = 0.0

    recorded.faults[PULLS] = [limit]
    client = api(sleep=sleep)
    assert len(read_github_pulls(client, "o/r").rows) == 2
    assert max(waits) == pytest.approx(100, abs=5)


def test_the_next_token_is_used_where_one_is_exhausted(api, recorded, waits):
    limit = fault(403, X_RateLimit_Remaining="0", X_RateLimit_Reset=str(int(time.time()) + 1000))
    recorded.faults[PULLS] = [limit]
    client = api(environment={"GITHUB_TOKENS": "alpha,beta"})
    assert len(read_github_pulls(client, "o/r").rows) == 2
    assert max(waits, default=0) <= 1
    used = [token for _, token, _ in recorded.asked]
    assert used[0] == "Bearer alpha"
    assert set(used[1:]) == {"Bearer beta"}
    assert client.limits[0].remaining == 0
    assert "alpha" not in str(client.limits)


def test_what_stays_is_an_error_that_says_what_to_do(api, recorded):
    recorded.faults[PULLS] = [fault(401)]
    with pytest.raises(SourceError, match="401: token 1 is not accepted; see GITHUB_TOKENS"):
        read_github_pulls(api(), "o/r")
    recorded.faults[PULLS] = [fault(403, b'{"message": "Resource not accessible"}')]
    with pytest.raises(SourceError, match=r"403 .*does the token have access"):
        read_github_pulls(api(), "o/r")


def test_a_token_goes_to_the_api_only(api, recorded):
    elsewhere = '<http://127.0.0.1:1/steal>; rel="next"'
    recorded.faults[PULLS] = [(200, {"Link": elsewhere}, b"[]")]
    with pytest.raises(SourceError, match="nothing was sent there"):
        read_github_pulls(api(environment={"GITHUB_TOKEN": "secret"}), "o/r")


def test_a_torn_file_is_asked_for_again(api, recorded, tmp_path):
    first = read_github_pulls(api(), "o/r")
    for path in (tmp_path / "cache").rglob("*.json"):
        path.write_bytes(path.read_bytes()[:20])
    asked = len(recorded.asked)
    assert read_github_pulls(api(), "o/r") == first
    assert len(recorded.asked) == 2 * asked


def test_a_repository_is_filtered_by_what_the_api_counts(api, recorded):
    recorded.objects["/repos/o/r"] = {
        "language": "Python",
        "created_at": "2020-01-01T00:00:00Z",
        "stargazers_count": 501,
    }
    recorded.lists["/repos/o/r/contributors"] = [{"id": number} for number in range(100)]
    facts = read_facts(api(), "o/r", lines=300)
    assert (facts.pulls, facts.contributors) == (6, 100)
    assert unfit(facts) == ["too_few_pulls"]


def test_the_repository_filter_has_the_published_bounds():
    fit = RepositoryFacts("Python", "2022-06-30T23:59:59Z", 501, 501, 100, 300)
    assert unfit(fit) == []
    worse = RepositoryFacts("Go", "2022-07-01T00:00:00Z", 500, 500, 99, 299)
    assert len(unfit(worse)) == 6
    assert unfit(replace(fit, lines=None)) == []
