"""`srbench delete`: what is chosen goes, with its files; nothing else does, and nothing unasked."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from places import HOSTILE

from srbench_lite.recording.artifacts import Artifacts
from srbench_lite.recording.record import Status
from srbench_lite.recording.store import Store


@pytest.fixture(name="path")
def _path(filled, tmp_path):
    """The store of two runs of `good` and two of `finds-nothing`, each of which has left a file."""
    path = tmp_path / "results" / "srbench.db"
    with Store(path) as store:
        for record in store:
            folder = Artifacts(path).begin(record.key)
            (folder / "left.txt").write_text("here")
            Artifacts(path).keep(record.key)
    return path


def left(path):
    with Store(path, read_only=True) as store:
        return sorted((record.method, record.task) for record in store)


def test_the_chosen_runs_go_with_their_files(filled, path):
    with Store(path, read_only=True) as store:
        keys = {record.method: record.key for record in store}

    said = filled("delete", "--method", "good", "--yes")

    assert said.code == 0
    assert "good on toy: 2" in said.out
    assert "2 of 4 runs deleted" in said.out
    assert left(path) == [("finds-nothing", "toy/curve"), ("finds-nothing", "toy/line")]
    assert not Artifacts(path).folder(keys["good"]).exists()
    assert Artifacts(path).files(keys["finds-nothing"])


@pytest.mark.parametrize(
    ("options", "gone"),
    [
        (["--task", "toy/line"], 2),
        (["--task", "c*", "--method", "good"], 1),
        (["--status", "failed"], 2),
        (["--status", "crashed"], 0),
        (["--noise", "0", "--suite", "toy"], 4),
        (["--seed", "3"], 0),
        (["--before", "2020-01-01"], 0),
        (["--before", "2100-01-01T00:00"], 4),
    ],
)
def test_a_dry_run_counts_and_deletes_nothing(filled, path, options, gone):
    said = filled("delete", *options, "--dry-run")

    assert said.code == (0 if gone else 5)
    assert f"{gone} of 4 runs would be deleted" in said.out or not gone
    assert len(left(path)) == 4


def test_one_run_is_named_by_its_key(filled, path):
    with Store(path, read_only=True) as store:
        key = next(iter(store)).key
    assert "1 of 4 runs deleted" in filled("delete", "--run", key[:10], "--yes").out
    with Store(path, read_only=True) as store:
        assert key not in {record.key for record in store}


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ([], "nothing chooses what is deleted"),
        (["--method", "goood", "--yes"], "Did you mean: good"),
        (["--before", "yesterday", "--yes"], "--before is a day or time such as 2026-11-30"),
        (["--method", "good"], "give --yes, since nobody can be asked here"),
    ],
)
def test_what_is_not_clear_is_refused(filled, path, options, says):
    said = filled("delete", *options)

    assert said.code == 2
    assert says in said.err
    assert len(left(path)) == 4


def test_it_asks_where_somebody_can_answer(filled, path, monkeypatch):
    monkeypatch.setattr("sys.stdin", SimpleNamespace(isatty=lambda: True))
    monkeypatch.setattr("click.confirm", lambda *_, **__: False)
    said = filled("delete", "--method", "good")
    assert (said.code, said.err.splitlines()[-1]) == (1, "nothing is deleted")
    assert len(left(path)) == 4


def test_what_is_deleted_is_run_again(filled, path):
    filled("delete", "--method", "good", "--status", Status.OK.value, "--yes")
    again = filled("run", "--plugin", str(HOSTILE), "-m", "good", "-s", "toy.toml", "--dry-run")
    assert "2 of them not in the store" in again.out


def test_runs_with_a_tag_go_and_the_tag_with_them(filled, path):
    with Store(path) as store:
        store.tags.give("bad", [record.key for record in store if record.method == "good"])

    said = filled("delete", "--tag", "bad", "--yes")

    assert "2 of 4 runs deleted" in said.out
    assert {method for method, _ in left(path)} == {"finds-nothing"}
    assert filled("delete", "--tag", "bad", "--yes").code == 2
