"""Files that runs leave: bounded, in their place, and nothing else is touched whatever a method leaves."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from srbench_lite.errors import StoreError
from srbench_lite.recording import artifacts as module
from srbench_lite.recording.artifacts import Artifacts, LeftFile

KEY, OTHER = "0abc", "1def"


@pytest.fixture(name="artifacts")
def _artifacts(tmp_path) -> Artifacts:
    return Artifacts(tmp_path / "store.db")


def left(artifacts: Artifacts, key: str = KEY, **files: str) -> Artifacts:
    folder = artifacts.begin(key)
    for name, text in files.items():
        (folder / name).write_text(text)
    assert artifacts.sift(key) == ()
    artifacts.keep(key)
    return artifacts


def names(tmp_path: Path) -> list[str]:
    return sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file())


def test_what_a_fit_leaves_is_moved_to_its_place(artifacts, tmp_path):
    left(artifacts, curve="1\n2\n", b="")
    artifacts.clear()
    assert artifacts.files(KEY) == [LeftFile("b", 0), LeftFile("curve", 4)]
    assert names(tmp_path) == ["store.db.artifacts/0abc/b", "store.db.artifacts/0abc/curve"]


def test_a_run_made_again_takes_the_place_of_the_old_files(artifacts):
    left(left(artifacts, old="x"), new="y")
    artifacts.keep(KEY)  # a result may be saved twice
    assert [file.name for file in artifacts.files(KEY)] == ["new"]
    assert left(artifacts).files(KEY) == []


@pytest.mark.parametrize(
    ("stands", "names"), [("2026-12-01T10:00:00+00:00", ["new"]), ("2026-11-30", ["old"]), (None, ["old"])]
)
def test_what_was_promised_is_kept_where_its_record_stands(artifacts, tmp_path, stands, names):
    left(artifacts, old="x")
    (artifacts.begin(KEY) / "new").write_text("y")
    artifacts.sift(KEY)
    for _ in range(2):  # a result may be saved twice
        artifacts.promise(KEY, "2026-12-01T10:00:00+00:00")
    artifacts.clear(lambda keys: dict.fromkeys(keys, stands) if stands else {})  # after kill -9 in between
    assert [file.name for file in artifacts.files(KEY)] == names
    assert [path.name for path in (tmp_path / "store.db.artifacts").iterdir()] == [KEY]


def test_a_run_that_left_nothing_promises_to_take_away_what_an_earlier_one_did(artifacts, tmp_path):
    left(artifacts, old="x")
    artifacts.promise(OTHER, "now")
    artifacts.promise(KEY, "now")
    artifacts.clear(lambda keys: dict.fromkeys(keys, "now"))
    assert list(tmp_path.iterdir()) == []


def test_where_nothing_can_be_promised_none_are_better_than_those_of_another_run(artifacts, monkeypatch):
    left(artifacts, old="x")

    def full(*_, **__):
        raise OSError(28, "No space left")

    monkeypatch.setattr(Path, "mkdir", full)
    artifacts.promise(KEY, "now")
    assert artifacts.files(KEY) == []


def test_nothing_stays_of_fits_that_leave_nothing_or_are_interrupted(artifacts, tmp_path):
    left(artifacts)
    (artifacts.begin(OTHER) / "half").write_text("x")
    artifacts.clear()
    assert list(tmp_path.iterdir()) == []


def test_files_go_with_their_run(artifacts, tmp_path):
    left(left(artifacts, a="x"), OTHER, b="y")
    artifacts.rename(KEY, "2fff")
    artifacts.rename("3333", "4444")
    artifacts.remove([OTHER, "5555"])
    assert names(tmp_path) == ["store.db.artifacts/2fff/a"]


def test_files_over_the_bounds_are_left_out_and_said(artifacts, monkeypatch):
    monkeypatch.setattr(module, "_MAX_BYTES", 2**20)
    monkeypatch.setattr(module, "_MAX_FILES", 2)
    folder = artifacts.begin(KEY)
    for name, size in (("a", 2**20 + 1), ("b", 2**20), ("c", 1), ("d", 0), ("e", 0)):
        (folder / name).write_bytes(b"0" * size)
    assert artifacts.sift(KEY) == ("artifacts were left out: 3 files over the bounds of 1 MiB and 2 files",)
    artifacts.keep(KEY)
    assert [file.name for file in artifacts.files(KEY)] == ["b", "d"]


def test_a_folder_above_the_bound_of_64_mib(artifacts):
    folder = artifacts.begin(KEY)
    for name, size in (("a", 40 << 20), ("b", 40 << 20), ("c", 24 << 20)):
        with (folder / name).open("wb") as file:
            file.truncate(size)  # it has no content on the disk, and counts
    assert artifacts.sift(KEY) == ("artifacts were left out: 1 file over the bounds of 64 MiB and 1,000 files",)
    artifacts.keep(KEY)
    assert [file.name for file in artifacts.files(KEY)] == ["a", "c"]


def test_a_huge_number_of_files(artifacts, tmp_path):
    folder = artifacts.begin(KEY)
    start = os.open(folder, os.O_RDONLY)
    for number in range(1_200):
        os.close(os.open(f"{number:05}", os.O_CREAT | os.O_WRONLY, dir_fd=start))
    os.close(start)
    assert artifacts.sift(KEY) == ("artifacts were left out: 200 files over the bounds of 64 MiB and 1,000 files",)
    artifacts.keep(KEY)
    artifacts.clear()
    assert len(artifacts.files(KEY)) == len(names(tmp_path)) == 1_000


def test_names_with_odd_characters_stay_as_they_are(artifacts):
    odd = ["-rf", " ", "a\nb", "\x1b[2J", "é漢🙂", "\u202e", "\udcff", "..x", "x" * 250, "name:stream", "C\\D"]
    folder = artifacts.begin(KEY)
    for name in odd:
        (folder / name).write_text(name, errors="surrogateescape")
    assert artifacts.sift(KEY) == ()
    artifacts.keep(KEY)
    assert [file.name for file in artifacts.files(KEY)] == sorted(odd)


def test_links_and_special_files_are_left_out_and_what_they_lead_to_stays(artifacts, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    secret = tmp_path / "mine" / "secret"
    secret.parent.mkdir()
    secret.write_text("secret")
    folder = artifacts.begin(KEY)
    (folder / "soft").symlink_to(secret)
    (folder / "folder").symlink_to(secret.parent)
    (folder / "hard").hardlink_to(secret)
    os.mkfifo(folder / "pipe")
    with socket.socket(socket.AF_UNIX) as listening:
        os.chdir(folder)  # the path of a socket is short
        listening.bind("socket")
    (folder / "loop").symlink_to(folder)
    (folder / "plain").write_text("x")
    (said,) = artifacts.sift(KEY)
    artifacts.keep(KEY)
    assert said.startswith("artifacts were left out: 6 entries that are no plain file")
    assert [file.name for file in artifacts.files(KEY)] == ["plain"]
    assert secret.read_text() == "secret"


def test_a_folder_that_became_a_link_leads_nowhere(artifacts, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "secret").write_text("secret")
    folder = artifacts.begin(KEY)
    folder.rmdir()
    folder.symlink_to(tmp_path / "mine")
    artifacts.sift(KEY)
    artifacts.keep(KEY)
    artifacts.clear()
    assert names(tmp_path) == ["mine/secret"]


def test_folders_however_deep_or_closed_are_cleared(artifacts, tmp_path):
    start = os.open(".", os.O_RDONLY)
    try:
        os.chdir(artifacts.begin(KEY))
        for _ in range(650):  # a path longer than the system takes
            os.mkdir("deeper")
            os.chdir("deeper")
    finally:
        os.fchdir(start)
        os.close(start)
    closed = artifacts.begin(OTHER) / "closed"
    closed.mkdir()
    (closed / "file").write_text("x")
    closed.chmod(0)
    assert len(artifacts.sift(KEY)) == 1
    assert artifacts.sift(OTHER) == ()
    artifacts.keep(OTHER)
    artifacts.clear()
    assert names(tmp_path) == ["store.db.artifacts/1def/closed/file"]


def test_what_cannot_be_written_any_more_is_left_out_and_said(artifacts, tmp_path, monkeypatch):
    (artifacts.begin(KEY) / "file").write_text("x")
    full = OSError(28, "No space left on device")
    monkeypatch.setattr(Path, "mkdir", lambda *_, **__: (_ for _ in ()).throw(full))
    assert artifacts.sift(KEY) == ("artifacts were left out: No space left on device",)
    artifacts.keep(KEY)
    assert names(tmp_path) == []


@pytest.mark.parametrize("key", ["", "..", "../0abc", "unfinished"])
def test_what_is_no_key_names_no_folder(artifacts, key):
    with pytest.raises(StoreError, match="hexadecimal digits"):
        artifacts.folder(key)
