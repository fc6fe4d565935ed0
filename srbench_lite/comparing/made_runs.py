"""How runs were made: which methods ran on what, with which settings, seeds and limits, as few plans as can be."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast

from srbench_lite.comparing.runs import perturbation_of
from srbench_lite.recording.study import Study, StudyMethod, StudyRuns

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["COLUMNS", "MadeRuns", "made_runs", "stretches", "study_of"]

_METHOD: Final = ["variant_of", "parameters", "budget_seconds", "budget_memory_mb", "budget_threads", "perturbation"]
#: What runs must have.
COLUMNS: Final = (*_METHOD[1:], "suite", "task", "seed", "noise")


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeRuns:
    """Methods that ran alike: each on the same tasks, with the same seeds, noise levels, limits and perturbation.

    Attributes:
        methods: their names; several only where none has settings of its own.
        settings: hyper-parameters that are not the defaults, as JSON.
        suites: names of suites.
        tasks: names of tasks where not all of a suite ran, else none.
        seeds: numbers of the repetitions, in order.
        noises: noise levels, in order.
        limits: seconds, MiB and threads of a fit.
        perturbation: its settings, as a record has them.
    """

    methods: tuple[str, ...]
    settings: str
    suites: tuple[str, ...]
    tasks: tuple[str, ...]
    seeds: tuple[int, ...]
    noises: tuple[float, ...]
    limits: tuple[float, float, int]
    perturbation: str


def made_runs(
    runs: pd.DataFrame, *, defaults: Mapping[str, Mapping[str, Any]], suites: Mapping[str, Collection[str]]
) -> list[MadeRuns]:
    """Return how runs were made.

    Args:
        runs: with `variant_of` and `COLUMNS`.
        defaults: hyper-parameters by method, of those that are known.
        suites: names of tasks by suite, of those that are known; of others all tasks are taken to be among the runs.
    """
    cells: dict[tuple[Any, ...], dict[str, list[str]]] = {}
    runs = runs[[*_METHOD, "suite", "task", "seed", "noise"]].drop_duplicates()
    for key, own in runs.groupby(_METHOD, sort=True, observed=True):
        method, parameters, seconds, memory, threads, perturbation = cast("tuple[Any, ...]", key)
        settings = _settings(json.loads(parameters), defaults.get(str(method)))
        limits = (float(seconds), float(memory), int(threads))
        for suite, rows in own.groupby("suite", sort=True, observed=True):
            tasks = frozenset(rows["task"].unique())
            part = () if tasks == frozenset(suites.get(str(suite), tasks)) else tuple(sorted(tasks))
            seeds, noises = (tuple(sorted(rows[name].unique().tolist())) for name in ("seed", "noise"))
            cell = cells.setdefault((settings, limits, perturbation, seeds, noises, part), {})
            cell.setdefault(str(method), []).append(str(suite))
    merged: dict[tuple[Any, ...], list[str]] = {}
    for (settings, *rest), of_methods in cells.items():
        for name, names in of_methods.items():  # methods without settings of their own stand together
            alone = name if settings != "{}" else ""
            merged.setdefault((alone, settings, *rest, tuple(names)), []).append(name)
    return [
        MadeRuns(
            methods=tuple(methods), settings=settings, suites=names, tasks=part, seeds=tuple(map(int, seeds)),
            noises=noises, limits=limits, perturbation=str(perturbation),
        )
        for (_, settings, limits, perturbation, seeds, noises, part, names), methods in merged.items()
    ]  # fmt: skip


def _settings(own: Mapping[str, Any], default: Mapping[str, Any] | None) -> str:
    """Return what is not the default, as JSON; nothing where the defaults are not known."""
    plain = json.loads(json.dumps(default)) if default is not None else own
    return json.dumps(
        {name: value for name, value in sorted(own.items()) if name not in plain or plain[name] != value}
    )  # fmt: skip


def stretches(seeds: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yield the first and the number of each stretch of seeds that follow each other."""
    starts = [place for place, seed in enumerate(seeds) if place == 0 or seed != seeds[place - 1] + 1]
    for start, end in zip(starts, [*starts[1:], len(seeds)], strict=True):
        yield seeds[start], end - start


def study_of(
    runs: pd.DataFrame, *, defaults: Mapping[str, Mapping[str, Any]] | None = None,
    suites: Mapping[str, Collection[str]] | None = None, files: Mapping[str, str] | None = None,
) -> Study:  # fmt: skip
    """Return the study that makes runs again.

    Args:
        runs: with `variant_of` and `COLUMNS`; at least one.
        defaults: hyper-parameters by method, of those that are known; of others each is named.
        suites: names of tasks by suite, of those that are known; of others each task is named.
        files: paths of suites that stand in a file, by name.
    """
    places: dict[tuple[Any, ...], list[StudyMethod]] = {}
    no_tasks = dict.fromkeys(map(str, runs["suite"].unique()), ())
    no_values: dict[str, Mapping[str, Any]] = {str(name): {} for name in runs["variant_of"].unique()}
    for made in made_runs(runs, defaults={**no_values, **(defaults or {})}, suites={**no_tasks, **(suites or {})}):
        # a list is a value here, never a sweep, which is written as a sweep of one
        values = json.loads(made.settings).items()
        settings = {name: [value] if isinstance(value, list) else value for name, value in values}
        own = [StudyMethod(name=name, parameters=settings) for name in made.methods]
        names = tuple((files or {}).get(name, name) for name in made.suites)
        for stretch in stretches(made.seeds):
            place = (names, made.tasks, stretch, made.noises, made.limits, made.perturbation)
            places.setdefault(place, []).extend(own)
    parts = []
    for (names, tasks, (first, count), noises, (seconds, memory, threads), perturbation), methods in places.items():
        changes = perturbation_of(perturbation)
        parts.append(
            StudyRuns(
                methods=tuple(methods), suites=names, tasks=tasks, seeds=count, first_seed=first, noise=noises,
                train_size=() if changes.train_size is None else (changes.train_size,), dummies=(changes.dummies,),
                input_noise=(changes.input_noise,), rescale=changes.rescale, outliers=(changes.outliers,),
                time_limit=seconds, memory_limit=memory, threads=threads,
            )
        )  # fmt: skip
    return Study(tuple(parts))
