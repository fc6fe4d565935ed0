"""The command lines that make the runs of a page again: who ran on what, with which settings, seeds and limits."""

from __future__ import annotations

import json
import shlex
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, cast

from srbench_lite.comparing.runs import perturbation_of, plain_number

if TYPE_CHECKING:
    import pandas as pd

    from srbench_lite.problems.perturbation import Perturbation

__all__ = ["commands_of"]

_MAX_TASKS: Final = 8  # that are named one by one; more are counted in a remark
_METHOD: Final = ["variant_of", "parameters", "budget_seconds", "budget_memory_mb", "budget_threads", "perturbation"]


def commands_of(
    runs: pd.DataFrame, *, defaults: Mapping[str, Mapping[str, Any]], suites: Mapping[str, Collection[str]]
) -> list[str]:
    """Return lines for a shell; those that begin with # say what a line leaves open.

    Args:
        runs: with `variant_of`, `parameters`, `suite`, `task`, `seed`, `noise`, `perturbation`, and the columns of the
            budget.
        defaults: hyper-parameters by method, of those that are installed.
        suites: names of tasks by suite, of those that are installed or drawn.
    """
    cells: dict[tuple[Any, ...], dict[str, list[str]]] = {}
    for key, own in runs.groupby(_METHOD, sort=True, observed=True):
        method, parameters, seconds, memory, threads, perturbation = cast("tuple[Any, ...]", key)
        settings = _settings(str(method), json.loads(parameters), defaults.get(str(method)))
        limits = (seconds, memory, threads)
        for suite, rows in own.groupby("suite", sort=True, observed=True):
            tasks = frozenset(rows["task"].unique())
            part = () if tasks == frozenset(suites.get(str(suite), tasks)) else tuple(sorted(tasks))
            seeds, noises = (tuple(sorted(rows[name].unique().tolist())) for name in ("seed", "noise"))
            cell = cells.setdefault((settings, limits, perturbation, seeds, noises, part), {})
            cell.setdefault(str(method), []).append(str(suite))
    merged: dict[tuple[Any, ...], list[str]] = {}
    for (settings, *rest), of_methods in cells.items():
        for name, names in of_methods.items():  # methods without settings of their own share a line
            alone = name if settings else ""
            merged.setdefault((alone, settings, *rest, tuple(names)), []).append(name)
    lines: list[str] = []
    for (_, settings, limits, perturbation, seeds, noises, part, names), methods in merged.items():
        lines += _missing(names, suites)
        if len(part) > _MAX_TASKS:
            lines.append(f"# {len(part)} tasks of {', '.join(names)} ran, not all of them")
        named = part if len(part) <= _MAX_TASKS else ()
        for first, count in _stretches(seeds):
            lines.append(
                shlex.join([
                    "srbench", "run", *_each("--method", methods), *_each("--suite", names), *_each("--task", named),
                    *_each("--set", settings), "--seeds", str(count), *(["--first-seed", str(first)] if first else []),
                    *(["--noise", ",".join(map(_number, noises))] if any(noises) else []),
                    *_perturbed(perturbation_of(perturbation)), *_limited(limits),
                ])
            )  # fmt: skip
    return lines


def _settings(method: str, own: Mapping[str, Any], default: Mapping[str, Any] | None) -> tuple[str, ...]:
    """Return METHOD.PARAMETER=VALUE for what is not the default; nothing where the method is not installed."""
    plain = json.loads(json.dumps(default)) if default is not None else own
    return tuple(
        f"{method}.{name}={value if isinstance(value, str) else json.dumps(value)}"
        for name, value in sorted(own.items())
        if name not in plain or plain[name] != value
    )


def _missing(names: Iterable[str], suites: Mapping[str, Collection[str]]) -> Iterator[str]:
    unknown = [name for name in names if name not in suites]
    if unknown:
        yield f"# not installed: {', '.join(unknown)}; give the suite file in place of the name"


def _stretches(seeds: Sequence[float]) -> Iterator[tuple[int, int]]:
    """Yield the first and the number of each stretch of seeds that follow each other."""
    whole = [int(seed) for seed in seeds]
    starts = [place for place, seed in enumerate(whole) if place == 0 or seed != whole[place - 1] + 1]
    for start, end in zip(starts, [*starts[1:], len(whole)], strict=True):
        yield whole[start], end - start


def _each(option: str, values: Iterable[str]) -> Iterator[str]:
    for value in values:
        yield option
        yield value


def _perturbed(changes: Perturbation) -> Iterator[str]:
    if changes.train_size is not None:
        yield from ("--train-size", str(changes.train_size))
    if changes.dummies:
        yield from ("--dummies", str(changes.dummies))
    if changes.input_noise:
        yield from ("--input-noise", _number(changes.input_noise))
    if changes.rescale:
        yield "--rescale"
    if changes.outliers:
        yield from ("--outliers", _number(changes.outliers))


def _limited(limits: Iterable[float]) -> Iterator[str]:
    for option, value in zip(("--time-limit", "--memory-limit", "--threads"), limits, strict=True):
        if option != "--threads" or value != 1:
            yield from (option, _number(value))


def _number(value: float) -> str:
    return str(plain_number(float(value)))
