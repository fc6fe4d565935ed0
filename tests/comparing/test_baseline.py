"""`Baseline`: a file that comes back as it was, and what is refused."""

from __future__ import annotations

import json

import pytest
from records import record

from srbench_lite._version import __version__
from srbench_lite.comparing.baseline import COLUMNS, is_baseline, read_baseline, write_baseline
from srbench_lite.comparing.caveats import Caveats, caveats_of
from srbench_lite.comparing.runs import RunTable
from srbench_lite.errors import StoreError

MISSED = {"verdict": "different", "recovered": False, "recovered_srbench": False}


def runs(solved: int, tasks: int = 12, seeds: int = 2, **changes):
    """Runs of a suite, of which the first tasks are solved."""
    return [
        record(suite="s", task=f"s/{k}", seed=seed, **({} if k < solved else MISSED), **changes)
        for k in range(tasks)
        for seed in range(seeds)
    ]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "cannot be read"),
        ("[1]", "is not a baseline"),
        ('{"format": "srbench-lite baseline", "version": 9}', "has version 9"),
        ('{"format": "srbench-lite baseline", "version": 1}', "is damaged: KeyError"),
        (
            '{"format": "srbench-lite baseline", "version": 1, "made_with": "1", "methods": [], "tasks": [], '
            '"runs": [[0, 0]]}',
            "is damaged: IndexError",
        ),
    ],
)
def test_a_file_that_is_no_baseline_is_refused(tmp_path, content, said):
    path = tmp_path / "base.json"
    path.write_text(content)
    with pytest.raises(StoreError, match=said):
        read_baseline(path)
    with pytest.raises(StoreError, match="there is no baseline"):
        read_baseline(tmp_path / "absent.json")


def test_a_file_of_version_1_is_read_and_what_it_lacks_is_unknown(tmp_path):
    path = tmp_path / "base.json"
    write_baseline(RunTable.from_records(runs(1, tasks=1, stopped="budget"), COLUMNS).runs, path)
    new = json.loads(path.read_text())
    assert (new["version"], new["columns"][-3:], new["methods"][0][-1]) == (
        3, ["stopped", "cpu_seconds", "perturbation"], "0123456789abcdef",
    )  # fmt: skip
    assert caveats_of(read_baseline(path).run_table.runs).by_clock == 2
    old = new | {"version": 1, "methods": [m[:-1] for m in new["methods"]], "runs": [r[:-3] for r in new["runs"]]}
    path.write_text(json.dumps(old))
    found = read_baseline(path).run_table.runs
    assert found["seed"].tolist() == [0, 1]
    assert found[["method_source", "stopped", "cpu_seconds"]].isna().all(axis=None)
    assert caveats_of(found) == Caveats(runs=2, by_clock=None, core_share=None, claims=0, unlike=0, undefined=0)
    assert found["perturbation"].tolist() == ["{}", "{}"]
    path.write_text(json.dumps(old | {"version": 4}))
    with pytest.raises(StoreError, match="has version 4, this srbench-lite reads versions 1, 2, 3"):
        read_baseline(path)


def test_a_file_of_version_2_is_read_and_none_of_its_runs_was_perturbed(tmp_path):
    path = tmp_path / "base.json"
    made = RunTable.from_records(runs(1, tasks=1), COLUMNS).runs
    write_baseline(made, path)
    new = json.loads(path.read_text())
    path.write_text(json.dumps(new | {"version": 2, "runs": [run[:-1] for run in new["runs"]]}))
    found = read_baseline(path).run_table.runs
    assert found["perturbation"].tolist() == ["{}", "{}"]
    assert found["cpu_seconds"].tolist() == made["cpu_seconds"].tolist()


def test_values_of_the_wrong_type_are_refused(tmp_path):
    path = tmp_path / "base.json"
    write_baseline(RunTable.from_records(runs(1, tasks=1, seeds=1), COLUMNS).runs, path)
    path.write_text(path.read_text().replace('"ok"', '"fine"'))
    with pytest.raises(StoreError, match="status must be one of"):
        read_baseline(path)


def test_a_baseline_comes_back_and_is_the_same_bytes_in_every_order(tmp_path):
    records = [*runs(3), *runs(2, method="other", noise=1 / 30, nmse_test=0.123456789012, seconds=2 / 3)]
    paths = [tmp_path / "one.json", tmp_path / "new" / "other.json"]
    for path, given in zip(paths, (records, records[::-1]), strict=True):
        write_baseline(RunTable.from_records(given, COLUMNS).runs, path)
    assert paths[0].read_bytes() == paths[1].read_bytes()
    found = read_baseline(paths[0])
    own = found.run_table.runs[found.run_table.runs["method"] == "other"]
    assert set(own["noise"]) == {1 / 30}  # by which runs are paired: every digit
    assert set(own["nmse_test"]) == {0.123456789}
    assert (len(found.run_table.runs), found.made_with) == (len(records), __version__)


def test_a_baseline_is_known_by_what_it_says(tmp_path):
    path = tmp_path / "base.json"
    assert not is_baseline(path)
    write_baseline(RunTable.from_records(runs(1), COLUMNS).runs, path)
    assert is_baseline(path)
    path.rename(tmp_path / "base.txt")
    assert not is_baseline(tmp_path / "base.txt")
    path.write_bytes(b"\xff\xfe{}")
    assert not is_baseline(path)


def test_a_value_of_another_kind_names_the_file(tmp_path):
    """The message says which file holds it, and what to do."""
    path = tmp_path / "baseline.json"
    write_baseline(RunTable.from_records([record()], COLUMNS).runs, path)
    path.write_text(path.read_text().replace('"ok"', '"fine"'))
    with pytest.raises(StoreError, match=r"status must be one of .*make it again") as caught:
        read_baseline(path)
    assert str(path) in str(caught.value)
