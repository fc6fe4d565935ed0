"""The numbers that figures of a paper are drawn from, worked out by hand, and their CSV."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from papers import results_of
from records import failure, record

from srbench_lite.comparing.over_time import mark_frame
from srbench_lite.comparing.runs import RunTable
from srbench_lite.errors import UsageError
from srbench_lite.recording.progress import entry
from srbench_lite.reports.page.content import COLUMNS
from srbench_lite.reports.paper.data import DATA, STANDINGS, at_least_noise, not_drawn, only, read_rows, write_rows

MISSED = {"verdict": "different", "recovered": False, "recovered_srbench": False}


def table(*records) -> RunTable:
    return RunTable.from_records(records, COLUMNS)


RUNS = table(
    *(
        record(task=f"sin/{k}", method="a", nmse_test=10.0 ** -(2 * k), complexity=4 + k, seconds=1.0 + k)
        for k in range(3)
    ),
    *(record(task=f"sin/{k}", method="b", nmse_test=1e-1, complexity=9, seconds=0.5, **MISSED) for k in range(2)),
    failure(task="sin/2", method="b", seconds=7.0),
    *(record(task=f"sin/{k}", method="a", noise=0.1, nmse_test=1.0, **MISSED) for k in range(3)),
)


def test_the_lowest_noise_level_of_each_suite_is_taken():
    runs = table(record(noise=0.1), record(noise=0.5), record(suite="q", task="q/0", noise=0.5)).runs
    assert sorted(zip(at_least_noise(runs)["suite"], at_least_noise(runs)["noise"], strict=True)) == [
        ("q", 0.5), ("sin", 0.1),
    ]  # fmt: skip


def test_curves_are_over_settings_with_several_levels():
    runs = [record(task=f"sin/{k}", method=m, noise=x, **({} if x == 0 else MISSED))
            for k in range(3) for m in "ab" for x in (0.0, 0.1)]  # fmt: skip
    rows = DATA["degradation"](table(*runs))
    assert [(row["setting"], row["method"], row["level"], row["recovery"]) for row in rows] == [
        ("noise", m, x, r) for m in "ab" for x, r in (("0", 1.0), ("0.1", 0.0))
    ]  # fmt: skip
    assert not_drawn(table(*runs)).startswith("Not drawn: training points: one level only")
    single = table(*runs[::2])
    assert DATA["degradation"](single) == DATA["recovery-noise"](single) == []
    assert not_drawn(single).startswith("Not drawn: noise: one level only")


def test_measured_data_count_as_solved_where_they_are_accurate():
    unknown = {"truth": None, "verdict": None, "recovered": None, "recovered_srbench": None}
    runs = [
        record(task=f"sin/{k}", method=m, noise=x, solved_r2=m == "a", nmse_test=0.1 * (m == "b"), **unknown)
        for k in range(2) for m in "ab" for x in (0.0, 0.1)
    ]  # fmt: skip
    assert DATA["degradation"](table(*runs)) == []
    assert {row["method"]: row["solved"] for row in DATA["time"](table(*runs))} == {"a": 1.0, "b": 0.0}
    assert [row["method"] for row in DATA["critical-difference"](table(*runs)) if row["method"]] == ["a", "b"]


def test_standings_are_rows_and_one_suite_has_no_column_of_all():
    several = results_of([record(suite=s, task=f"{s}/1", method=m) for s in ("p", "q") for m in "ab"])
    rows = STANDINGS["matrix"](several.overall)
    assert [(row["method"], row["suite"]) for row in rows] == [(m, s) for m in "ab" for s in ("p", "q", "all")]
    single = results_of([record(method=m) for m in "ab"])
    assert [row["suite"] for row in STANDINGS["matrix"](single.overall)] == ["sin", "sin"]
    row, _ = STANDINGS["ranking"](single.overall)
    assert (row["value"], row["rank"], row["first"], row["last"]) == (1.0, 1, 1, 2)
    assert STANDINGS["ranking"](results_of([record()]).overall) == []  # one method has no rank
    assert STANDINGS["ranking"]([]) == []


def test_recovery_has_a_row_for_each_method_and_noise():
    rows = DATA["recovery-noise"](RUNS)
    assert [(row["method"], row["noise"], row["recovery"], row["tasks"]) for row in rows] == [
        ("a", 0.0, 1.0, 3), ("b", 0.0, 0.0, 3), ("a", 0.1, 0.0, 3),
    ]  # fmt: skip
    assert all(row["low"] <= row["recovery"] <= row["high"] for row in rows)


def test_the_front_is_what_no_other_beats():
    rows = {row["method"]: row for row in DATA["pareto"](RUNS)}
    assert (rows["a"]["nmse"], rows["a"]["complexity"], rows["a"]["front"]) == (1e-2, 5.0, 1)
    assert (rows["b"]["nmse"], rows["b"]["front"]) == (1e-1, 0)


def test_a_profile_is_the_share_of_tasks_below_an_error():
    rows = DATA["profile"](RUNS)
    share = {row["method"]: {} for row in rows}
    for row in rows:
        share[row["method"]][row["nmse"]] = row["share"]
    assert [share["a"][x] for x in (1.0, 1e-2, 1e-4, 1e-8)] == pytest.approx([1.0, 2 / 3, 1 / 3, 0.0])
    assert share["b"][1.0] == pytest.approx(2 / 3)  # a run that failed reaches no error


def test_panels_are_medians_with_intervals():
    rows = {(row["method"], row["measure"]): row for row in DATA["panels"](RUNS)}
    assert rows["a", "complexity"]["median"] == 5.0
    assert rows["b", "seconds"]["median"] == 0.5
    assert rows["b", "r2"]["low"] == -math.inf  # a run that failed ranks last
    assert all(row["low"] <= row["median"] <= row["high"] for row in rows.values())


def test_time_is_over_all_suites():
    rows = DATA["time"](RUNS)
    assert {row["suite"] for row in rows} == {"all"}
    assert [row["solved"] for row in rows if row["method"] == "b"] == [0.0]


def test_curves_over_seconds_are_of_runs_with_marks():
    assert DATA["over-time"](RUNS) == []
    at = [entry(1.0, "x", verdict="different", recovered=False, nmse_test=0.5), entry(2.0, "x", nmse_test=0.0)]
    records = [
        *(record(task=f"sin/{k}", method=m, progress=tuple(at)) for k in range(2) for m in ("a", "b")),
        *(record(task=f"sin/{k}", method="aged") for k in range(2)),
        *(record(task=f"sin/{k}", method="a", noise=0.5, progress=(at[0],)) for k in range(2)),
    ]
    run_table = table(*records)
    marks = mark_frame((number, one.progress) for number, one in enumerate(records))
    rows = DATA["over-time"](replace(run_table, marks=marks))
    assert [(row["method"], row["seconds"], row["recovery"], row["nmse"]) for row in rows] == [
        ("a", 1.0, 0.0, 0.5), ("a", 2.0, 0.0, 1e-16), ("b", 1.0, 0.0, 0.5), ("b", 2.0, 0.0, 1e-16),
    ]  # fmt: skip


def test_critical_differences_need_two_methods():
    assert DATA["critical-difference"](table(record())) == []
    rows = DATA["critical-difference"](RUNS)
    assert [row["method"] for row in rows if row["method"]] == ["a", "b"]


def test_rows_come_back_from_csv(tmp_path):
    path = tmp_path / "new" / "rows.csv"
    write_rows([{"method": "a,b", "x": 0.1}, {"method": "", "x": -math.inf}], path)
    assert path.read_text() == 'method,x\n"a,b",0.1\n,-inf\n'
    assert read_rows(path) == [{"method": "a,b", "x": 0.1}, {"method": "", "x": -math.inf}]
    write_rows([], path)
    assert read_rows(path) == []


@pytest.mark.parametrize(
    ("content", "reason"), [(None, "No such file or directory"), (b"\xff\xfe", "codec can't decode")]
)
def test_a_file_that_cannot_be_read_is_named(tmp_path, content, reason):
    path = tmp_path / "pareto.csv"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UsageError, match=reason) as raised:
        read_rows(path)
    assert str(raised.value).startswith(f"cannot read {path}: ")
    assert str(raised.value).endswith("name a CSV file that `srbench paper` wrote")


def test_only_keeps_rows_with_these_values():
    assert only([{"a": 1, "b": 2}, {"a": 1, "b": 3}], a=1, b=3) == [{"a": 1, "b": 3}]


def test_figures_show_the_least_perturbed_runs_of_each_suite():
    few = {"perturbation": {"train_size": 20}}
    runs = table(
        record(method="a"), record(method="a", **few, **MISSED), record(suite="q", task="q/0", method="a", **few),
    )  # fmt: skip
    chosen = at_least_noise(runs.runs)
    assert sorted(zip(chosen["suite"], chosen["perturbation"], strict=True)) == [
        ("q", '{"train_size": 20}'),
        ("sin", "{}"),
    ]
