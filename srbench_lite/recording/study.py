"""`Study`: which runs there are to be, as a TOML file that `srbench run` reads and writes.

A list of values multiplies the runs. The keys are the options of `srbench run` that change what is computed; they hold
for all runs of the file, or stand in a table `[[runs]]` and hold for those. Nothing in a file is evaluated.
"""

from __future__ import annotations

import json
import math
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Final

from srbench_lite.errors import UsageError, suggest

__all__ = ["Study", "StudyMethod", "StudyRuns", "read_study", "study_text"]

_BARE: Final = re.compile(r"[A-Za-z0-9_-]+")
_MAX_FAULT: Final = 1_000  # characters of a fault that are shown: it may quote a value of any length
_MAX_LISTED: Final = 30  # faults of a file; more are counted
#: Options of `srbench run` that change nothing of what is computed, so that no file needs them.
_SAID_ELSEWHERE: Final = ("jobs", "store", "retry", "fresh", "keep-old", "dry-run", "quiet")
_WIDTH: Final = 100  # characters of a line up to which a list stands in one


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyMethod:
    """A method with the values that its hyper-parameters are to have, as a file has them: a list may be a sweep."""

    name: str
    parameters: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyRuns:
    """Every combination of a method, a task, a seed, a noise level and a perturbation.

    Attributes:
        methods: what runs; one may stand several times with other parameters.
        suites: names of suites, or paths of their files; none: all that are installed.
        tasks: names or patterns; none: all of the suites.
        seeds: number of repetitions.
        first_seed: number of the first one.
        noise: levels, as a share of the RMS of y.
        train_size: numbers of training points; none: the task's own.
        dummies: numbers of dummy variables.
        input_noise: errors of the inputs, as a share of each variable's standard deviation.
        rescale: whether variables and target are in other units.
        outliers: shares of the targets that are moved.
        time_limit: seconds of wall clock of one fit.
        memory_limit: MiB of one fit.
        threads: of numerical libraries.
        strict: whether a suite file with a fault is refused.
        python: by method, the Python or the environment that it runs in.
        plugins: paths of plugin files.
    """

    methods: tuple[StudyMethod, ...] = ()
    suites: tuple[str, ...] = ()
    tasks: tuple[str, ...] = ()
    seeds: int = 1
    first_seed: int = 0
    noise: tuple[float, ...] = (0.0,)
    train_size: tuple[int, ...] = ()
    dummies: tuple[int, ...] = (0,)
    input_noise: tuple[float, ...] = (0.0,)
    rescale: bool = False
    outliers: tuple[float, ...] = (0.0,)
    time_limit: float = 60.0
    memory_limit: float = 4096.0
    threads: int = 1
    strict: bool = False
    python: Mapping[str, str] = field(default_factory=dict)
    plugins: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Study:
    """Runs to be, one part after the other."""

    runs: tuple[StudyRuns, ...]


def read_study(text: str, *, where: str) -> Study:
    """Read the text of a study.

    Args:
        text: TOML.
        where: what the text is called in an error, such as the path of its file.

    Raises:
        UsageError: it is no TOML, or has a fault; the message names every fault with its key and its value.
    """
    try:
        content = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # no TOML, a number of 5,000 digits, brackets without end
        raise UsageError(f"{where} is no TOML file: {error}") from None
    if "suite" in content and isinstance(content["suite"], dict):
        raise UsageError(f"{where} is a suite file, no study; give --suite {where} and a --method")
    faults: list[str] = []
    parts = content.pop("runs", None)
    common = _values(content, "", faults)
    if parts is None:
        runs = [common]
    elif not isinstance(parts, list) or not parts or not all(isinstance(part, dict) for part in parts):
        faults.append("runs must be tables [[runs]]")
        runs = []
    else:
        runs = [common | _values(part, f"runs {number}: ", faults) for number, part in enumerate(parts, start=1)]
    for number, values in enumerate(runs, start=1):
        if not values.get("methods") and not faults:
            place = f"runs {number}: " if parts else ""
            faults.append(f'{place}methods must name what is to run, such as methods = ["lasso"]')
    if faults:
        raise UsageError(_refusal(where, faults))
    return Study(tuple(StudyRuns(**values) for values in runs))


def _refusal(where: str, faults: Sequence[str]) -> str:
    faults = [fault if len(fault) <= _MAX_FAULT else f"{fault[:_MAX_FAULT]}..." for fault in faults]
    if len(faults) == 1:
        return f"{where}: {faults[0]}"
    listed = "".join(f"\n  {number}. {fault}" for number, fault in enumerate(faults[:_MAX_LISTED], start=1))
    more = f"\n  ... and {len(faults) - _MAX_LISTED} more" if len(faults) > _MAX_LISTED else ""
    return f"{where}: {len(faults)} faults:{listed}{more}"


def _values(content: Mapping[str, Any], place: str, faults: list[str]) -> dict[str, Any]:
    """Return what a table says, by field; what is wrong with it is added to the faults."""
    found: dict[str, Any] = {}
    for written, value in content.items():
        key = written.replace("_", "-")  # as the options are spelled, but people write TOML either way
        if _field(key) in found:
            faults.append(f"{place}{key} is given twice")
        elif key in _SAID_ELSEWHERE:
            faults.append(f"{place}{key} changes nothing of what is computed; give --{key} on the command line")
        elif key not in _KEYS:
            faults.append(f"{place}unknown key {written!r}.{suggest(key, (*_KEYS, 'runs'), listed=len(_KEYS) + 1)}")
        else:
            try:
                found[_field(key)] = _KEYS[key](key, value)
            except UsageError as error:
                faults.append(f"{place}{error}")
    return found


def _field(key: str) -> str:
    return key.replace("-", "_")


def _texts(key: str, value: Any) -> tuple[str, ...]:
    items = [value] if isinstance(value, str) else value
    if not isinstance(items, list) or not items or not all(isinstance(item, str) and item for item in items):
        raise UsageError(f"{key} must be a text or a list of texts, got {value!r}")
    return tuple(items)


def _number(key: str, value: Any) -> float:
    if not _is_number(value) or not 0 < value < math.inf:
        raise UsageError(f"{key} must be a positive number, got {value!r}")
    return float(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e300


def _numbers(key: str, value: Any) -> tuple[float, ...]:
    items = value if isinstance(value, list) else [value]
    if not items or not all(_is_number(item) and item >= 0 for item in items):
        raise UsageError(f"{key} must be numbers of at least 0, such as {key} = [0, 0.01], got {value!r}")
    return tuple(map(float, items))


def _counts(least: int) -> Callable[[str, Any], tuple[int, ...]]:
    def read(key: str, value: Any) -> tuple[int, ...]:
        items = value if isinstance(value, list) else [value]
        if not items or not all(type(item) is int and least <= item < 2**31 for item in items):
            raise UsageError(f"{key} must be whole numbers of at least {least}, such as [20, 50], got {value!r}")
        return tuple(items)

    return read


def _count(least: int, most: int) -> Callable[[str, Any], int]:
    def read(key: str, value: Any) -> int:
        if type(value) is not int or not least <= value <= most:
            raise UsageError(f"{key} must be a whole number from {least} to {most}, got {value!r}")
        return value

    return read


def _flag(key: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise UsageError(f"{key} must be true or false, got {value!r}")
    return value


def _methods(key: str, value: Any) -> tuple[StudyMethod, ...]:
    if isinstance(value, str | list):
        names = _texts(key, value)  # tables of one method stand together, so its names do
        return tuple(StudyMethod(name=name) for name in sorted(names, key=names.index))
    if not isinstance(value, dict) or not value:
        raise UsageError(f'{key} must be names, such as ["lasso"], or tables, such as [methods.lasso], got {value!r}')
    found = []
    for name, tables in value.items():
        for table in tables if isinstance(tables, list) else [tables]:
            if not isinstance(table, dict):
                raise UsageError(f"{key}.{name} must be a table of hyper-parameters, got {table!r}")
            for parameter, given in table.items():
                if not _can_be_set(given):
                    raise UsageError(f"{key}.{name}.{parameter} must be a value, or a list of values, got {given!r}")
            found.append(StudyMethod(name=name, parameters=table))
    return tuple(found)


def _can_be_set(value: Any) -> bool:
    if isinstance(value, list):
        return all(map(_can_be_set, value))
    return isinstance(value, bool | int | str) or (isinstance(value, float) and math.isfinite(value))


def _named(key: str, value: Any) -> dict[str, str]:
    if not isinstance(value, dict) or not all(isinstance(text, str) and text for text in value.values()):
        raise UsageError(f'{key} must be a table METHOD = "PATH or ENVIRONMENT", got {value!r}')
    return dict(value)


#: What there may be in a file, each with what reads its value.
_KEYS: Final[dict[str, Callable[[str, Any], Any]]] = {
    "methods": _methods, "suites": _texts, "tasks": _texts, "seeds": _count(1, 2**31),
    "first-seed": _count(0, 2**63 - 1), "noise": _numbers, "train-size": _counts(1), "dummies": _counts(0),
    "input-noise": _numbers, "rescale": _flag, "outliers": _numbers, "time-limit": _number, "memory-limit": _number,
    "threads": _count(1, 2**31), "strict": _flag, "python": _named, "plugins": _texts,
}  # fmt: skip
#: What is written even where it is as it is by default: another version may have another default.
_ALWAYS: Final = ("seeds", "noise", "time-limit", "memory-limit")
_DEFAULTS: Final = StudyRuns()


def study_text(study: Study) -> str:
    """Return a study as TOML, which `read_study` reads back."""
    parts = [_written(runs) for runs in study.runs]
    if len(parts) == 1:
        return "\n".join(_table(parts[0], "")) + "\n"
    common = {key: value for key, value in parts[0].items() if all(part.get(key) == value for part in parts)}
    lines = [*_table(common, "")]
    for part in parts:
        lines += ["", "[[runs]]", *_table({key: value for key, value in part.items() if key not in common}, "runs.")]
    return "\n".join(lines).lstrip("\n") + "\n"


def _written(runs: StudyRuns) -> dict[str, Any]:
    """Return by key what is written."""
    values = {one.name.replace("_", "-"): getattr(runs, one.name) for one in fields(runs)}
    return {
        key: _short(value)
        for key, value in values.items()
        if key in _ALWAYS or value != getattr(_DEFAULTS, _field(key))
    }


def _short(value: Any) -> Any:
    """Return 60 for 60.0; a list of one number as that number."""
    if isinstance(value, tuple) and len(value) == 1 and isinstance(value[0], int | float):
        return _short(value[0])
    if isinstance(value, tuple):
        return tuple(map(_short, value))
    return int(value) if isinstance(value, float) and value.is_integer() and value < 1e15 else value


def _table(values: Mapping[str, Any], place: str) -> Iterator[str]:
    """Yield the lines of a table: plain values first, since a table ends at the next one."""
    methods: Sequence[StudyMethod] = values.get("methods", ())
    plain = {key: value for key, value in values.items() if key not in ("methods", "python")}
    if methods and not any(method.parameters for method in methods) and len({m.name for m in methods}) == len(methods):
        plain = {"methods": [method.name for method in methods], **plain}
        methods = ()
    for key, value in plain.items():
        yield from _assigned(key, value)
    names = [method.name for method in methods]
    for method in sorted(methods, key=lambda one: names.index(one.name)):  # tables of one name stand together
        head = f"{place}methods.{_key(method.name)}"
        yield from ("", f"[[{head}]]" if names.count(method.name) > 1 else f"[{head}]")
        for key, value in method.parameters.items():
            yield from _assigned(key, value)
    if values.get("python"):
        yield from ("", f"[{place}python]")
        for key, value in values["python"].items():
            yield from _assigned(key, value)


def _assigned(key: str, value: Any) -> Iterator[str]:
    line = f"{_key(key)} = {_toml(value)}"
    if len(line) <= _WIDTH or not isinstance(value, list | tuple):
        yield line
        return
    yield f"{_key(key)} = ["
    yield from (f"    {_toml(item)}," for item in value)
    yield "]"


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else _toml(name)


def _toml(value: Any) -> str:
    """Return a value as TOML."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return '"none"'  # as on a command line: TOML has no such value
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_toml, value))}]"
    return repr(value)
