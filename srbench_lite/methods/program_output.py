"""`ProgramOutput`: what an external program writes to standard output, a formula a line, as the best formulas so far.

A line is a formula, or a JSON object such as {"expression": "2*x + 1", "candidates": ["x", "2*x + 1"], "extras": {}}.
Blank lines and lines that begin with # are no formulas and no mistakes. Whatever a program writes, lines, reports and
the time that reading takes are bounded.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from typing import Any, Final

from srbench_lite.errors import ExpressionError
from srbench_lite.expressions.expression import Expression
from srbench_lite.methods.method import Report

__all__ = ["EXPECTED", "MAX_LINE", "ProgramOutput"]

#: Longest line that is read, in bytes; a formula of 10,000 nodes fits in.
MAX_LINE: Final = 1_000_000
#: What a line is to be, in words.
EXPECTED: Final = 'a formula a line, such as `2*x + 1` or {"expression": "2*x + 1"}'

_MAX_LINES_AT_ONCE: Final = 100  # of those that come at once the last ones are read
_MAX_CANDIDATES: Final = 200
_MAX_FREE_REPORTS: Final = 1_000  # after these, reports wait
_SECONDS_BETWEEN_REPORTS: Final = 0.1  # ... for this long after the one before
_MAX_SHOWN: Final = 200  # characters of a line in a message


class ProgramOutput:
    """Reads lines of formulas as they come.

    Args:
        variables: names that a formula may use.
        report: is told the newest formula.
        remark: is told every other line.

    Attributes:
        formula: the last valid one; None before the first.
        candidates: those that came with it.
        extras: the further facts of all JSON lines, later ones instead of earlier ones.
        stopped: whether the program said that the clock had ended its search.
        wrong_lines: how many lines, or candidates in them, were no formula.
        skipped_lines: how many were not read, because they came too fast.
        first_wrong, last_wrong: such a line and why it is none; empty where there was none.
    """

    def __init__(self, variables: Sequence[str], report: Report, remark: Callable[[str], None]) -> None:
        self._variables = tuple(variables)
        self._report = report
        self._remark = remark
        self._rest = b""
        self._overlong = False  # the line that is being read, whose beginning was dropped
        self._reports = 0
        self._told: Expression | None = None
        self._told_at = 0.0
        self.formula: Expression | None = None
        self.candidates: tuple[Expression, ...] = ()
        self.extras: dict[str, Any] = {}
        self.stopped = False
        self.wrong_lines = self.skipped_lines = 0
        self.first_wrong = self.last_wrong = ""

    def feed(self, chunk: bytes, *, last: bool = False) -> None:
        """Read what was written next, and report the newest formula when it is time to.

        Args:
            chunk: some bytes; none where nothing was written.
            last: whether nothing follows: then a line needs no end.
        """
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        if last and self._rest:
            lines, self._rest = [*lines, self._rest], b""
        if lines and self._overlong:
            lines, self._overlong = lines[1:], False
        if len(self._rest) > MAX_LINE:
            if not self._overlong:
                self._wrong(self._rest[:_MAX_SHOWN].decode(errors="replace"), f"a line has at most {MAX_LINE:,} bytes")
            self._rest, self._overlong = b"", True
        read = lines[-_MAX_LINES_AT_ONCE:]
        self.skipped_lines += len(lines) - len(read)
        for line in read:
            self._read(line.decode(errors="replace").strip())
        self._tell(now=last)

    def drop_rest(self) -> None:
        """Forget the beginning of a line whose end has not come."""
        self._rest = b""

    def _read(self, line: str) -> None:
        if not line:
            return
        if line.startswith("#"):
            self._remark(line)
        elif line.startswith("{"):
            self._read_object(line)
        elif (formula := self._parsed(line, line)) is not None:
            self.formula, self.candidates = formula, ()

    def _read_object(self, line: str) -> None:
        try:
            said = json.loads(line)
        except (ValueError, RecursionError) as error:
            return self._wrong(line, f"it is no JSON: {error}")
        texts, extras = said.pop("candidates", None) or [], said.pop("extras", None) or {}
        if not (isinstance(texts, list) and all(isinstance(text, str) for text in texts) and isinstance(extras, dict)):
            return self._wrong(line, "candidates must be a list of texts, and extras an object")
        text, stopped = said.pop("expression", None), said.pop("stopped", None)
        if not isinstance(text, str):
            return self._wrong(line, f"expression must be a text, got {text!r:.80}")
        formula = self._parsed(text, line)
        if formula is not None:
            found = (self._parsed(text, text) for text in texts[:_MAX_CANDIDATES])
            self.formula, self.candidates = formula, tuple(one for one in found if one is not None)
            self.extras |= said | extras
            self.stopped = stopped == "budget"
        return None

    def _parsed(self, text: str, line: str) -> Expression | None:
        try:
            return Expression.parse(text, variables=self._variables)
        except ExpressionError as error:
            self._wrong(line, str(error))
            return None

    def _wrong(self, line: str, why: str) -> None:
        self._remark(line)
        self.wrong_lines += 1
        self.last_wrong = f"{line[:_MAX_SHOWN]!r}: {why}"
        self.first_wrong = self.first_wrong or self.last_wrong

    def _tell(self, *, now: bool) -> None:
        if self.formula is None or self.formula is self._told:
            return
        clock = time.monotonic()
        if now or self._reports < _MAX_FREE_REPORTS or clock - self._told_at >= _SECONDS_BETWEEN_REPORTS:
            if self.formula != self._told:
                self._report(self.formula)
                self._reports, self._told_at = self._reports + 1, clock
            self._told = self.formula
