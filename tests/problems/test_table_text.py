"""Bytes to text: encodings and packing found out, and what is no text refused by its name."""

from __future__ import annotations

import bz2
import gzip
import io
import zipfile

import pytest

from srbench_lite.errors import TableError
from srbench_lite.problems import table_text
from srbench_lite.problems.table_text import read_text

PLAIN = "Größe,y\n1,2\n"


@pytest.mark.parametrize(
    ("encoding", "said"),
    [
        ("utf-8", ""), ("utf-8-sig", ""), ("utf-16", "encoding utf-16"), ("utf-32", "encoding utf-32"),
        ("latin-1", 'encoding = "latin-1"'),
    ],
)  # fmt: skip
def test_encodings_are_found_out(encoding: str, said: str) -> None:
    text = read_text(PLAIN.encode(encoding), None)
    assert text.text == PLAIN
    assert "".join((*text.found, *text.assumed)).startswith(said)
    assert bool(text.assumed) == (encoding == "latin-1")


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_wide_characters_without_a_mark_are_seen(encoding: str) -> None:
    text = read_text("x,y\n1,2\n".encode(encoding), None)
    assert (text.text, text.assumed) == ("x,y\n1,2\n", (f'encoding = "{encoding}"',))


def test_bytes_of_windows_are_read_as_such() -> None:
    assert read_text("“x”,y\n".encode("cp1252"), None).assumed == ('encoding = "windows-1252"',)
    with pytest.raises(TableError, match='its encoding is not known; say which it is, such as encoding = "cp1250"'):
        read_text(b"\x81\x9d\xff\n", None)


def test_line_ends_are_all_alike() -> None:
    assert read_text(b"a\r\nb\rc\nd", None).text == "a\nb\nc\nd"


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"x,y\n1,2\n3,\x00\n", "line 3 has a NUL byte"),
        ("x,y\n\ufeffx,y\n".encode(), "line 2 has a byte-order mark inside"),
        ("ö,y\n".encode() + b"\xf6,1\n", "line 1 is in UTF-8, line 2 is not"),
        (b"\xd0\xcf\x11\xe0....", "an Excel file"),
        (b"\x93NUMPY", "a NumPy file"),
        (b"<!DOCTYPE html>", "it is a web page"),
        (b'{"x": [1]}', "it looks like JSON"),
        (b"version https://git-lfs.github.com", "a pointer of Git LFS"),
        (gzip.compress(bytes(range(256)))[:100], "it cannot be unpacked"),
        (b"7z\xbc\xaf..", "a 7-Zip archive; unpack it"),
        (b"\0" * 257 + b"ustar", "a tar archive"),
        (b"1," * 600_000, "its first line has more than 1,000,000 characters"),
        (b"BZh9broken", "it cannot be unpacked"),
        (b"PK\x03\x04broken", "it cannot be unpacked"),
        (b"\xff\xfe\x00", "its byte-order mark says utf-16, but the rest is not"),
    ],
)
def test_what_is_no_table_is_refused_by_its_name(raw: bytes, words: str) -> None:
    with pytest.raises(TableError, match=words):
        read_text(raw, None)


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (("a.csv", "b.csv"), "the archive must hold one file, it holds 2: a.csv, b.csv"),
        ((), "it holds 0: none"),
        (("[Content_Types].xml", "word/document.xml"), "a spreadsheet or another document"),
    ],
)
def test_archives_hold_one_file(names: tuple[str, ...], words: str) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name in names:
            archive.writestr(name, "x,y\n1,2\n")
    with pytest.raises(TableError, match=words if names else "unpacked|holds 0|NUL"):
        read_text(packed.getvalue(), None)


def test_an_encoding_that_is_given_must_fit() -> None:
    assert read_text("ё\n".encode("cp1251"), "cp1251").text == "ё\n"
    with pytest.raises(TableError, match="it is not in the encoding 'ascii' that was given"):
        read_text("ё\n".encode(), "ascii")


def test_a_small_archive_cannot_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table_text, "MAX_BYTES", 1000)
    with pytest.raises(TableError, match="it has more than"):
        read_text(gzip.compress(b"1" * 2000), None)
    with pytest.raises(TableError, match="it has more than"):
        read_text(b"1" * 2000, None)


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress])
def test_a_packed_file_that_unpacks_to_far_more_is_refused(pack) -> None:
    """40 MB of one line, again and again, in some kilobytes: it was made to fill the memory."""
    raw = pack(b"x,y\n" + b"1,2\n" * (10 << 20))
    with pytest.raises(TableError, match="bytes unpack to more than 33,554,432"):
        read_text(raw, None)
