"""`command:TEXT`: an external program as a method. It reads a CSV, and writes formulas as they improve.

COMMANDS.md beside this file says what a program is given and what it owes.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import re
import selectors
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final, cast

from srbench_lite.errors import ExpressionError, FitError, UsageError
from srbench_lite.methods.made_methods import MadeMethod
from srbench_lite.methods.method import Budget, Fit, Method, Report
from srbench_lite.methods.program_output import EXPECTED, ProgramOutput

if TYPE_CHECKING:
    from srbench_lite.problems.data import Samples

__all__ = ["CommandMethod", "command_method", "command_method_in"]

_EXAMPLE: Final = "command:./my_method --option"
_SECONDS_BETWEEN_LOOKS: Final = 0.02  # at a program that writes nothing: has it ended?
_SECONDS_AFTER_THE_LIMIT: Final = 0.5  # at which nobody else has stopped the program
_MAX_LAST_READS: Final = 1_000  # of what is still in the pipes when a program has ended
_MAX_LAST_LINE: Final = 300  # characters of it in a reason
_PLACEHOLDER: Final = re.compile(r"\{(data|seed|seconds|memory_mb|threads|target|variables)\}")


def command_method(text: str) -> Method:
    """Return the method of a command line, whose relative paths are those of the current folder.

    Raises:
        UsageError: the text is no command line, or its program is not there or cannot be run.
    """
    return _method(f"command:{text}", _words(text, "command"), str(Path.cwd()))


def command_method_in(text: str) -> Method:
    """Return the method of a text whose first word is a folder, and the rest a command line to be run there; raises
    as `command_method`.
    """  # fmt: skip
    folder, *words = _words(text, "command-in")
    path = str(Path(os.path.expanduser(folder)).absolute())
    if not os.path.isdir(path):
        raise UsageError(f"command-in: there is no folder {folder!r}; write command-in:FOLDER PROGRAM")
    if not words:
        raise UsageError(f"command-in: a program must follow the folder {folder!r}; write command-in:FOLDER PROGRAM")
    return _method(f"command-in:{text}", words, path)


def _words(text: str, prefix: str) -> list[str]:
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise UsageError(f"{prefix}: {text!r} is no command line: {error}") from None
    if not words or not words[0] or not text.isprintable():
        raise UsageError(f"{prefix}: must be followed by a program in one line, such as {_EXAMPLE!r}, got {text!r}")
    return words


def _method(name: str, words: Sequence[str], folder: str) -> CommandMethod:
    return CommandMethod(written=name, words=(_program(words[0], folder), *words[1:]), folder=folder)


def _program(word: str, folder: str) -> str:
    """Return the path of a program, or say why it cannot be run."""
    path = os.path.join(folder, os.path.expanduser(word))  # os.path: a Path raises where a name is too long
    if "/" not in word:
        found = shutil.which(word)
        if found is not None:
            return str(Path(folder, found))
        hint = f"; there is a file of that name: write ./{word}" if os.path.isfile(path) else ""
        raise UsageError(f"command: there is no program {word!r} on the PATH{hint}")
    if not os.path.isfile(path):
        what = "it is a folder" if os.path.isdir(path) else f"there is no file {path}"
        raise UsageError(f"command: the program {word!r} cannot be run: {what}")
    if not os.access(path, os.X_OK):
        raise UsageError(
            f"command: the program {word!r} is not executable; make it so with chmod +x {shlex.quote(path)}, or "
            "name what runs it, as in 'command:python3 my_method.py'"
        )
    return str(Path(path))


@dataclass(frozen=True, kw_only=True)
class CommandMethod(MadeMethod):
    """An external program.

    Attributes:
        written: the name, as the user wrote it.
        words: path of the program, and its arguments.
        folder: in which it is run.
    """

    written: str
    words: tuple[str, ...]
    folder: str

    def __post_init__(self) -> None:
        self._describe(
            name=self.written, summary=f"the program {Path(self.words[0]).name}",
            source=f"an external program, {self.written}",
        )  # fmt: skip

    def parameters(self) -> dict[str, Any]:
        """Return none: what a program is to be told stands in its command line."""
        return {}

    @property
    def name_elsewhere(self) -> str:
        """The name with the folder and the path of the program in it."""
        return f"command-in:{shlex.join([self.folder, *self.words])}"

    def identity(self) -> str:
        """Return the hashes of the program's file and of each argument that is a file."""
        files = ((word, os.path.join(self.folder, word)) for word in self.words)
        return "\n".join(
            f"{Path(word).name} {hashlib.sha256(Path(path).read_bytes()).hexdigest()}"
            for word, path in files
            if os.path.isfile(path)  # a Path raises where a word is too long for a name
        )

    def fit(self, samples: Samples, *, seed: int, budget: Budget, report: Report) -> Fit:
        """Run the program on `samples`; its last valid formula is the answer.

        Raises:
            FitError: it wrote nothing.
            ExpressionError: no line that it wrote is a formula of these variables.
            RuntimeError: it could not be started, or ended with another exit code than 0.
        """
        output = ProgramOutput(samples.variables, report, _say)
        with tempfile.TemporaryDirectory(prefix="srbench-data-", ignore_cleanup_errors=True) as temporary:
            data = Path(temporary, "train.csv")
            facts = _facts(data, samples, seed, budget)
            data.write_text(_table(samples, facts["target"]), encoding="ascii")
            words = [_PLACEHOLDER.sub(lambda found: facts[found[1]], word) for word in self.words[1:]]
            named = any("{data}" in word for word in self.words[1:])
            variables = {f"SRBENCH_{name.upper()}": value for name, value in facts.items()}
            ended = _run(
                [self.words[0], *words, *([] if named else [str(data)])], folder=self.folder,
                variables=variables | {"SRBENCH_ARTIFACTS": budget.artifacts}, output=output,
                seconds=budget.seconds + _SECONDS_AFTER_THE_LIMIT,
            )  # fmt: skip
        return _fit(output, ended, budget)


def _facts(data: Path, samples: Samples, seed: int, budget: Budget) -> dict[str, str]:
    """Return what a program is told, by the name of its placeholder."""
    target = next(name for name in ("y", "target", *_numbered()) if name not in samples.variables)
    return {
        "data": str(data), "seed": str(seed), "seconds": f"{budget.seconds:.15g}",
        "memory_mb": f"{budget.memory_mb:.15g}", "threads": str(budget.threads), "target": target,
        "variables": json.dumps(samples.variables),
    }  # fmt: skip


def _numbered() -> Sequence[str]:
    return [f"target_{number}" for number in range(1_000)]


def _table(samples: Samples, target: str) -> str:
    """Return the points as CSV: a header, then a row each, the target last; the numbers are exact."""
    rows = zip(samples.x.tolist(), samples.y.tolist(), strict=True)
    lines = [",".join((*samples.variables, target)), *(",".join(map(repr, (*x, y))) for x, y in rows)]
    return "\n".join(lines) + "\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class _End:
    """How a program ended; `code` is negative for a signal, and None where its time was over."""

    code: int | None
    last_line: str  # on standard error


def _run(
    words: Sequence[str], *, folder: str, variables: Mapping[str, str], output: ProgramOutput, seconds: float
) -> _End:  # fmt: skip
    """Run a program to its end, and let nothing that it has started outlive it."""
    try:
        process = subprocess.Popen(
            words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=folder,
            env=os.environ | variables, start_new_session=True,
        )  # fmt: skip
    except OSError as error:
        hint = "; a script begins with a line such as #!/bin/sh" if error.errno == errno.ENOEXEC else ""
        raise RuntimeError(f"the program {words[0]} could not be started: {error.strerror}{hint}") from None
    try:
        code, tail = _listen(process, output, time.monotonic() + seconds)
    finally:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        for stream in (process.stdout, process.stderr):
            cast("IO[bytes]", stream).close()
    lines = tail.decode(errors="replace").strip().splitlines()
    return _End(code=code, last_line=lines[-1][:_MAX_LAST_LINE] if lines else "")


def _listen(process: subprocess.Popen[bytes], output: ProgramOutput, deadline: float) -> tuple[int | None, bytes]:
    """Read what a program writes until it ends; return its exit code, and the end of its standard error."""
    tail, reads = b"", 0
    out, err = (cast("IO[bytes]", stream).fileno() for stream in (process.stdout, process.stderr))
    with selectors.DefaultSelector() as pipes:
        for pipe in (out, err):
            pipes.register(pipe, selectors.EVENT_READ)
        while True:
            code = process.poll()  # before the pipes are looked at: what an ended program wrote is in them
            ready = pipes.select(0 if code is not None else _SECONDS_BETWEEN_LOOKS)
            for key, _ in ready:
                chunk = os.read(key.fd, 1 << 16)
                if not chunk:
                    pipes.unregister(key.fd)
                elif key.fd == out:
                    output.feed(chunk)
                else:
                    tail = (tail + chunk)[-4 * _MAX_LAST_LINE :]
                    _say(chunk.decode(errors="replace"), end="")
            if code is not None:
                reads += 1
                if not ready or reads > _MAX_LAST_READS:  # a process that it left behind may write for ever
                    output.feed(b"", last=True)
                    return code, tail
            elif time.monotonic() > deadline:  # a line without its end may be half a formula
                output.drop_rest()
                output.feed(b"", last=True)
                return None, tail
            if not ready:
                output.feed(b"")


def _fit(output: ProgramOutput, ended: _End, budget: Budget) -> Fit:
    """Return what a program has found, or raise what became of it."""
    if ended.code:
        how = f"ended with exit code {ended.code}" if ended.code > 0 else f"was killed by {_signal(-ended.code)}"
        last = f"; it last wrote: {ended.last_line}" if ended.last_line else ""
        lost = f"; its last formula, {output.formula}, does not count" if output.formula is not None else ""
        raise RuntimeError(f"the program {how}{last}{lost}")
    if output.formula is None:
        if output.wrong_lines:
            raise ExpressionError(
                f"the program wrote no formula of these variables; its last line was {output.last_wrong}; "
                f"expected is {EXPECTED}"
            )
        over = f" within its {budget.seconds:g} s" if ended.code is None else ""
        raise FitError(f"the program wrote no formula{over}; expected is {EXPECTED}")
    extras = dict(output.extras)
    if output.wrong_lines:
        extras |= {"wrong_lines": output.wrong_lines, "first_wrong_line": output.first_wrong}
    if output.skipped_lines:
        extras["skipped_lines"] = output.skipped_lines
    return Fit(
        expression=output.formula, candidates=output.candidates, extras=extras,
        stopped="budget" if output.stopped or ended.code is None else "done",
    )  # fmt: skip


def _signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _say(text: str, end: str = "\n") -> None:
    """Pass on what a program wrote to what its run has written."""
    sys.stderr.write(text + end)
    sys.stderr.flush()
