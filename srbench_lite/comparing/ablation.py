"""`Ablation`: what each part of a method brings: its variants by parameters, each compared with one base.

Only runs of one version and one set of limits are compared, on the tasks, noise levels, perturbations and seeds that
all variants ran on. The test is Wilcoxon's signed ranks over tasks (`srbench_lite.comparing.comparison`), with Holm's
adjustment over the variants (Scand. J. Stat. 6, 1979).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from srbench_lite.comparing import comparison
from srbench_lite.comparing.comparison import Change, Line, compare
from srbench_lite.comparing.limits import under_one_set
from srbench_lite.comparing.metrics import METRICS
from srbench_lite.comparing.runs import counted
from srbench_lite.comparing.statistics import holm
from srbench_lite.comparing.variants import Parameters, differences, find_base, said_of
from srbench_lite.errors import ComparisonError, UnknownNameError
from srbench_lite.recording.record import Status

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["COLUMNS", "Ablation", "VariantRow", "ablation_of"]

#: What an ablation needs to know of a run, beside what decides which runs count.
COLUMNS: Final = (
    *comparison.COLUMNS, "method_version", "parameters", "method_source", "started_at", "identifiable", "cpu_seconds",
    "peak_mb",
)  # fmt: skip
_CELL: Final = ["suite", "task", "noise", "perturbation", "seed"]
_MAX_NAMED: Final = 4  # variants in a remark


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantRow:
    """One line of an ablation.

    Attributes:
        name: what differs from the base, as text; empty for the base.
        changes: the same by parameter, with the variant's values.
        parameters: all of them.
        line: what the metric says against the base; its `after` is the variant's mean over tasks. The base has that of
            itself with itself. None where the metric exists on no task.
        p_value: two-sided, Holm's adjustment over the variants made; None for the base.
        lost, gained: tasks whose recovery is lower, or higher, than with the base, at each noise level and
            perturbation.
        seconds: median wall clock of a fit, skipped runs left out; None where all were.
        seconds_ratio: that over the base's; None where one of them is missing or the base's is 0.
        failures: number of runs by status, those that ended ok left out.
    """

    name: str
    changes: Mapping[str, Any]
    parameters: Parameters
    line: Line | None
    p_value: float | None
    lost: tuple[Change, ...]
    gained: tuple[Change, ...]
    seconds: float | None
    seconds_ratio: float | None
    failures: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ablation:
    """Variants of a method beside one base.

    Attributes:
        method, version: whose they are.
        metric: by which they are compared.
        seconds: wall-clock limit of the fits.
        tasks, runs: numbers of tasks, and of runs of each variant.
        suites, noises: of the tasks, sorted.
        rows: the base, and the variants, those that lose most first.
        remarks: sentences for people: on runs that are left out, and on the base.
    """

    method: str
    version: str
    metric: str
    seconds: float
    tasks: int
    runs: int
    suites: tuple[str, ...]
    noises: tuple[float, ...]
    rows: tuple[VariantRow, ...]
    remarks: tuple[str, ...]


def ablation_of(
    runs: pd.DataFrame, *, version: str | None = None, base: Sequence[str] = (), defaults: Parameters | None = None,
    variants: Sequence[str] = (), only: Sequence[str] = (), metric: str = "recovery", time_limit: float | None = None,
    margin: float | None = None,
) -> Ablation:  # fmt: skip
    """Compare the variants of a method with one of them.

    Args:
        runs: of one method, at least one, with the columns `COLUMNS` and `variant_of`.
        version: only of this version; None for that of the last run.
        base: what the base has, as `srbench_lite.comparing.variants.find_base` reads it.
        defaults: parameters of the method as it is installed; None where it is not.
        variants: only these, by what differs from the base; none for all.
        only: only variants that differ from the base in these parameters and no others; none for all.
        metric: name of one of `METRICS`.
        time_limit: only runs with this limit, in seconds; None for the limits that most variants have.
        margin: in place of the metric's.

    Returns:
        With one row where there is one variant only.

    Raises:
        UnknownNameError: no such version, metric, parameter or variant.
        UsageError: no such limit, or it cannot be told which variant is the base.
        ComparisonError: the variants share no run.
    """
    if metric not in METRICS:
        raise UnknownNameError("metric", metric, METRICS)
    remarks: list[str] = []
    method = str(runs["variant_of"].iloc[0])
    runs, found = _of_version(runs, version, remarks)
    runs, said = under_one_set(runs, of="parameters", time_limit=time_limit)
    remarks += said
    known = {str(text): json.loads(str(text)) for text in runs["parameters"].unique()}
    chosen = find_base(list(known.values()), asked=base, defaults=defaults, method=method)
    named = {text: said_of(differences(one, chosen)) for text, one in known.items()}
    named = _selected(named, known, chosen, variants, only)
    runs = runs[runs["parameters"].isin(list(named))]
    runs = _shared(runs, named, remarks)
    rows = _rows(runs, named, known, chosen, metric, margin)
    remarks += _base_said(chosen, defaults)
    remarks += _mixed_code(runs, named)
    return Ablation(
        method=method, version=found, metric=metric, seconds=float(runs["budget_seconds"].iloc[0]),
        tasks=int(runs["task"].nunique()), runs=len(runs) // len(named),
        suites=tuple(sorted(str(suite) for suite in runs["suite"].unique())),
        noises=tuple(sorted(float(noise) for noise in runs["noise"].unique())), rows=rows, remarks=tuple(remarks),
    )  # fmt: skip


def _of_version(runs: pd.DataFrame, version: str | None, remarks: list[str]) -> tuple[pd.DataFrame, str]:
    """Return the runs of a version, or of that of the last run."""
    known = sorted(str(one) for one in runs["method_version"].unique())
    if version is None:
        version = str(runs["method_version"].iloc[int(runs["started_at"].astype(str).to_numpy().argmax())])
    elif version not in known:
        raise UnknownNameError("version", version, known)
    chosen = runs["method_version"] == version
    if others := int((~chosen).sum()):
        which = ", ".join(one for one in known if one != version)
        method = runs["variant_of"].iloc[0]
        remarks.append(
            f"{counted(others, 'run')} of other versions ({which}) left out; {method}@VERSION chooses another."
        )
    return runs[chosen], version


def _selected(
    named: Mapping[str, str], known: Mapping[str, Parameters], base: Parameters, variants: Sequence[str],
    only: Sequence[str],
) -> dict[str, str]:  # fmt: skip
    """Return the base and the variants that were asked for, by the text of their parameters."""
    every = [name for name in named.values() if name]
    spelled = {name.casefold(): name for name in every} | {name: name for name in every}  # false for False
    for name in variants:
        if name not in spelled and name.casefold() not in spelled:
            raise UnknownNameError("variant", name, every)
    wanted = {spelled.get(name) or spelled[name.casefold()] for name in variants}
    parameters = sorted({name for one in known.values() for name in one})
    for name in only:
        if name not in parameters:
            raise UnknownNameError("hyper-parameter in --only", name, parameters)
    chosen = {}
    for text, name in named.items():
        fits = not wanted or name in wanted
        if not name or (fits and (not only or set(differences(known[text], base)) <= set(only))):
            chosen[text] = name
    return chosen


def _shared(runs: pd.DataFrame, named: Mapping[str, str], remarks: list[str]) -> pd.DataFrame:
    """Return the runs on the tasks, noise levels, perturbations and seeds that all variants have."""
    counts = runs.groupby(_CELL, observed=True)["parameters"].transform("nunique")
    shared = runs[counts == len(named)]
    if not len(shared):
        raise ComparisonError(
            f"the {len(named)} variants share no task, noise level and seed; run all on the same, or choose with "
            "--variant, --suite or --noise"
        )
    if left_out := len(runs) - len(shared):
        sizes = runs["parameters"].astype(str).value_counts()
        least = min(named, key=lambda text: (int(sizes[text]), named[text]))
        whose = named[least] or "the base"
        remarks.append(
            f"{counted(left_out, 'run')} left out, on tasks, noise levels or seeds that some variant lacks; {whose} "
            f"has the fewest runs ({sizes[least]})."
        )
    return shared


def _rows(
    runs: pd.DataFrame, named: Mapping[str, str], known: Mapping[str, Parameters], base: Parameters, metric: str,
    margin: float | None,
) -> tuple[VariantRow, ...]:  # fmt: skip
    """Return the base and the variants, those that lose most first."""
    of = {text: runs[runs["parameters"] == text] for text in named}
    whole = of[next(text for text, name in named.items() if not name)]
    margins = None if margin is None else {metric: margin}
    rows = []
    for text, own in of.items():
        names = "the base", named[text] or "the base"
        result = compare(whole, own, names, metrics=(metric,), margins=margins)
        seconds, before = _median_seconds(own), _median_seconds(whole)
        status = own["status"].astype(str).value_counts()
        rows.append(
            VariantRow(
                name=named[text], changes=differences(known[text], base), parameters=known[text],
                line=result.overall(metric), p_value=None,
                lost=result.lost, gained=result.gained,
                seconds=seconds, seconds_ratio=seconds / before if seconds is not None and before else None,
                failures={str(s): int(status[s]) for s in Status if s is not Status.OK and s in status},
            )
        )  # fmt: skip
    return tuple(_adjusted(sorted(rows, key=_order)))


def _order(row: VariantRow) -> tuple[bool, float, str]:
    loss = 0.0 if row.line is None else METRICS[row.line.metric].sign * row.line.difference
    return bool(row.name), round(loss, 12), row.name


def _adjusted(rows: Sequence[VariantRow]) -> list[VariantRow]:
    """Return rows whose p-values and verdicts are those of one family: all variants beside the base."""
    base, *others = rows
    tested = [row.line for row in others if row.line is not None]
    lines, p_values = iter(comparison.adjusted(tested)), iter(holm([line.p_value for line in tested]))
    return [
        base,
        *(row if row.line is None else replace(row, line=next(lines), p_value=next(p_values)) for row in others),
    ]


def _median_seconds(runs: pd.DataFrame) -> float | None:
    taken = runs.loc[runs["status"] != Status.SKIPPED, "seconds"]
    return float(taken.median()) if len(taken) else None


def _base_said(base: Parameters, defaults: Parameters | None) -> Iterator[str]:
    """Say in what the base is not the method as it is installed."""
    if defaults is None:
        yield "The method is not installed, so whether the base has its defaults is not known; --base chooses another."
        return
    differing = {name: value for name, value in differences(base, defaults).items() if name in base}
    if differing:
        yield f"The base is not the method as it is installed, but has {said_of(differing)}; --base chooses another."
    if lacking := sorted(set(defaults) - set(base)):
        verb = "is a parameter" if len(lacking) == 1 else "are parameters"
        yield f"{', '.join(lacking)} {verb} of the installed method that these runs do not have."


def _mixed_code(runs: pd.DataFrame, named: Mapping[str, str]) -> Iterator[str]:
    """Say which variants were run with other code than the base: there a difference may be the code's."""
    sources = runs["method_source"].astype(object).fillna("").groupby(runs["parameters"].astype(str)).agg(set)
    base = next(sources[text] for text, name in named.items() if not name)
    if others := sorted(name for text, name in named.items() if sources[text] != base or (len(base) > 1 and name)):
        listed = "; ".join(others[:_MAX_NAMED]) + (
            f"; and {len(others) - _MAX_NAMED} more" if len(others) > _MAX_NAMED else ""
        )
        yield (
            f"Runs of other code of the method than the base's: {listed}. A difference may be the code's; "
            "`srbench run` repeats what is not of today's."
        )
