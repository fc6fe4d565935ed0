"""Records of files and stores merged into a store: what is new, what stands, what takes another's place."""

from __future__ import annotations

import pytest
from records import claimed, failure, record

from srbench_lite.errors import StoreError
from srbench_lite.recording.artifacts import Artifacts
from srbench_lite.recording.exchange import FORMATS, Merge, merge, read_records, write_records
from srbench_lite.recording.store import Store


def test_merging_twice_changes_nothing(tmp_path):
    with Store(tmp_path / "store.db") as store:
        store.add(record(seed=0))
        batch = [record(seed=i) for i in range(5)]
        assert merge(batch, store) == Merge(new=4, present=1, differing=())
        before = list(store)
        assert merge(batch, store) == Merge(new=0, present=5, differing=())
        assert list(store) == before


def test_a_record_that_stands_with_another_formula_is_named_and_left(tmp_path):
    other = record(seed=1, expression="cos(x)")
    with Store(tmp_path / "store.db") as store:
        store.add_all([record(seed=0), record(seed=1)])
        result = merge([record(seed=0, seconds=99.0), other, failure(seed=2)], store)
        assert result == Merge(new=1, present=2, differing=(other.key,))
        assert [r.expression for r in store] == ["sin(x)", "sin(x)", None]


def test_of_two_codes_for_one_run_the_later_stands_whatever_the_order(tmp_path):
    early = record(seed=1, method_source="a" * 16, started_at="2026-01-01T00:00:00+00:00", expression="x")
    late = record(seed=1, method_source="b" * 16, started_at="2026-01-02T00:00:00+00:00", expression="y")
    for number, (one, two) in enumerate([(early, late), (late, early)]):
        with Store(tmp_path / f"{number}.db") as store:
            merge([one], store)
            told = merge([two], store)
            assert told == Merge(
                new=0, present=1, differing=(), replaced=(late.key,) * (two is late), older=(late.key,) * (two is early)
            )
            assert list(store) == [late]
            assert merge([late], store) == Merge(new=0, present=1, differing=())


def test_two_formulas_for_one_key_within_a_file_are_named(tmp_path):
    with Store(tmp_path / "store.db") as store:
        result = merge([record(expression="x"), record(expression="y"), record(expression="z")], store)
        assert result == Merge(new=1, present=2, differing=(record().key,))
        assert [r.expression for r in store] == ["x"]


def test_a_merge_that_fails_adds_nothing(tmp_path):
    with Store(tmp_path / "store.db") as store:
        with pytest.raises(StoreError):
            merge([record(seed=1), record(seed=2, seconds=float("inf"))], store)
        assert len(store) == 0


@pytest.mark.parametrize("form", FORMATS)
def test_from_store_to_store(tmp_path, form):
    batch = [record(seed=1), failure(seed=2, reason="a\nb"), record(seed=3, environment={"host": "there"})]
    with Store(tmp_path / "a.db") as first, Store(tmp_path / "b.db") as second:
        first.add_all(batch)
        write_records(first, tmp_path / f"out.{form}", form=form)
        assert merge(read_records(tmp_path / f"out.{form}"), second) == Merge(new=3, present=0, differing=())
        assert list(second) == claimed(first)


@pytest.mark.parametrize("source", ["a.db", "out.json"])
def test_outputs_and_files_stay_where_they_are(tmp_path, source):
    warned = {"printed_bytes": 9, "extras": {"warnings": {"UserWarning": 1}}}
    later = {"method_source": "another", "started_at": "2030-01-01T00:00:00+00:00", **warned}
    with Store(tmp_path / "a.db") as first:
        first.add_all([record(seed=seed, output="theirs", **later) for seed in range(2)] + [record(seed=2)])
        write_records(first, tmp_path / "out.json", form="json")
    incoming = read_records(tmp_path / source)
    with Store(tmp_path / "b.db") as second:
        second.add_all([record(seed=seed, output="ours") for seed in range(1, 3)])
        artifacts = Artifacts(second.path)
        for seed in range(1, 3):
            (artifacts.begin(record(seed=seed).key) / "file").write_text("ours")
            assert artifacts.sift(record(seed=seed).key) == ()
            artifacts.keep(record(seed=seed).key)
        assert merge(incoming, second).replaced == (record(seed=1).key,)
        found = {r.seed: (second.output(r.key), len(artifacts.files(r.key)), r.printed_bytes) for r in second}
        assert found == {0: ("", 0, 9), 1: ("", 0, 9), 2: ("ours", 1, 0)}
        assert [r.extras for r in second] == [warned["extras"], warned["extras"], {}]
