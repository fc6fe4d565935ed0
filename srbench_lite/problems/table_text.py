"""Bytes of a data file to text: compression and encoding are found out, and what is no text is refused by its name."""

from __future__ import annotations

import bz2
import codecs
import gzip
import io
import lzma
import re
import zipfile
import zlib
from dataclasses import dataclass
from typing import IO, Final

from srbench_lite.errors import TableError
from srbench_lite.problems.table_formats import Words, excel_text, is_excel, parquet_text

__all__ = ["MAX_BYTES", "TableText", "read_text"]

#: A data file has at most so many bytes, unpacked: a small archive may hold more than memory does.
MAX_BYTES: Final = 4 << 30
#: A packed file that unpacks to more than this, by more than this factor, was made to fill the memory.
_MAX_UNSUSPECTED: Final = 32 << 20
_MAX_UNPACKING: Final = 200
_MAX_LINE: Final = 1_000_000  # characters of the first line
_BYTE_ORDER_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"),
)  # fmt: skip
#: How files begin that are no text, and what to do with them.
_NO_TEXT: Final = (
    (b"\xd0\xcf\x11\xe0", "an Excel file of the old format .xls, or with a password", "save it as .xlsx or CSV"),
    (b"\x93NUMPY", "a NumPy file", "write it as CSV, as numpy.savetxt does"),
    (b"\x89HDF", "an HDF5 file", "write it as CSV"),
    (b"7z\xbc\xaf", "a 7-Zip archive", "unpack it"),
    (b"Rar!", "a RAR archive", "unpack it"),
    (b"\x28\xb5\x2f\xfd", "packed with zstd", "unpack it"),
    (b"SQLite format 3", "a SQLite file", "write a table of it as CSV"),
    (b"%PDF", "a PDF file", "take the table out of it as CSV"),
    (b"version https://git-lfs", "a pointer of Git LFS and not the data", "get the data with `git lfs pull`"),
)  # fmt: skip
_MARKUP: Final = re.compile(rb"\s*<(!doctype|html|\?xml)", re.IGNORECASE)
_JSON: Final = re.compile(rb'\s*(\{|\[\s*[\[{"])')


@dataclass(frozen=True, slots=True, kw_only=True)
class TableText:
    """The text of a data file. Lines end with a line feed, and the first one has no byte-order mark.

    Attributes:
        text: the text.
        found: what the file itself says, such as its compression.
        assumed: what was concluded, such as an encoding that no mark names.
        typed: whether numbers are written plainly, with commas between cells: the file has no notation of its own.
        has_names: whether the first line surely has names, and nothing is a comment.
    """

    text: str
    found: tuple[str, ...]
    assumed: tuple[str, ...]
    typed: bool = False
    has_names: bool = False


def read_text(
    raw: bytes, encoding: str | None, *, sheet: str | int | None = None, words: Words | None = None
) -> TableText:
    """Return the text of a data file; a Parquet or Excel file is written out with commas between cells.

    Args:
        raw: the file's bytes.
        encoding: what the user says; None to find it out.
        sheet: of an Excel file, its name or number from 1; None for the only one.
        words: of a Parquet or Excel file, how to read cells of text that are numbers.

    Raises:
        TableError: it is damaged, no table, or not in that encoding; the message does not name the file.
    """
    if is_excel(raw):
        text, found, assumed = excel_text(raw, sheet, words or Words())
        return TableText(text=text, found=found, assumed=assumed, typed=True)
    if sheet is not None:
        raise TableError("it is no Excel file and has no sheets; leave sheet out")
    content, packed = _unpacked(raw)
    if content.startswith(b"PAR1"):
        text, assumed = parquet_text(content, words or Words())
        return TableText(text=text, found=packed, assumed=assumed, typed=True, has_names=True)
    for start, what, remedy in _NO_TEXT:
        if content.startswith(start):
            raise TableError(f"it is {what}; {remedy}")
    if content[257:262] == b"ustar":
        raise TableError("it is a tar archive; unpack it, and name a file of it")
    if _MARKUP.match(content):
        raise TableError("it is a web page or XML and no table; download the data themselves")
    if _JSON.match(content):
        raise TableError("it looks like JSON and no table; write it as CSV")
    text, found, assumed = _decoded(content, encoding)
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if len(text) > _MAX_LINE and "\n" not in text[:_MAX_LINE]:
        raise TableError(f"its first line has more than {_MAX_LINE:,} characters; write every row in a line of its own")
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise TableError(f"line {line} has a NUL byte; the file is damaged or no text")
    if "\ufeff" in text:
        line = text.count("\n", 0, text.index("\ufeff")) + 1
        raise TableError(
            f"line {line} has a byte-order mark inside: two files seem to have been joined; give them one by one"
        )
    return TableText(text=text, found=(*packed, *found), assumed=assumed)


def _unpacked(raw: bytes) -> tuple[bytes, tuple[str, ...]]:
    """Return the content of a packed file, and how it was packed: seen by its first bytes, whatever its name says."""
    try:
        for start, opened, kind in (
            (b"\x1f\x8b", gzip.open, "gzip"), (b"BZh", bz2.open, "bzip2"), (b"\xfd7zXZ", lzma.open, "xz"),
        ):  # fmt: skip
            if raw.startswith(start):
                with opened(io.BytesIO(raw)) as file:
                    return _read(file, len(raw)), (f"unpacked ({kind})",)
        if raw.startswith(b"PK\x03\x04"):
            return _from_archive(raw), ("unpacked (zip)",)
    except (
        OSError,
        EOFError,
        lzma.LZMAError,
        zipfile.BadZipFile,
        zlib.error,
        RuntimeError,
        NotImplementedError,
        UnicodeDecodeError,
    ) as error:
        raise TableError(f"it cannot be unpacked: {error}") from None
    return _limited(raw), ()


def _from_archive(raw: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        files = [
            entry for entry in archive.infolist() if not entry.is_dir() and not entry.filename.startswith("__MACOSX/")
        ]
        names = [entry.filename for entry in files]
        if "[Content_Types].xml" in names or "mimetype" in names:
            raise TableError("it is a spreadsheet or another document; save the sheet as .xlsx or CSV")
        if len(files) != 1:
            shown = ", ".join(names[:5]) or "none"
            raise TableError(f"the archive must hold one file, it holds {len(files)}: {shown}; unpack it and name one")
        with archive.open(files[0]) as file:
            return _read(file, len(raw))


def _read(file: IO[bytes] | gzip.GzipFile | bz2.BZ2File | lzma.LZMAFile, packed: int) -> bytes:
    """Return the content of a file that was packed to so many bytes, unless it cannot be a table."""
    most = min(MAX_BYTES, max(_MAX_UNSUSPECTED, _MAX_UNPACKING * packed))
    content = _limited(file.read(most + 1))
    if len(content) > most:
        raise TableError(f"its {packed:,} bytes unpack to more than {most:,}; unpack it yourself if you trust it")
    return content


def _limited(content: bytes) -> bytes:
    if len(content) > MAX_BYTES:
        raise TableError(f"it has more than {MAX_BYTES >> 30} GiB; take fewer rows")
    return content


def _decoded(content: bytes, encoding: str | None) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    """Return the text, what a mark says of the encoding, and what was assumed of it."""
    if encoding is not None:
        try:
            return content.decode(encoding).removeprefix("\ufeff"), (), ()
        except UnicodeError as error:
            raise TableError(f"it is not in the encoding {encoding!r} that was given: {error}") from None
    for mark, name in _BYTE_ORDER_MARKS:
        if content.startswith(mark):
            try:
                text = content.decode(name).removeprefix("\ufeff")
            except UnicodeError as error:
                raise TableError(f"its byte-order mark says {name}, but the rest is not: {error}") from None
            return text, () if name == "utf-8" else (f"encoding {name}",), ()
    wide = _wide_encoding(content)
    if wide is not None:
        try:
            return content.decode(wide), (), (f'encoding = "{wide}"',)
        except UnicodeError:
            pass
    try:
        return content.decode("utf-8"), (), ()
    except UnicodeDecodeError as error:
        _refuse_mixture(content, error.start)
    name = "windows-1252" if any(0x80 <= byte < 0xA0 for byte in set(content)) else "latin-1"
    try:
        return content.decode(name), (), (f'encoding = "{name}"',)
    except UnicodeDecodeError:
        raise TableError('its encoding is not known; say which it is, such as encoding = "cp1250"') from None


def _wide_encoding(content: bytes) -> str | None:
    """Return UTF-16 without a mark, where nearly every second byte is zero."""
    start = content[:4096]
    even, odd = start[::2], start[1::2]
    for zeros, others, name in ((odd, even, "utf-16-le"), (even, odd, "utf-16-be")):
        if len(zeros) > 1 and zeros.count(0) > 0.9 * len(zeros) and others.count(0) == 0:
            return name
    return None


def _refuse_mixture(content: bytes, place: int) -> None:
    """Refuse a file of which some lines are UTF-8 and others are not: no one encoding is right for it."""
    for number, line in enumerate(content.split(b"\n"), start=1):
        if line.isascii():
            continue
        try:
            line.decode("utf-8")
        except UnicodeDecodeError:
            continue
        other = content.count(b"\n", 0, place) + 1
        raise TableError(
            f'line {number} is in UTF-8, line {other} is not; say which encoding is right, such as encoding = "latin-1"'
        )
