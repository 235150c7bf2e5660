"""The paper's figures are copied right: sums and fits that must hold among them."""

import pytest

from repodojo.metrics.half_sample import paper_half_sample_deviation
from repodojo.metrics.log_fit import log_fit
from repodojo.reporting.published import CONFLICTS
from repodojo.reporting.published_figures import FIGURES
from repodojo.reporting.published_tables import TABLES


def test_every_table_and_figure_is_there_and_rectangular() -> None:
    assert sorted(TABLES) == list(range(1, 11))
    assert sorted(FIGURES) == list(range(1, 9))
    for table in TABLES.values():
        assert {len(row) for row in table.rows} == {len(table.columns)}
    assert len(CONFLICTS) == 18


def test_every_deviation_of_table_3_follows_from_its_row() -> None:
    for benchmark, _, _, empty, _, _, rate, deviation in TABLES[3].rows:
        n = {"SWE-Bench Lite": 300, "SWE-Bench Verified": 500}[str(benchmark)]
        resolved, empty_patches = round(n * float(rate) / 100), round(n * float(empty) / 100)
        computed = 100 * paper_half_sample_deviation(resolved, empty_patches, n)
        assert computed == pytest.approx(deviation, abs=0.1)


def test_table_4_follows_from_figure_3() -> None:
    counts = [count for _, count in FIGURES[3].series["successes"]]
    assert len(counts) == 36
    capped = [sum(min(count, cap) for count in counts) for cap in (1, 2, 3, 1000)]
    assert capped == [row[1] for row in TABLES[4].rows[1:]] == [36, 62, 82, 172]


def test_table_7_adds_up() -> None:
    *rows, total = TABLES[7].rows
    for column in range(1, 7):
        assert sum(row[column] for row in rows) == total[column]


def test_the_sources_of_table_10_add_up_to_the_successes_of_table_8() -> None:
    resolved = sum(row[5] for row in TABLES[10].rows)
    assert resolved == TABLES[8].rows[0][2] == 491
    for *_, instances, _, _, count, percent in TABLES[10].rows:
        assert 100 * count / {"Lite": 230, "Full": 2438}[instances] == pytest.approx(percent, abs=0.035)


def test_figure_2_adds_up_to_the_instances_of_table_2() -> None:
    sums = [sum(count for _, count in series) for series in FIGURES[2].series.values()]
    assert sums == list(TABLES[2].rows[0][1:3]) == [2438, 230]


def test_the_fits_of_figure_1_as_published() -> None:
    training, inference = (
        log_fit(*zip(*FIGURES[1].series[name], strict=True)) for name in ("training", "inference")
    )
    assert training[:3] == pytest.approx((7.04, -22.65, 0.984), abs=0.006)
    assert inference[:3] == pytest.approx((4.53, 19.54, 0.997), abs=0.01)


def test_curves_over_k_start_at_one_and_pass_at_k_rises() -> None:
    for number in (4, 5, 6):
        for name, points in FIGURES[number].series.items():
            assert [k for k, _ in points] == list(range(1, 17 if number == 4 else 9))
            if name.endswith("pass@k"):
                assert [rate for _, rate in points] == sorted(rate for _, rate in points)
