"""`srbench site`: what it is given, where it writes, and what it says."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from records import record

from srbench_lite.recording.exchange import write_records
from srbench_lite.recording.store import Store


@pytest.fixture(name="export")
def _export(tmp_path) -> Path:
    """An export with records on tasks that nobody knows, so that nothing is to be judged."""
    path = tmp_path / "one.json.gz"
    write_records([record(task="sin/nowhere", seed=seed) for seed in (0, 1)], path, form="json")
    return path


def files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_site_is_written_and_says_what_became_of_each_submission(srbench, export, tmp_path):
    with Store(tmp_path / "two.db") as store:
        store.add(record(task="sin/elsewhere"))
    said = srbench("site", "--out", "site", str(export), "mine=two.db", "--title", "Board", "--contact", "a@b.org")
    assert said.code == 0
    lines = said.out.splitlines()
    assert lines[:2] == ["one: 2 claimed", "mine: 1 claimed"]
    assert lines[2].startswith("site/index.html: ")
    made = files(tmp_path / "site")
    assert b"<title>Board</title>" in made["index.html"]
    assert b"srbench site --out site --title Board --contact a@b.org one=one.json.gz mine=two.db" in made["submit.html"]
    assert str(tmp_path).encode() not in b"".join(made.values())  # no path of the machine
    assert (tmp_path / "site.verdicts.db").is_file()


def test_a_site_is_made_again_in_its_place_and_what_is_not_its_own_stays(srbench, export, tmp_path):
    folder = tmp_path / "site"
    assert srbench("site", "--out", "site", str(export)).code == 0
    before = files(folder)
    (folder / "CNAME").write_text("example.org")
    assert srbench("site", "--out", "site", str(export)).code == 0
    assert files(folder) == {**before, "CNAME": b"example.org"}
    other = dataclasses.replace(record(task="sin/nowhere"), method="renamed")
    other = dataclasses.replace(other, key=other.run_key.digest)
    write_records([other], export, form="json")
    assert srbench("site", "--out", "site", str(export)).code == 0
    after = files(folder)
    assert "methods/renamed.html" in after
    assert "methods/good.html" not in after
    assert after["CNAME"] == b"example.org"
    assert set(after[".srbench-site"].decode().split()) == set(after) - {"CNAME", ".srbench-site"}


def test_a_folder_with_other_files_is_refused(srbench, export, tmp_path):
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "thesis.tex").write_text("mine")
    said = srbench("site", "--out", "work", str(export))
    assert said.code == 2
    assert "the folder work holds other files, such as thesis.tex" in said.err
    assert files(tmp_path / "work") == {"thesis.tex": b"mine"}


@pytest.mark.parametrize(
    ("sources", "message"),
    [
        (["nowhere.json"], "there is no file 'nowhere.json'"),
        (["a=nowhere.json"], "there is no file 'nowhere.json'"),
        (["."], "'.' is a folder"),
        (["one.json.gz", "sub/one.csv"], "two submissions are called 'one': one.json.gz and sub/one.csv; write NAME="),
        (["=one.json.gz"], "a submission needs a name: write NAME=FILE"),
        (["toy.toml"], "cannot tell the format of toy.toml"),
        ([], "Missing argument"),
    ],
)
def test_wrong_sources_are_named(srbench, export, tmp_path, sources, message):
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "one.csv").write_text("")
    said = srbench("site", "--out", "site", *sources)
    assert said.code == 2
    assert message in said.err
    assert not (tmp_path / "site").exists()


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("bad.json", b"{nope", "bad.json cannot be read"), ("bad.json.gz", b"no", "cannot read bad.json.gz"),
        ("bad.csv", b"a,b\n1,2\n", "bad.csv: its columns are not those of an export"),
        ("bad.db", b"nonsense", "bad.db is no SQLite file"), ("bad.json", b"", "bad.json cannot be read"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_read_is_named_and_nothing_is_made(srbench, export, tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    said = srbench("site", "--out", "site", str(export), name)
    assert said.code not in (0, 5)
    assert message in said.err
    assert not (tmp_path / "site").exists()


def test_a_store_without_runs_stands_beside_others(srbench, export, tmp_path):
    with Store(tmp_path / "none.db"):
        pass
    said = srbench("site", "--out", "site", str(export), "none.db")
    assert said.code == 0
    assert said.out.splitlines()[:2] == ["one: 2 claimed", "none: no records"]
    assert b">none</td>" in (tmp_path / "site" / "index.html").read_bytes()


def test_the_file_of_verdicts_is_chosen(srbench, export, tmp_path):
    assert srbench("site", "--out", "site", str(export), "--verdicts", "kept/known.db").code == 0
    assert (tmp_path / "kept" / "known.db").is_file()
    assert not (tmp_path / "site.verdicts.db").exists()


def test_no_records_make_an_empty_site(srbench, tmp_path):
    write_records([], tmp_path / "none.json", form="json")
    said = srbench("site", "--out", "site", "none.json")
    assert said.code == 5
    assert said.out.startswith("none: no records\n")
