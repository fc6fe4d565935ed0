"""Rows of a table to `Samples`: which column is the target, which are variables, which rows count."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from srbench_lite.errors import DataError, TableError, suggest
from srbench_lite.problems.column_names import left_out_notes, quoted
from srbench_lite.problems.data import Samples
from srbench_lite.problems.table_columns import suspected_sentinels
from srbench_lite.problems.table_file import Table, refuse_assumptions

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["MeasuredPoints", "WeightColumn", "measured_points"]

#: What the target is called where nobody says it, in this order, in any case.
_TARGETS: Final = ("y", "target")


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightColumn:
    """The column that says how much each row counts.

    Attributes:
        column: its name.
        kind: "sigma", the standard deviation of the target's measurement, whose weight is 1/sigma**2; or "weight".
    """

    column: str
    kind: Literal["sigma", "weight"] = "sigma"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MeasuredPoints:
    """Points of a data file.

    Attributes:
        samples: the points.
        target: identifier of the column they are to predict.
        headers: what the file calls the variables and the target, by identifier, where it is something else.
        units: units of the variables and the target, by identifier, where they are known.
        dropped: number of rows that were left out.
        notes: what was found and assumed of the file, for people.
    """

    samples: Samples
    target: str
    headers: Mapping[str, str]
    units: Mapping[str, str]
    dropped: int
    notes: tuple[str, ...]


def measured_points(
    table: Table, *, target: str | None = None, variables: Sequence[str] = (), weights: WeightColumn | None = None
) -> MeasuredPoints:  # fmt: skip
    """Take the points out of a table. Rows without a finite value in a column that is used are left out and counted.

    Args:
        table: the table.
        target: the column to predict; by default `y` or `target`.
        variables: columns that are variables; by default every column of numbers that is no target, no weight, not
            constant and not equal to one before it.
        weights: the column of standard deviations or weights, which is no variable.

    Raises:
        TableError: a column is missing, no column of numbers, or named twice; no row is left; a weight is not
            positive; or something was assumed of a table that is read strictly.
    """
    import numpy as np

    found: list[str] = []
    assumed: list[str] = []
    y = _target(table, target, assumed)
    weight = None if weights is None else table.find(weights.column)
    chosen = [table.find(name) for name in variables]
    names = chosen or [name for name in table.headers if name not in (y, weight) and name not in table.left_out]
    _check_roles(table, y, weight, names)
    columns = {name: _numbers(table, name) for name in (*names, y, *([weight] if weight else ()))}
    good = np.all([np.isfinite(values) for values in columns.values()], axis=0)
    dropped = int((~good).sum())
    if dropped == table.n_rows:
        worst = max(columns, key=lambda name: int((~np.isfinite(columns[name])).sum()))
        raise TableError(
            f"{table.name}: every row lacks a value in some column, most often in {_shown(table, worst)}; leave that "
            f"column out: leave_out = [{_shown(table, worst)}]"
        )
    if dropped:
        said = _dropped(table, columns, dropped)
        (assumed if table.options.missing is None else found).append(said)
    columns = {name: values[good] for name, values in columns.items()}
    if not chosen:
        names = _different(table, _varying(table, names, columns, assumed), columns, assumed)
        _say_copies_of_target(table, names, y, columns, assumed)
        _say_row_numbers(table, names, found, assumed)
    if (columns[y] == columns[y][0]).all():
        found.append(f"the target {_shown(table, y)} has one value only, {columns[y][0]:g}")
    if table.options.missing is None:
        _say_sentinels(table, [*names, y], columns, assumed)
    refuse_assumptions(table, tuple(assumed))
    try:
        samples = Samples(
            variables=tuple(names), x=np.column_stack([columns[name] for name in names]), y=columns[y],
            weights=None if weights is None or weight is None else _weights(table, weights, weight, columns[weight]),
        )  # fmt: skip
    except DataError as error:
        raise TableError(f"{table.name}: {error}") from None
    used = (*names, y)
    return MeasuredPoints(
        samples=samples, target=y, headers={n: table.headers[n] for n in used if table.headers[n] != n},
        units={n: table.units[n] for n in used if n in table.units}, dropped=dropped,
        notes=(*table.found, *table.assumed, *found, *assumed),
    )  # fmt: skip


def _header(table: Table, name: str) -> str:
    return table.headers[name] or name


def _shown(table: Table, name: str) -> str:
    return quoted(_header(table, name))


def _target(table: Table, target: str | None, assumed: list[str]) -> str:
    """Return the target's identifier: the column that is named, or else the one that is called as targets are."""
    if target is not None:
        return table.find(target)
    for wanted in _TARGETS:
        if wanted in table.headers.values():
            if wanted != _TARGETS[0]:
                assumed.append(f"the target is the column {wanted!r} (target = {wanted!r})")
            return table.find(wanted)
    for wanted in _TARGETS:
        close = [name for name, header in table.headers.items() if header.lower() == wanted]
        if len(close) == 1:
            header = table.headers[close[0]]
            assumed.append(f"the target is the column {header!r} (target = {header!r})")
            return close[0]
    known = [header or name for name, header in table.headers.items()]
    notes = f" (Assumed of the file: {'; '.join(table.assumed)})" if table.assumed else ""
    raise TableError(
        f"{table.name} has no column 'y'.{suggest('y', known)} Name the column to predict: target = ...{notes}"
    )


def _check_roles(table: Table, y: str, weight: str | None, names: Sequence[str]) -> None:
    """Raise `TableError` where a column has two roles, or there is no variable."""
    if y in names:
        raise TableError(
            f"{table.name}: {_shown(table, y)} is the target and cannot be a variable too; name another `target`"
        )
    if weight is not None and (weight == y or weight in names):
        other = "the target" if weight == y else "a variable"
        raise TableError(f"{table.name}: {_shown(table, weight)} holds the weights and cannot be {other} too")
    if len(set(names)) != len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise TableError(f"{table.name}: the column {_shown(table, twice)} is named twice among the variables")
    if not names:
        left = [f"{table.headers[name] or name!r} ({what})" for name, what in table.left_out.items()]
        why = f"; left out: {', '.join(left)}" if left else ""
        raise TableError(f"{table.name} has no column besides {_shown(table, y)} that can be a variable{why}")


def _numbers(table: Table, name: str) -> NDArray[np.float64]:
    if name in table.faults:
        raise TableError(f"{table.name} {table.faults[name]}")
    if name not in table.columns:
        raise TableError(
            f"{table.name}: the column {_shown(table, name)} cannot be used ({table.left_out[name]}): every cell "
            f"must be a number"
        )
    return table.columns[name]


def _dropped(table: Table, columns: Mapping[str, NDArray[np.float64]], dropped: int) -> str:
    """Return how many rows are dropped, and why."""
    import numpy as np

    infinite = int(np.any([np.isinf(values) for values in columns.values()], axis=0).sum())
    where = [
        f"{_shown(table, name)} {int((~np.isfinite(values)).sum()):,}" for name, values in columns.items()
        if not np.isfinite(values).all()
    ]  # fmt: skip
    kind = "missing" if not infinite else "infinite" if infinite == dropped else "missing or infinite"
    more = ", ..." if len(where) > 5 else ""
    return (
        f"{dropped:,} of {table.n_rows:,} rows dropped, a value is {kind}: {', '.join(where[:5])}{more} (missing = [])"
    )


def _varying(
    table: Table, names: Sequence[str], columns: Mapping[str, NDArray[np.float64]], assumed: list[str]
) -> list[str]:
    """Return the variables that are not constant, where there is one."""
    constant = [name for name in names if (columns[name] == columns[name][0]).all()]
    if len(constant) == len(names):
        raise TableError(
            f"{table.name}: the column {_shown(table, names[0])} has one value only, {columns[names[0]][0]:g}; a "
            f"variable must have two"
        )
    reasons = [(_header(table, name), f"it has one value only, {columns[name][0]:g}") for name in constant]
    assumed += left_out_notes(reasons, "which have one value only")
    return [name for name in names if name not in constant]


def _different(
    table: Table, names: Sequence[str], columns: Mapping[str, NDArray[np.float64]], assumed: list[str]
) -> list[str]:
    """Return the variables without those that are equal to one before, row by row."""
    first: dict[bytes, str] = {}
    kept = []
    reasons = []
    for name in names:
        other = first.setdefault(
            hashlib.blake2b((columns[name] + 0.0).tobytes()).digest(), name
        )  # + 0.0: no minus zero
        if other == name:
            kept.append(name)
        else:
            reasons.append((_header(table, name), f"it is equal to {_shown(table, other)}"))
    assumed += left_out_notes(reasons, "which are equal to others")
    return kept


def _say_copies_of_target(
    table: Table, names: Sequence[str], y: str, columns: Mapping[str, NDArray[np.float64]], assumed: list[str]
) -> None:
    """Warn of variables that are equal to the target: the formula is that column, and says nothing."""
    for name in names:
        if (columns[name] == columns[y]).all():
            assumed.append(
                f"column {_shown(table, name)} is equal to the target: if it is the same quantity, leave it out "
                f"(leave_out = [{_shown(table, name)}])"
            )


def _say_row_numbers(table: Table, names: Sequence[str], found: list[str], assumed: list[str]) -> None:
    """Warn of variables that count the rows: what they predict holds for this order of rows only."""
    import numpy as np

    for name in names:
        values = table.columns[name]
        if len(values) > 2 and values[0] in (0, 1) and (np.diff(values) == 1).all():
            said = f"column {_shown(table, name)} is the number of the row"
            if len(names) == 1:
                found.append(said)  # there is nothing else to predict from
            else:
                assumed.append(f"{said}: if it means nothing, give index = {_shown(table, name)}")


def _say_sentinels(
    table: Table, names: Sequence[str], columns: Mapping[str, NDArray[np.float64]], assumed: list[str]
) -> None:
    for name in names:
        for value, count in suspected_sentinels(columns[name]):
            times = "once" if count == 1 else f"{count:,} times"
            assumed.append(
                f"column {_shown(table, name)} has {value:g} {times}, far from all else, read as a number: if it means "
                f"that there is no value, give missing = [{value:g}], else missing = []"
            )


def _weights(table: Table, weights: WeightColumn, name: str, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the weight of each row."""
    import numpy as np

    what = "a standard deviation" if weights.kind == "sigma" else "a weight"
    if (values <= 0).any():
        raise TableError(
            f"{table.name}: {what} in {_shown(table, name)} must be above zero, got {values[values <= 0][0]:g}; take "
            f"that row out, or leave the cell empty"
        )
    with np.errstate(all="ignore"):
        result: NDArray[np.float64] = values if weights.kind == "weight" else values**-2.0
    if not np.isfinite(result).all() or (result == 0).any():
        raise TableError(f"{table.name}: {what} in {_shown(table, name)} is too large or too small for 1/sigma**2")
    return result
