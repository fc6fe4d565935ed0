"""An answer as text: the front as a table, the recommended formula with the errors of its constants, and files of it.

Numbers with errors keep two digits of the error where these are at most 35, and one where they are more:
1.0031 ± 0.0035, 1.003 ± 0.004 (the rounding of the Particle Data Group, "Review of particle physics", section 5.3).
"""

from __future__ import annotations

import io
import json
import math
import re
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path
from typing import Any, Final

from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table

from srbench_lite._version import __version__
from srbench_lite.expressions.expression import Expression
from srbench_lite.files import write_text
from srbench_lite.problems.data import Samples
from srbench_lite.regression.answer import Answer, Errors, FrontRow
from srbench_lite.regression.constant_errors import ConstantError, MeasuredConstants, measured_constants
from srbench_lite.regression.labels import Labels

__all__ = [
    "AnswerPage", "answer_json", "answer_markdown", "front_table", "latex_source", "python_source",
    "recommended_text", "value_with_error", "write_answer",
]  # fmt: skip

_MIN_WIDTH: Final = 60
_MAX_LINES: Final = 4  # of a formula in the table
#: Behind these a formula may be broken.
_SIGN: Final = re.compile(r"\*\*|[*/(,]")
_HELD_SPACE: Final = "\N{NO-BREAK SPACE}"
_DIGITS: Final = 5  # of numbers in the table
#: Sizes of numbers between which no power of ten is written.
_MIN_PLAIN: Final = 1e-4
_MAX_PLAIN: Final = 1e6
#: Leading digits of an error that keep a second one.
_MAX_TWO_DIGITS: Final = 3.55
#: Errors below this share of a number are rounding of float64.
_MIN_ERROR_SHARE: Final = 1e-14
#: Characters of a line that each column takes beside its text.
_AROUND_CELL: Final = 3
_FUNCTION: Final = "predict"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class AnswerPage:
    """What is said about an answer.

    Attributes:
        answer: front and recommended formula.
        constants: what the training rows say about the recommended formula's constants.
        labels: names and units of columns.
        n_train: number of rows that methods have seen.
        n_held_out: number of those that they have not.
        notes: what was assumed of the data, a line each.
    """

    answer: Answer
    constants: MeasuredConstants
    labels: Labels
    n_train: int
    n_held_out: int
    notes: tuple[str, ...] = ()

    @classmethod
    def of(
        cls, found: Answer, train: Samples, held_out: Samples | None, *, labels: Labels, notes: tuple[str, ...] = ()
    ) -> AnswerPage:
        """Return the page of an answer; errors of constants are worked out.

        Args:
            found: the answer.
            train: rows that methods have seen.
            held_out: rows that they have not.
            labels: names and units of columns.
            notes: what was assumed of the data, a line each.
        """
        return cls(
            answer=found, constants=measured_constants(found.recommended.expression, train), labels=labels,
            n_train=len(train), n_held_out=0 if held_out is None else len(held_out), notes=notes,
        )  # fmt: skip

    @property
    def errors_on(self) -> str:
        """Which rows the errors of the front are on."""
        if self.answer.is_held_out:
            return f"{_rows(self.n_held_out)} held out"
        return f"the {_rows(self.n_train)} that were fitted"


# --- numbers ----------------------------------------------------------------------------------------------------------


def value_with_error(value: float, error: float) -> str:
    """Return `value ± error`, both rounded to the digits of the error that mean something.

    Args:
        value: the number.
        error: its standard error, 0 or more; next to nothing beside the number, it is called exact.
    """
    if not error > _MIN_ERROR_SHARE * abs(value):
        return f"{_plain(value)} (exact)"
    power = _power(value, error)
    spread = Decimal(repr(float(error))).scaleb(-power)
    place = spread.adjusted()
    if float(spread.scaleb(-place)) < _MAX_TWO_DIGITS:
        place -= 1
    text = f"{_rounded(value, power, place)} ± {_rounded(error, power, place)}"
    return f"({text})e{power}" if power else text


def _power(value: float, error: float) -> int:
    """Return the power of ten that a number with an error is written with; 0 for none."""
    size = max(abs(value), error)
    return 0 if _MIN_PLAIN <= size < _MAX_PLAIN else math.floor(math.log10(size))


def _rounded(value: float, power: int, place: int) -> str:
    """Return a number over that power of ten, with its last digit at that place: -2 for hundredths."""
    number = Decimal(repr(float(value))).scaleb(-power).quantize(Decimal(1).scaleb(place), ROUND_HALF_EVEN)
    return f"{number.to_integral_value() if place > 0 else number:f}"


def _plain(value: float, digits: int = 15) -> str:
    return f"{value:.{digits}g}"


def _score(value: float | None) -> str:
    """Return an error in three digits."""
    return "-" if value is None else "0" if value == 0 else f"{value:.3g}" if value >= 1e-3 else f"{value:.1e}"


def _r2(value: float | None) -> str:
    """Return R² cut, not rounded, so that it is 1 only where nothing is left."""
    if value is None:
        return "-"
    if value == 1:
        return "1"
    cut = math.floor(value * 1e5) / 1e5
    return f"{cut:.5f}" if cut > -1e3 else f"{cut:.1e}"


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count:,} rows"


# --- terminal ---------------------------------------------------------------------------------------------------------


def front_table(page: AnswerPage, *, width: int = 80, colour: bool = False) -> str:
    """Return the front as a table; an arrow is before the recommended formula.

    Formulas are wrapped, and cut after some lines; their numbers have five digits.

    Args:
        page: the answer.
        width: characters of a line; narrower than 60 counts as 60.
        colour: whether colours and weights of letters are written.
    """
    scored = any(row.shown.nmse is not None for row in page.answer.rows)
    heads = ["", "nodes", *(("NMSE", "R²") if scored else ("MSE",)), "formula", "found by"]
    lines = []
    for row in page.answer.rows:
        scores = (_score(row.shown.nmse), _r2(row.shown.r2)) if scored else (_score(row.shown.mse),)
        mark = "→" if row is page.answer.recommended else ""
        lines.append((mark, str(row.complexity), *scores, _short(row.expression, page.labels), _finders(row)))
    width = max(width, _MIN_WIDTH)
    room = width - _AROUND_CELL * len(heads)
    for column, head in enumerate(heads):
        if head != "formula":
            room -= max(cell_len(head), *(cell_len(line[column]) for line in lines))
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1))
    for head in heads:
        text = head in ("", "formula", "found by")
        table.add_column(head, justify="left" if text else "right", no_wrap=head != "formula")
    formula = heads.index("formula")
    for line in lines:
        cells = list(line)
        cells[formula] = "\n".join(_wrapped(cells[formula], max(room, _MIN_WIDTH // 3)))
        table.add_row(*cells, style="bold" if line[0] else "")
    stream = io.StringIO()
    console = Console(
        file=stream, force_terminal=colour, width=width, highlight=False, markup=False, emoji=False
    )  # no markup: "lasso [degree=2]" is a name
    title = f"Formulas for {page.labels.with_unit(page.labels.target)}, errors on {page.errors_on}"
    console.print(title, style="bold")
    console.print(table)
    for remark in _remarks(page):
        console.print(remark)
    return "\n".join(line.rstrip() for line in stream.getvalue().splitlines()).strip("\n") + "\n"


def _finders(row: FrontRow) -> str:
    return "\n".join(row.methods)


def _remarks(page: AnswerPage) -> list[str]:
    found = page.answer
    remarks = []
    if found.undefined:
        count = len(found.undefined)
        remarks.append(
            f"{count} formula{'s are' if count > 1 else ' is'} left out: undefined on some rows "
            f"({', '.join(dict.fromkeys(method for row in found.undefined for method in row.methods))})."
        )
    if found.behind:
        remarks.append(
            f"{found.behind} further formula{'s are' if found.behind > 1 else ' is'} neither simpler nor better."
        )
    return remarks


def _short(expression: Expression, labels: Labels) -> str:
    """Return a formula with people's names and numbers of few digits."""
    rounded = [value if value == int(value) else float(f"{value:.{_DIGITS}g}") for value in expression.constants]
    return labels.text(expression.with_constants(rounded))


def _wrapped(text: str, width: int) -> list[str]:
    """Return lines of a formula, broken at spaces or, where there are none, behind signs; dots where it is cut."""
    held = re.sub('"[^"]*"', lambda name: name[0].replace(" ", _HELD_SPACE), text)
    lines: list[str] = []
    for line in textwrap.wrap(held, width, break_long_words=False, break_on_hyphens=False, subsequent_indent="  "):
        rest = line
        while len(rest) > width:
            cut = max((sign.end() for sign in _SIGN.finditer(rest) if sign.end() <= width), default=width)
            lines.append(rest[:cut])
            rest = f"    {rest[cut:]}"
        lines.append(rest)
    lines = [line.replace(_HELD_SPACE, " ") for line in lines]
    if len(lines) > _MAX_LINES:
        lines = [*lines[: _MAX_LINES - 1], f"{lines[_MAX_LINES - 1][: width - 4].rstrip()} ..."]
    return lines


def recommended_text(page: AnswerPage, *, width: int = 80) -> str:
    """Return the recommended formula with its errors, its constants and why it is recommended."""
    row, labels = page.answer.recommended, page.labels
    lines = [labels.equation(row.expression), ""]
    facts = [f"found by {', '.join(row.methods)}", f"{row.complexity} nodes", *_error_lines(page)]
    lines += [f"  {fact}" for fact in facts]
    constants = _constant_lines(page)
    if constants:
        lines += ["", "Constants, fitted again (standard error; 95 % interval if the formula is right):"]
        lines += [f"  {line}" for line in constants]
    lines += ["", *textwrap.wrap(f"Recommended because {page.answer.reason}.", max(width, _MIN_WIDTH))]
    return "\n".join(lines) + "\n"


def _error_lines(page: AnswerPage) -> list[str]:
    row = page.answer.recommended
    lines = [_errors_line(row.train, f"on {_rows(page.n_train)} fitted", page)]
    if row.held_out is not None:
        lines.append(_errors_line(row.held_out, f"on {_rows(page.n_held_out)} held out", page))
    return lines


def _errors_line(errors: Errors, where: str, page: AnswerPage) -> str:
    if errors.mse is None:
        return f"undefined {where}"
    unit = page.labels.unit(page.labels.target)
    deviation = f"root mean square error {math.sqrt(errors.mse):.3g}{f' {unit}' if unit else ''}"
    return f"{deviation}{'' if errors.r2 is None else f', R² {_r2(errors.r2)}'} {where}"


def _constant_lines(page: AnswerPage) -> list[str]:
    """Return a line for each number of the formula but exponents."""
    rows = [(_plain(error.value), _constant_text(error)) for error in page.constants.errors]
    kept = [row for row, error in zip(rows, page.constants.errors, strict=True) if error.note != "an exponent"]
    wide = max((len(value) for value, _ in kept), default=0)
    return [f"{value:<{wide}}  {text}" for value, text in kept]


def _constant_text(error: ConstantError) -> str:
    if error.fitted is None or error.standard_error is None or error.interval is None:
        return f"no error: {error.note}"
    text = value_with_error(error.fitted, error.standard_error)
    if text.endswith("(exact)"):
        return text
    return f"{text}  ({_interval_text(error)})"


def _interval_text(error: ConstantError) -> str:
    """Return the ends of an interval, to a tenth of the first digit of the error."""
    low, high = error.interval or (error.value, error.value)
    spread = error.standard_error or 0.0
    if not spread > _MIN_ERROR_SHARE * max(abs(low), abs(high)):
        return f"{_plain(low)} to {_plain(high)}"
    power = _power(max(low, high, key=abs), spread)
    place = Decimal(repr(float(spread))).scaleb(-power).adjusted() - 1
    ends = " to ".join(_rounded(end, power, place) for end in (low, high))
    return f"({ends})e{power}" if power else ends


# --- files ------------------------------------------------------------------------------------------------------------


def python_source(page: AnswerPage) -> str:
    """Return a module with the recommended formula as a function of arrays; what it is stands in comments."""
    row, labels = page.answer.recommended, page.labels
    variables = row.expression.variables
    said = [
        labels.equation(row.expression), "",
        f"Found by {', '.join(row.methods)}; written by srbench-lite {__version__}.",
        *(f"{name}: {labels.with_unit(name)}" for name in variables),
        f"Returns {labels.with_unit(labels.target)}.",
        *(["", "Constants, fitted again:"] if page.constants.errors else []),
        *(f"  {line}" for line in _constant_lines(page)),
    ]  # fmt: skip
    return f"{_commented(said, '#')}\n{row.expression.to_numpy(_FUNCTION, arguments=variables)}"


def latex_source(page: AnswerPage) -> str:
    """Return the recommended formula as a displayed equation; what it is stands in comments."""
    row, labels = page.answer.recommended, page.labels
    said = [f"Found by {', '.join(row.methods)}; written by srbench-lite {__version__}.", *_constant_lines(page)]
    return f"{_commented(said, '%')}\\[\n  {labels.latex_equation(row.expression)}\n\\]\n"


def _commented(lines: list[str], sign: str) -> str:
    return "".join(f"{sign} {' '.join(line.splitlines())}".rstrip() + "\n" for line in lines)


def answer_markdown(page: AnswerPage) -> str:
    """Return the answer as a page: formula, constants, front, notes."""
    row, labels = page.answer.recommended, page.labels
    parts = [
        f"# {labels.with_unit(labels.target)}",
        f"```text\n{labels.equation(row.expression)}\n```",
        f"$${labels.latex_equation(row.expression)}$$",
        "\n".join(f"- {fact}" for fact in (f"found by {', '.join(row.methods)}", *_error_lines(page))),
        f"Recommended because {page.answer.reason}.",
    ]
    if page.constants.errors:
        head = "| constant | best fit | 95 % interval |\n|---|---|---|\n"
        parts += ["## Constants", head + "\n".join(_constant_cells(error) for error in page.constants.errors)]
    parts += ["## Front", f"Errors on {page.errors_on}.", _markdown_front(page)]
    parts += _remarks(page)
    if page.notes:
        parts += ["## Data", "\n".join(f"- {' '.join(note.split())}" for note in page.notes)]
    return "\n\n".join(parts) + "\n"


def _constant_cells(error: ConstantError) -> str:
    if error.fitted is None or error.standard_error is None or error.interval is None:
        return f"| {_plain(error.value)} | {error.note} | |"
    return (
        f"| {_plain(error.value)} | {value_with_error(error.fitted, error.standard_error)} | {_interval_text(error)} |"
    )


def _markdown_front(page: AnswerPage) -> str:
    lines = ["| | nodes | NMSE | R² | formula | found by |", "|---|---|---|---|---|---|"]
    for row in page.answer.rows:
        formula = page.labels.text(row.expression).replace("|", r"\|").replace("`", "'")
        mark = "→" if row is page.answer.recommended else ""
        lines.append(
            f"| {mark} | {row.complexity} | {_score(row.shown.nmse)} | {_r2(row.shown.r2)} | `{formula}` | "
            f"{', '.join(row.methods)} |"
        )
    return "\n".join(lines)


def answer_json(page: AnswerPage) -> dict[str, Any]:
    """Return the answer as what JSON can hold; numbers that do not exist are None."""
    found, labels, row = page.answer, page.labels, page.answer.recommended
    columns = dict.fromkeys([labels.target, *(n for one in found.rows for n in one.expression.variables)])
    return {
        "srbench_lite": __version__,
        "target": labels.target,
        "columns": {name: {"name": labels.name(name), "unit": labels.unit(name)} for name in columns},
        "rows": {"fitted": page.n_train, "held_out": page.n_held_out},
        "recommended": {
            **_row_json(row), "text": labels.equation(row.expression), "latex": labels.latex_equation(row.expression),
            "python": python_source(page), "refitted": str(page.constants.expression), "reason": found.reason,
            "constants": [_constant_json(error) for error in page.constants.errors],
        },
        "front": [{**_row_json(one), "recommended": one is row} for one in found.rows],
        "undefined": [_row_json(one) for one in found.undefined],
        "behind": found.behind,
        "notes": list(page.notes),
    }  # fmt: skip


def _row_json(row: FrontRow) -> dict[str, Any]:
    return {
        "formula": str(row.expression), "complexity": row.complexity, "methods": list(row.methods),
        "fitted": _errors_json(row.train), "held_out": None if row.held_out is None else _errors_json(row.held_out),
    }  # fmt: skip


def _errors_json(errors: Errors) -> dict[str, float | int | None]:
    return {
        "mse": _finite(errors.mse), "nmse": _finite(errors.nmse), "r2": _finite(errors.r2),
        "undefined": errors.undefined,
    }  # fmt: skip


def _constant_json(error: ConstantError) -> dict[str, Any]:
    low, high = error.interval or (None, None)
    return {
        "value": error.value, "kind": error.kind, "fitted": _finite(error.fitted),
        "standard_error": _finite(error.standard_error), "interval": [_finite(low), _finite(high)], "note": error.note,
    }  # fmt: skip


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


#: What is written to a folder: the name of a file, and what makes its text.
_FILES: Final[Mapping[str, Any]] = {
    "answer.json": lambda page: json.dumps(answer_json(page), ensure_ascii=False, allow_nan=False, indent=1) + "\n",
    "answer.md": answer_markdown,
    "formula.py": python_source,
    "formula.tex": latex_source,
}


def write_answer(page: AnswerPage, folder: Path) -> list[Path]:
    """Write `answer.json`, `answer.md`, `formula.py` and `formula.tex`; return the files."""
    written = []
    for name, text in _FILES.items():
        write_text(folder / name, text(page))
        written.append(folder / name)
    return written
