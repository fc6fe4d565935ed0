"""The command lines that make the runs of a page again: who ran on what, with which settings, seeds and limits."""

from __future__ import annotations

import json
import shlex
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from srbench_lite.comparing.made_runs import made_runs, stretches
from srbench_lite.comparing.runs import perturbation_of, plain_number

if TYPE_CHECKING:
    import pandas as pd

    from srbench_lite.problems.perturbation import Perturbation

__all__ = ["commands_of"]

_MAX_TASKS: Final = 8  # that are named one by one; more are counted in a remark


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
    lines: list[str] = []
    for made in made_runs(runs, defaults=defaults, suites=suites):
        lines += _missing(made.suites, suites)
        if len(made.tasks) > _MAX_TASKS:
            lines.append(f"# {len(made.tasks)} tasks of {', '.join(made.suites)} ran, not all of them")
        named = made.tasks if len(made.tasks) <= _MAX_TASKS else ()
        settings = [
            f"{method}.{name}={value if isinstance(value, str) else json.dumps(value)}"
            for method in made.methods
            for name, value in json.loads(made.settings).items()
        ]
        for first, count in stretches(made.seeds):
            lines.append(
                shlex.join([
                    "srbench", "run", *_each("--method", made.methods), *_each("--suite", made.suites),
                    *_each("--task", named), *_each("--set", settings), "--seeds", str(count),
                    *(["--first-seed", str(first)] if first else []),
                    *(["--noise", ",".join(map(_number, made.noises))] if any(made.noises) else []),
                    *_perturbed(perturbation_of(made.perturbation)), *_limited(made.limits),
                ])
            )  # fmt: skip
    return lines


def _missing(names: Iterable[str], suites: Mapping[str, Collection[str]]) -> Iterator[str]:
    unknown = [name for name in names if name not in suites]
    if unknown:
        yield f"# not installed: {', '.join(unknown)}; give the suite file in place of the name"


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
