"""`load_suite`: a suite from a TOML file that anyone can write (`tasks/README.md` shows the format)."""

from __future__ import annotations

import csv
import math
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from srbench_lite.errors import DataError, ExpressionError, SuiteError, suggest
from srbench_lite.expressions.expression import Expression
from srbench_lite.problems.data import Samples
from srbench_lite.problems.sampling import Sampling
from srbench_lite.problems.suite import Suite
from srbench_lite.problems.task import Task

__all__ = ["load_suite"]

_SUITE_KEYS: Final = ("name", "version", "summary", "source", "n_train", "n_test")


_TASK_KEYS: Final = ("name", "truth", "variables", "version", "source", "n_train", "n_test", "data", "target")


_SAMPLING_KEYS: Final = ("low", "high", "sampling", "sign")


def load_suite(path: Path) -> Suite:
    """Read a suite file.

    The format is shown in `tasks/README.md`: a table `[suite]` with name, version, summary, source, n_train and
    n_test (defaults of every task), and one `[[tasks]]` each with name, truth or data, and variables.

    Raises:
        SuiteError: the file cannot be read, is no TOML, or says something that cannot be used; the message names
            the file and the place.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise SuiteError(f"cannot read the suite file {path}: {error.strerror or error}") from None
    except (ValueError, RecursionError) as error:  # no UTF-8, no TOML, a number of 5,000 digits, brackets without end
        raise SuiteError(f"{path} is no TOML file: {error}") from None
    try:
        return _suite(content, path.parent)
    except (SuiteError, ExpressionError, DataError) as error:
        raise SuiteError(f"{path}: {' '.join(str(error).split())}") from None


def _suite(content: Mapping[str, Any], folder: Path) -> Suite:
    _check_keys("the file", content, ("suite", "tasks"))
    head = _table("[suite]", content.get("suite", {}))
    _check_keys("[suite]", head, _SUITE_KEYS)
    name = _text("[suite] name", head.get("name"))
    if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_-]*", name):
        raise SuiteError(f"[suite] name must be letters, digits, - and _, got {name!r}")
    entries = content.get("tasks", [])
    if not isinstance(entries, list) or not entries:
        raise SuiteError("there must be at least one [[tasks]] table")
    defaults = {"version": 1, "source": "", **head}
    return Suite(
        name=name, summary=_text("[suite] summary", head.get("summary", "")), version=defaults["version"],
        source=_text("[suite] source", defaults["source"]),
        tasks=tuple(_task(name, i, _table(f"task {i}", e), defaults, folder) for i, e in enumerate(entries, start=1)),
    )  # fmt: skip


def _task(suite: str, number: int, entry: Mapping[str, Any], defaults: Mapping[str, Any], folder: Path) -> Task:
    name = _text(f"task {number}: its name", entry.get("name"))
    where = f"task {name!r}"
    _check_keys(where, entry, _TASK_KEYS)
    source = _text(f"{where} source", entry.get("source", defaults["source"]))
    variables: dict[str, Sampling] = {}
    for variable, raw in _table(f"{where} variables", entry.get("variables", {})).items():
        table = _table(f"{where} variables.{variable}", raw)
        _check_keys(f"{where} variables.{variable}", table, _SAMPLING_KEYS)
        missing = [key for key in ("low", "high") if key not in table]
        if missing:
            raise SuiteError(f"{where} variables.{variable}: {' and '.join(missing)} must be given")
        try:
            variables[variable] = Sampling(**table)
        except SuiteError as error:
            raise SuiteError(f"{where} variables.{variable}: {error}") from None
    data = None
    if "data" in entry:
        file = folder / _text(f"{where} data", entry["data"])
        data = _read_points(file, _text(f"{where} target", entry.get("target", "y")), tuple(variables))
        if not variables:
            variables = {v: _range_of(file, v, column.tolist()) for v, column in data.columns.items()}
    elif "target" in entry:
        raise SuiteError(f"{where}: target names a column of `data`, and there is no `data`; leave it out")
    truth = None
    if "truth" in entry:
        try:
            truth = Expression.parse(_text(f"{where} truth", entry["truth"]), variables=variables)
        except ExpressionError as error:
            raise SuiteError(f"{where} truth: {error}") from None
    counts = {key: entry.get(key, defaults.get(key)) for key in ("n_train", "n_test")}
    n_train, n_test = counts["n_train"], counts["n_test"]
    if data is None:
        n_train, n_test = 200 if n_train is None else n_train, 1000 if n_test is None else n_test
    else:  # what is not given follows from the rows: three quarters train, the rest tests
        if n_train is None:
            n_train = max(1, len(data) - n_test if isinstance(n_test, int) else int(0.75 * len(data)))
        if n_test is None:
            n_test = max(1, len(data) - n_train) if isinstance(n_train, int) else 1
    return Task(
        name=f"{suite}/{name}", suite=suite, version=entry.get("version", defaults["version"]), truth=truth,
        variables=variables, n_train=n_train, n_test=n_test, source=source, data=data,
    )  # fmt: skip


def _read_points(path: Path, target: str, variables: tuple[str, ...]) -> Samples:
    """Read a CSV file with a header; by default every column but the target is a variable."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:  # spreadsheets put a byte-order mark first
            reader = csv.reader(file, strict=True)
            rows = [(reader.line_num, row) for row in reader if row]
    except OSError as error:
        raise SuiteError(f"cannot read the data file {path}: {error.strerror or error}") from None
    except (ValueError, csv.Error) as error:
        raise SuiteError(f"{path} is no CSV file in UTF-8: {error}") from None
    header = [cell.strip() for cell in rows[0][1]] if rows else []
    names = variables or tuple(column for column in header if column != target)
    for name in (*names, target):
        if name not in header:
            raise SuiteError(f"{path} has no column {name!r}.{suggest(name, header)}")
        if header.count(name) > 1:
            raise SuiteError(f"{path} has {header.count(name)} columns called {name!r}; rename or remove them")
    if not names:
        raise SuiteError(f"{path} has no column besides {target!r}; a variable needs one too")
    if target in names:
        raise SuiteError(f"{path}: {target!r} is the target and cannot be a variable too; name another `target`")
    places = [header.index(name) for name in (*names, target)]
    table: list[list[float]] = []
    for number, row in rows[1:]:
        try:
            table.append([float(row[place]) for place in places])
        except (ValueError, IndexError):
            raise SuiteError(f"{path} line {number}: every cell must be a number, got {','.join(row)!r:.100}") from None
        if not all(map(math.isfinite, table[-1])):
            raise SuiteError(f"{path} line {number}: every number must be finite, got {','.join(row)!r:.100}")
    if not table:
        raise SuiteError(f"{path} has no rows below its header")
    columns = list(zip(*table, strict=True))
    return Samples.from_columns(dict(zip(names, columns[:-1], strict=True)), columns[-1])


def _range_of(path: Path, name: str, values: list[float]) -> Sampling:
    if min(values) == max(values):
        raise SuiteError(f"{path}: the column {name!r} has one value only, {values[0]:g}; remove it")
    try:
        return Sampling(low=min(values), high=max(values))
    except SuiteError as error:
        raise SuiteError(f"{path}: the column {name!r}: {error}") from None


def _check_keys(where: str, table: Mapping[str, Any], known: tuple[str, ...]) -> None:
    for key in table:
        if key not in known:
            raise SuiteError(f"{where}: unknown key {key!r}.{suggest(key, known)}")


def _table(where: str, value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise SuiteError(f"{where} must be a table, got {value!r}")
    return value


def _text(where: str, value: Any) -> str:
    if not isinstance(value, str):
        raise SuiteError(f"{where} must be given as text, got {value!r}")
    return value
