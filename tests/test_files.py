"""Files are written whole or not at all, and what is no regular file is not replaced by one."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from folders import ordinary_user

from srbench_lite.errors import FullDiskError, StoreError, UsageError
from srbench_lite.files import clear_unfinished, may_write, write_bytes, write_file, write_text


def names(folder: Path) -> list[str]:
    return sorted(os.listdir(folder))


def test_text_and_bytes_are_written_as_they_are(tmp_path):
    write_text(tmp_path / "text", "é\r\n–\n")
    write_bytes(tmp_path / "bytes", b"\0\xff\n")
    assert (tmp_path / "text").read_bytes() == "é\r\n–\n".encode()
    assert (tmp_path / "bytes").read_bytes() == b"\0\xff\n"
    assert names(tmp_path) == ["bytes", "text"]


def test_missing_folders_are_made(tmp_path):
    write_text(tmp_path / "a" / "b" / "text", "x")
    assert (tmp_path / "a" / "b" / "text").read_text() == "x"


@pytest.mark.parametrize("before", [None, "what was there"])
@pytest.mark.parametrize(
    "error", [StoreError("no record"), KeyboardInterrupt(), OSError(errno.ENOSPC, "No space left")]
)
def test_a_writer_that_fails_half_way_leaves_what_was_there(tmp_path, before, error):
    path = tmp_path / "out.txt"
    if before is not None:
        path.write_text(before)

    def half(part: Path) -> None:
        part.write_text("the first ha")
        raise error

    with pytest.raises(UsageError if isinstance(error, OSError) else type(error)):
        write_file(path, half)
    assert names(tmp_path) == ([] if before is None else ["out.txt"])
    assert before is None or path.read_text() == before


def test_what_killed_processes_left_of_a_file_goes_and_nothing_else(tmp_path):
    for name in (".a*.txt.12.part", ".ab.txt.12.part", ".a*.txt", "a*.txt"):
        (tmp_path / name).write_text("x")
    clear_unfinished(tmp_path / "a*.txt")
    clear_unfinished(tmp_path / "no folder" / "a.txt")
    assert names(tmp_path) == [".a*.txt", ".ab.txt.12.part", "a*.txt"]


def test_a_reader_sees_the_old_file_until_the_new_one_is_whole(tmp_path):
    path = tmp_path / "out.txt"
    path.write_text("old")
    seen = []

    def make(part: Path) -> None:
        part.write_text("new")
        seen.append((path.read_text(), part.parent == path.parent))

    write_file(path, make)
    assert seen == [("old", True)]
    assert path.read_text() == "new"


def test_a_name_as_long_as_a_name_can_be(tmp_path):
    write_text(tmp_path / ("n" * 255), "x")
    assert (tmp_path / ("n" * 255)).read_text() == "x"


def test_a_link_stays_and_the_file_it_leads_to_is_replaced(tmp_path):
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "file").write_text("old")
    (tmp_path / "link").symlink_to(Path("there") / "file")
    write_text(tmp_path / "link", "new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "there" / "file").read_text() == "new"
    assert names(tmp_path / "there") == ["file"]


def test_a_link_that_leads_nowhere_yet_is_followed(tmp_path):
    (tmp_path / "link").symlink_to("later")
    write_text(tmp_path / "link", "new")
    assert (tmp_path / "later").read_text() == "new"
    assert (tmp_path / "link").is_symlink()


def test_the_permissions_of_a_file_stay(tmp_path):
    path = tmp_path / "file"
    path.write_text("old")
    path.chmod(0o640)
    write_text(path, "new")
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    write_text(tmp_path / "other", "x")
    (tmp_path / "plain").write_text("x")
    assert (tmp_path / "other").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_a_device_is_written_to_and_stays(tmp_path):
    before = os.stat("/dev/null")
    write_text(Path("/dev/null"), "x")
    assert os.stat("/dev/null").st_rdev == before.st_rdev
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)


def test_a_pipe_gets_the_whole_and_stays(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read: list[bytes] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()))
    reader.start()
    write_bytes(pipe, b"x" * 1_000_000)
    reader.join(timeout=10)
    assert read == [b"x" * 1_000_000]
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    assert names(tmp_path) == ["pipe"]


@pytest.mark.skipif(not Path("/dev/stdout").exists(), reason="needs /dev/stdout")
@pytest.mark.parametrize("into", ["a pipe", "a file", "the end of a file"])
def test_standard_output_is_no_file_to_replace(tmp_path, into):
    code = (
        "from pathlib import Path; from srbench_lite.files import write_text; "
        "print('before'); write_text(Path('/dev/stdout'), 'content\\n'); print('after')"
    )
    path = tmp_path / "out"
    path.write_text("first\n" if into == "the end of a file" else "")
    if into == "a pipe":
        out = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    else:
        with path.open("a" if into == "the end of a file" else "w") as file:
            subprocess.run([sys.executable, "-c", code], check=True, stdout=file)
        out = path.read_text().removeprefix("first\n" if into == "the end of a file" else "")
    assert out == "before\ncontent\nafter\n"
    assert Path("/dev/stdout").is_symlink()
    assert names(tmp_path) == ["out"]


def test_a_reader_that_has_gone_has_what_it_wanted(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    end = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    threading.Timer(0.2, os.close, [end]).start()
    write_bytes(pipe, b"x" * 10_000_000)
    assert names(tmp_path) == ["pipe"]


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("file/out.txt", "Not a directory; name another file"),
        ("folder", "Is a directory; name another file"),
        ("x" * 300, "File name too long; name another file"),
    ],
)
def test_what_cannot_be_written_says_where_why_and_what_to_do(tmp_path, place, words):
    (tmp_path / "file").write_text("")
    (tmp_path / "folder").mkdir()
    with pytest.raises(UsageError) as raised:
        write_text(tmp_path / place, "x")
    assert str(raised.value) == f"cannot write {tmp_path / place}: {words}"
    assert names(tmp_path) == ["file", "folder"]


def test_a_full_disk_says_so(tmp_path):
    def full(part: Path) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.raises(FullDiskError, match="No space left on device; free some space, or name another file"):
        write_file(tmp_path / "file", full)


def test_a_file_that_may_not_be_written_is_not_replaced():
    """A rename asks the permissions of the folder only."""
    with ordinary_user() as folder:
        path = folder / "file"
        path.write_text("old")
        path.chmod(0o400)
        assert not may_write(path)
        with pytest.raises(
            UsageError, match="Permission denied; make it and its folder writable, or name another file"
        ):
            write_text(path, "new")
        assert path.read_text() == "old"
        assert may_write(folder)
    assert not folder.exists()
