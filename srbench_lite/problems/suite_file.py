"""`load_suite`: a suite from a TOML file that anyone can write (`tasks/README.md` shows the format)."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from srbench_lite.errors import DataError, ExpressionError, SuiteError, UsageError, suggest
from srbench_lite.expressions.expression import Expression
from srbench_lite.problems.deferred_tasks import DeferredTasks, variable_counts
from srbench_lite.problems.sampling import Sampling, read_bound
from srbench_lite.problems.suite import Suite
from srbench_lite.problems.task import Task, told_counts
from srbench_lite.problems.trajectories import Trajectories

if TYPE_CHECKING:
    from srbench_lite.problems.measured_points import MeasuredPoints, WeightColumn

__all__ = ["announced_suite", "load_suite", "suite_with_faults"]

_SUITE_KEYS: Final = (
    "name",
    "version",
    "summary",
    "source",
    "licence",
    "tags",
    "variables",
    "n_train",
    "n_test",
    "table",
)
_TASK_KEYS: Final = (
    "name", "truth", "variables", "test", "trajectories", "unit", "version", "source", "licence", "tags", "erratum",
    "unidentifiable", "n_train", "n_test", "data", "target", "weights", "table",
)  # fmt: skip
#: What `[suite]` says that is said of a `Suite`.
_HEAD_FIELDS: Final = ("name", "summary", "version", "source", "licence", "tags")
_SAMPLING_KEYS: Final = ("low", "high", "sampling", "sign", "step")
_TRAJECTORY_KEYS: Final = ("rates", "starts", "duration", "steps", "train")
_WEIGHT_KEYS: Final = ("column", "kind")
#: Keys of a task that say something of its data file.
_DATA_KEYS: Final = {"target": "names a column", "weights": "names a column", "table": "is about a file"}
#: How a task begins in a suite file.
_TASK_LINE: Final = re.compile(r"^[ \t]*\[\[[ \t]*tasks[ \t]*\]\]", re.MULTILINE)
#: Characters of a fault that are shown: it may quote a value of any length.
_MAX_FAULT: Final = 1_000
#: More faults than these are counted, not listed.
_MAX_LISTED: Final = 30


def load_suite(path: Path, *, strict: bool = True, assume: bool = True, check_truths: bool = True) -> Suite:
    """Read a suite file.

    The format is shown in `tasks/README.md`: a table `[suite]` with name, version, summary, source, n_train and
    n_test (defaults of every task), and one `[[tasks]]` each with name, truth or data, and variables.

    Args:
        path: the file.
        strict: whether a task that cannot be used refuses the file. Otherwise it is left out, and `Suite.faults` says
            why.
        assume: whether what a data file does not say may be assumed. Otherwise an assumption is a fault.
        check_truths: whether points are drawn to see whether they say anything of the truths.

    Raises:
        SuiteError: the file cannot be read, is no TOML, has a fault where `strict`, or no task without one. The
            message names the file, and every fault with its place: one in the same line, several numbered below it.
    """
    suite, faults = suite_with_faults(path, assume=assume, check_truths=check_truths)
    if suite is None or (strict and faults):
        raise SuiteError(_refusal(path, list(faults)))
    return suite


def suite_with_faults(
    path: Path, *, assume: bool = True, check_truths: bool = True
) -> tuple[Suite | None, tuple[str, ...]]:  # fmt: skip
    """Return the suite of the tasks of a file that can be used, None where there is none, and all faults of the file.

    Raises:
        SuiteError: the file cannot be read, or is no TOML.
    """
    with _readable(path):
        content = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    faults = _Faults()
    suite = _suite(content, path.parent, faults, assume=assume, check_truths=check_truths)
    return suite, tuple(faults.texts)


def announced_suite(path: Path) -> Suite:
    """Return the suite of a file of which only `[suite]` is read; see `Suite.from_file`."""
    with _readable(path):
        text = path.read_text(encoding="utf-8-sig")
        first = _TASK_LINE.search(text)
        content = tomllib.loads(text[: first.start()] if first else text)
    faults = _Faults()
    parts, _ = _announced(content, faults)
    count = len(_TASK_LINE.findall(text))
    if not count:
        faults.texts.append("there must be at least one [[tasks]] table")
    if faults.texts:
        raise SuiteError(_refusal(path, faults.texts))

    def load() -> Sequence[Task]:
        return load_suite(path, check_truths=False).tasks

    tasks = DeferredTasks(parts["name"], load, count=count, counts=parts["variables"])
    return Suite(**{key: parts[key] for key in _HEAD_FIELDS}, tasks=tasks)


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    """Say in one line why a file cannot be read, or is no TOML."""
    try:
        yield
    except OSError as error:
        raise SuiteError(f"cannot read the suite file {path}: {error.strerror or error}") from None
    except (ValueError, RecursionError) as error:  # no UTF-8, no TOML, a number of 5,000 digits, brackets without end
        raise SuiteError(f"{path} is no TOML file: {error}") from None


def _refusal(path: Path, faults: list[str]) -> str:
    faults = [fault if len(fault) <= _MAX_FAULT else f"{fault[:_MAX_FAULT]}..." for fault in faults]
    if len(faults) == 1:
        return f"{path}: {faults[0]}"
    listed = [f"\n  {number}. {fault}" for number, fault in enumerate(faults[:_MAX_LISTED], start=1)]
    more = f"\n  ... and {len(faults) - _MAX_LISTED} more" if len(faults) > _MAX_LISTED else ""
    return f"{path}: {len(faults)} faults:{''.join(listed)}{more}"


class _Faults:
    """What is wrong with a file, in the order of the file."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    @contextmanager
    def kept(self, where: str = "") -> Iterator[None]:
        """Keep what is raised inside, with its place in front; what follows inside is left out."""
        try:
            yield
        except (UsageError, ExpressionError, DataError) as error:
            self.texts.append(f"{where}{' '.join(str(error).split())}")


def _suite(
    content: Mapping[str, Any], folder: Path, faults: _Faults, *, assume: bool, check_truths: bool
) -> Suite | None:  # fmt: skip
    """Return the suite of the tasks without a fault, or None where there is none or the suite itself has one."""
    parts, head = _announced(content, faults)
    whole = not faults.texts
    entries = content.get("tasks", [])
    if not isinstance(entries, list) or not entries:
        faults.texts.append("there must be at least one [[tasks]] table")
        return None
    defaults = {"n_train": head.get("n_train"), "n_test": head.get("n_test"), **parts}
    tasks: dict[str, Task] = {}
    for number, entry in enumerate(entries, start=1):
        task = _task(number, entry, defaults, folder, faults, assume=assume)
        with faults.kept():
            if task is not None and check_truths:
                task = _checked(task)
            if task is not None and task.name in tasks:
                raise SuiteError(f"task {number}: suite {task.suite}: two tasks are called {task.name}")
            if task is not None:
                tasks[task.name] = task
    if len(tasks) == len(entries) and parts["variables"] not in (None, found := variable_counts(tasks.values())):
        faults.texts.append(
            f"[suite] variables must be {list(found)}, as its tasks have, got {list(parts['variables'])}"
        )
    if not tasks or not whole:
        return None
    return Suite(**{key: parts[key] for key in _HEAD_FIELDS}, tasks=tuple(tasks.values()), faults=tuple(faults.texts))


def _announced(content: Mapping[str, Any], faults: _Faults) -> tuple[dict[str, Any], Mapping[str, Any]]:
    """Return what `[suite]` says, read and as it stands; what is wrong is kept."""
    with faults.kept():
        _check_keys("the file", content, ("suite", "tasks"))
    head: Mapping[str, Any] = {}
    with faults.kept():
        head = _table("[suite]", content.get("suite", {}))
    parts: dict[str, Any] = {
        "name": "suite", "version": 1, "summary": "", "source": "", "licence": "", "tags": (), "variables": None,
        "table": {},
    }  # fmt: skip
    if not faults.texts:
        _read_head(head, parts, faults)
    return parts, head


def _read_head(head: Mapping[str, Any], parts: dict[str, Any], faults: _Faults) -> None:
    """Fill in what `[suite]` says; what is wrong with it keeps its default."""
    with faults.kept():
        _check_keys("[suite]", head, _SUITE_KEYS)
    with faults.kept():
        name = _text("[suite] name", head.get("name"))
        if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_-]*", name):
            raise SuiteError(f"[suite] name must be letters, digits, - and _, got {name!r}")
        parts["name"] = name
    with faults.kept():
        version = head.get("version", 1)
        if isinstance(version, bool) or not isinstance(version, int) or version < 1:
            raise SuiteError(f"[suite] version must be a whole number of at least 1, got {version!r}")
        parts["version"] = version
    for key in ("summary", "source", "licence"):
        with faults.kept():
            parts[key] = _text(f"[suite] {key}", head.get(key, ""))
    with faults.kept():
        parts["tags"] = _texts("[suite] tags", head.get("tags", []))
    with faults.kept():
        parts["variables"] = _counts_of_variables(head.get("variables"))
    with faults.kept():
        parts["table"] = _table("[suite] table", head.get("table", {}))


def _counts_of_variables(given: Any) -> tuple[int, int] | None:
    if given is None:
        return None
    if not isinstance(given, list) or len(given) != 2 or not all(type(n) is int and n > 0 for n in given):
        raise SuiteError(
            "[suite] variables must be the smallest and the largest number of variables of a task, such as [1, 5], "
            f"got {given!r}"
        )
    return given[0], given[1]


def _task(
    number: int, raw: Any, defaults: Mapping[str, Any], folder: Path, faults: _Faults, *, assume: bool
) -> Task | None:  # fmt: skip
    """Return one task, or None where it has faults, which are kept."""
    before = len(faults.texts)
    entry: Mapping[str, Any] = {}
    name = ""
    with faults.kept():
        entry = _table(f"task {number}", raw)
        name = _text(f"task {number}: its name", entry.get("name"))
    where = f"task {name!r}" if name else f"task {number}"
    truth, points = None, None
    with faults.kept():
        _check_keys(where, entry, _TASK_KEYS)
    facts = _facts(where, entry, defaults, faults)
    variables, units = _variables(f"{where} variables", entry.get("variables", {}), faults, measured="data" in entry)
    named = tuple(entry["variables"]) if isinstance(entry.get("variables"), dict) else ()
    with faults.kept():
        points = _points(where, entry, named, defaults["table"], folder, assume=assume)
    if points is not None:
        with faults.kept(f"{where}: {entry['data']}: "):
            names = dict(zip(points.samples.variables, named or points.samples.variables, strict=True))
            variables = {new: variables.get(old) or _range_of(points, new) for new, old in names.items()}
            units = {new: units[old] for new, old in names.items() if old in units}
    if "truth" in entry and ("data" not in entry or points is not None):
        with faults.kept():
            text = _text(f"{where} truth", entry["truth"])
            with faults.kept(f"{where} truth: "):
                truth = Expression.parse(text, variables=named if points is None else points.samples.variables)
    test = _variables(f"{where} test", entry["test"], faults)[0] if "test" in entry else None
    trajectories = (
        _trajectories(f"{where} trajectories", entry["trajectories"], faults) if "trajectories" in entry else None
    )
    if len(faults.texts) > before:
        return None
    with faults.kept(f"task {defaults['name']}/{name}: "):
        told = told_counts(variables, test, trajectories)
    if len(faults.texts) > before:
        return None
    n_train, n_test = _counts(entry, defaults, points, told)
    with faults.kept():
        return Task(
            name=f"{defaults['name']}/{name}", suite=defaults["name"], truth=truth,
            version=entry.get("version", defaults["version"]),
            variables=variables, n_train=n_train, n_test=n_test, units=units, test_variables=test,
            trajectories=trajectories, **facts,
            data=None if points is None else points.samples,
            note=f"{entry['data']}: {'; '.join(points.notes)}" if points is not None and points.notes else "",
            headers={} if points is None else points.headers,
        )  # fmt: skip
    return None


def _checked(task: Task) -> Task:
    """Return a task whose points can say something of its truth, and whose units are known."""
    from srbench_lite.problems.truth_check import truth_fault

    fault = truth_fault(task)
    if fault is not None:
        raise SuiteError(fault)
    named = {**{f"unit of {name}": unit for name, unit in task.units.items()}, "unit": task.target_unit}
    for what, unit in named.items():
        fault = _unit_fault(unit)
        if fault is not None:
            raise SuiteError(f"task {task.name}: {what}: {fault}")
    return task


def _unit_fault(unit: str) -> str | None:
    """Return what is wrong with a unit; none is not looked at, because that loads a library."""
    if not unit:
        return None
    from srbench_lite.problems.units import unit_fault

    return unit_fault(unit)


def _facts(where: str, entry: Mapping[str, Any], defaults: Mapping[str, Any], faults: _Faults) -> dict[str, Any]:
    """Return what a task says of itself in words; the tags of the suite come before its own."""
    facts: dict[str, Any] = {"tags": defaults["tags"]}
    for key in ("source", "licence"):
        with faults.kept():
            facts[key] = _text(f"{where} {key}", entry.get(key, defaults[key]))
    for key in ("erratum", "unidentifiable"):
        with faults.kept():
            facts[key] = _text(f"{where} {key}", entry.get(key, ""))
    with faults.kept():
        facts["target_unit"] = _text(f"{where} unit", entry.get("unit", ""))
    with faults.kept():
        facts["tags"] = tuple(dict.fromkeys((*defaults["tags"], *_texts(f"{where} tags", entry.get("tags", [])))))
    return facts


def _variables(
    where: str, given: Any, faults: _Faults, *, measured: bool = False
) -> tuple[dict[str, Sampling], dict[str, str]]:  # fmt: skip
    """Return the samplings and the units of a table of variables; each fault is kept.

    Args:
        where: place of the table.
        given: the table.
        faults: what is wrong.
        measured: whether the points are measured: then the range may be left out.
    """
    tables: Mapping[str, Any] = {}
    with faults.kept():
        tables = _table(where, given)
    variables, units = {}, {}
    for variable, raw in tables.items():
        place = f"{where}.{variable}"
        with faults.kept():
            table = dict(_table(place, raw))
            _check_keys(place, table, ("unit", *_SAMPLING_KEYS))
            if "unit" in table:
                units[variable] = _text(f"{place} unit", table.pop("unit"))
            if measured and not table:
                continue
            _check_given(place, table, ("low", "high"))
            table |= {key: _bound(f"{place}: {key}", table[key]) for key in ("low", "high", "step") if key in table}
            with faults.kept(f"{place}: "):
                variables[variable] = Sampling(**table)
    return variables, units


def _bound(where: str, value: Any) -> Any:
    """Return a number that may be written as text, such as "2*pi"; anything else as it stands."""
    if not isinstance(value, str):
        return value
    try:
        return read_bound(value)
    except ValueError as error:
        raise SuiteError(f"{where} must be {error}") from None


def _trajectories(where: str, given: Any, faults: _Faults) -> Trajectories | None:
    """Return the trajectories of a task, or None where they have a fault."""
    with faults.kept():
        table = _table(where, given)
        _check_keys(where, table, _TRAJECTORY_KEYS)
        _check_given(where, table, ("rates", "starts", "duration"))
        rates = _table(f"{where}.rates", table["rates"])
        if not isinstance(table["starts"], list):
            raise SuiteError(f"{where}.starts must be a list with a list of numbers for each trajectory")
        formulas = {}
        for name, text in rates.items():
            with faults.kept(f"{where}.rates.{name}: "):
                formulas[name] = Expression.parse(_text("the rate", text), variables=tuple(rates))
        if len(formulas) < len(rates):
            return None
        with faults.kept(f"{where}: "):
            return Trajectories(**{**table, "rates": formulas, "starts": tuple(table["starts"])})
    return None


def _check_given(where: str, table: Mapping[str, Any], keys: tuple[str, ...]) -> None:
    missing = [key for key in keys if key not in table]
    if missing:
        raise SuiteError(f"{where}: {' and '.join(missing)} must be given")


def _points(
    where: str, entry: Mapping[str, Any], variables: tuple[str, ...], defaults: Mapping[str, Any], folder: Path, *,
    assume: bool,
) -> MeasuredPoints | None:  # fmt: skip
    """Return the points of a task's data file, or None where it has none."""
    if "data" not in entry:
        for key, what in _DATA_KEYS.items():
            if key in entry:
                raise SuiteError(f"{where}: {key} {what} of `data`, and there is no `data`; leave it out")
        return None
    from srbench_lite.problems.measured_points import measured_points
    from srbench_lite.problems.table_file import TableOptions, read_table

    file = folder / _text(f"{where} data", entry["data"])
    target = None if "target" not in entry else _text(f"{where} target", entry["target"])
    weights = _weight_column(f"{where} weights", entry["weights"]) if "weights" in entry else None
    try:
        options = TableOptions.from_mapping({**defaults, **_table(f"{where} table", entry.get("table", {}))})
    except UsageError as error:
        raise SuiteError(f"{where} table: {error}") from None
    try:
        table = read_table(file, options if assume else replace(options, strict=True))
        return measured_points(table, target=target, variables=variables, weights=weights)
    except UsageError as error:
        hint = " (options of a data file stand in `table` of its task)" if _names_option(str(error)) else ""
        raise SuiteError(f"{where}: {error}{hint}") from None


def _names_option(text: str) -> bool:
    from srbench_lite.problems.table_file import TableOptions

    return any(f"{option.name} = " in text for option in fields(TableOptions))


def _weight_column(where: str, value: Any) -> WeightColumn:
    """Read `weights`: the name of a column of standard deviations, or a table with `column` and `kind`."""
    from srbench_lite.problems.measured_points import WeightColumn

    if isinstance(value, str):
        return WeightColumn(column=value)
    if not isinstance(value, dict):
        raise SuiteError(f"{where} must be the name of a column of standard deviations, or a table, got {value!r}")
    _check_keys(where, value, _WEIGHT_KEYS)
    kind = value.get("kind", "sigma")
    if kind not in ("sigma", "weight"):
        raise SuiteError(f'{where}.kind must be "sigma" (standard deviations) or "weight", got {kind!r}')
    return WeightColumn(column=_text(f"{where}.column", value.get("column")), kind=kind)


def _counts(
    entry: Mapping[str, Any], defaults: Mapping[str, Any], points: MeasuredPoints | None,
    told: tuple[int | None, int | None],
) -> tuple[Any, Any]:  # fmt: skip
    """Return the numbers of training and test points.

    What the task does not give itself follows from its meshes and trajectories, else from `[suite]`, else from the rows
    of the data file.
    """
    n_train, n_test = (
        entry.get(key, defaults.get(key) if count is None else count)
        for key, count in zip(("n_train", "n_test"), told, strict=True)
    )
    if points is None:
        return 200 if n_train is None else n_train, 1000 if n_test is None else n_test
    rows = len(points.samples)
    if n_train is None:  # three quarters train, the rest tests
        n_train = max(1, rows - n_test if isinstance(n_test, int) else int(0.75 * rows))
    if n_test is None:
        n_test = max(1, rows - n_train) if isinstance(n_train, int) else 1
    return n_train, n_test


def _range_of(points: MeasuredPoints, name: str) -> Sampling:
    column = points.samples.columns[name]
    try:
        return Sampling(low=float(column.min()), high=float(column.max()))
    except SuiteError as error:
        raise SuiteError(f"the column {name!r}: {error}") from None


def _check_keys(where: str, table: Mapping[str, Any], known: tuple[str, ...]) -> None:
    for key in table:
        if key not in known:
            raise SuiteError(f"{where}: unknown key {key!r}.{suggest(key, known)}")


def _table(where: str, value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise SuiteError(f"{where} must be a table, got {value!r}")
    return value


def _texts(where: str, value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(text, str) for text in value):
        raise SuiteError(f"{where} must be a list of texts, got {value!r}")
    return tuple(value)


def _text(where: str, value: Any) -> str:
    if not isinstance(value, str):
        raise SuiteError(f"{where} must be given as text, got {value!r}")
    return value
