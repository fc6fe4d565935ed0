"""Standard streams that end no command: closed ones, readers that have gone, terminals that lack characters.

The result of a command is its exit code and its files. Whether somebody could read what it printed changes neither.
"""

from __future__ import annotations

import codecs
import errno
import io
import os
import stat
import sys
from typing import Final

import click

__all__ = ["bounded", "prepare_streams", "say"]

_ERRORS: Final = "srbench-lite-stand-ins"
_ASCII: Final = "srbench-lite-ascii"
#: Characters of a line of an error that are shown: a library may quote a whole file.
_MAX_LINE: Final = 1_500
#: What stands for characters of our own output where the terminal's encoding lacks them.
_STAND_INS: Final = {
    "–": "-", "−": "-", "—": "-", "…": "...", "²": "2", "·": "*", "×": "x", "±": "+-", "≈": "~", "≤": "<=", "≥": ">=",
    "→": "->", "∅": "empty", "✅": "[ok]", "❌": "[failed]", "💥": "[failed]", "⚠": "[!]", "\ufe0f": "", "•": "*",
    "„": '"', "“": '"', "”": '"', "‘": "'", "’": "'", "\xa0": " ",
}  # fmt: skip


def prepare_streams() -> None:
    """Make the standard streams of this process such that nothing is lost and no write ends the command.

    A stream that is closed leads to nowhere. So does one from the moment when its reader has gone. A character that the
    encoding lacks is written as a stand-in, or as its escape sequence.
    """
    codecs.register_error(_ERRORS, _stand_in)
    for descriptor in (0, 1, 2):  # a file that is opened later must not become one of them
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
    if sys.stdin is None:
        sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: SIM115 - it stays open as long as the process
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None or (stream is getattr(sys, f"__{name}__") and type(stream) is io.TextIOWrapper):
            prepared = _prepared(stream, lossy=name == "stderr")
            setattr(sys, name, prepared)
            setattr(sys, f"__{name}__", prepared)


def say(text: str = "", *, err: bool = False) -> None:
    r"""Print text with names, reasons or messages of strangers: what a terminal would act on is shown, such as \x1b."""
    from srbench_lite.recording.output import safely_shown  # which `srbench --help` has no use for

    click.echo(safely_shown(text), err=err)


def bounded(text: str) -> str:
    """Return the text of an error with its long lines cut."""
    return "\n".join(line if len(line) <= _MAX_LINE else f"{line[:_MAX_LINE]}..." for line in text.splitlines())


class _Output(io.TextIOWrapper):
    """A standard stream that writes to nowhere once its reader has gone; a lossy one also when its disk is full."""

    lossy = False

    def write(self, text: str, /) -> int:
        try:
            return super().write(text)
        except OSError as error:
            self._give_up(error)
            return len(text)

    def flush(self) -> None:
        try:
            super().flush()
        except OSError as error:
            self._give_up(error)

    def close(self) -> None:
        """Write out what there is, and stay open: a plugin that closes its output means its own."""
        self.flush()

    def _give_up(self, error: OSError) -> None:
        """Lead the stream to nowhere, and raise the error unless it is that nobody reads."""
        closed_terminal = error.errno == errno.EIO and stat.S_ISCHR(os.fstat(self.fileno()).st_mode)
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self.fileno())
        os.close(nowhere)
        if not (self.lossy or closed_terminal or error.errno == errno.EPIPE):
            raise OSError(error.errno, error.strerror, "standard output")


def _prepared(stream: io.TextIOWrapper | None, *, lossy: bool) -> _Output:
    if stream is None:
        prepared = _Output(open(os.devnull, "wb"), encoding="utf-8", errors=_ERRORS)  # noqa: SIM115 - as above
    else:
        encoding = stream.encoding
        if codecs.lookup(encoding).name == "ascii":  # which click would replace by UTF-8
            codecs.register(_ascii)
            encoding = _ASCII
        line_by_line, buffer = stream.line_buffering, stream.detach()
        if isinstance(buffer, io.RawIOBase):  # of PYTHONUNBUFFERED: it loses what does not fit in one go
            line_by_line, buffer = True, io.BufferedWriter(buffer)
        prepared = _Output(buffer, encoding=encoding, errors=_ERRORS, line_buffering=line_by_line)
    prepared.lossy = lossy
    return prepared


def _ascii(name: str) -> codecs.CodecInfo | None:
    """Return the codec that is ASCII under another name."""
    if name != _ASCII.replace("-", "_"):
        return None
    ascii_codec = codecs.lookup("ascii")
    return codecs.CodecInfo(
        ascii_codec.encode, ascii_codec.decode, name=_ASCII, incrementalencoder=ascii_codec.incrementalencoder,
        incrementaldecoder=ascii_codec.incrementaldecoder, streamreader=ascii_codec.streamreader,
        streamwriter=ascii_codec.streamwriter,
    )  # fmt: skip


def _stand_in(error: UnicodeError) -> tuple[str, int]:
    """Return what is written instead of characters that an encoding lacks, and where to go on."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    characters = error.object[error.start : error.end]
    return "".join(_shown(character) for character in characters), error.end


def _shown(character: str) -> str:
    if character in _STAND_INS:
        return _STAND_INS[character]
    if "\u2500" <= character <= "\u257f":  # of the lines of a table
        return "-" if character in "─━═╌╍┄┅┈┉╴╶╸╺" else "|" if character in "│┃║╎╏┆┇┊┋╵╷╹╻" else "+"
    return character.encode("ascii", "backslashreplace").decode()
