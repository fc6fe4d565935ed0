"""Whether a set of records can stand on a public leaderboard: complete, of known tasks, within limits, judged right.

`check_submission` looks at the records themselves; `check_verdicts` at what `srbench_lite.running.verification` found.
Nothing is believed that can be computed, and what cannot (times, memory, the machine) must at least fit together.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from srbench_lite.errors import ExpressionError
from srbench_lite.expressions.expression import Expression
from srbench_lite.recording.claim import CheckedClaim, Worth
from srbench_lite.recording.record import Record, Status

if TYPE_CHECKING:
    from srbench_lite.problems.suite import Suite
    from srbench_lite.problems.task import Task

__all__ = ["Point", "check_submission", "check_verdicts"]

#: What a limit may be exceeded by: it is looked at every few hundredths of a second, and ending a process takes time.
_TIME_SHARE, _TIME_SECONDS = 0.05, 2.0
_MEMORY_SHARE: Final = 0.05
#: CPU seconds of a fit beside its wall clock and threads: other processes of the fit are counted too.
_CPU_SHARE, _CPU_SECONDS = 0.10, 2.0
#: Statuses at which a limit had to end the fit, so that its memory may be above it.
_ENDED_BY_LIMIT: Final = (Status.TIMEOUT, Status.MEMOUT)
_MAX_SHOWN: Final = 160  # characters of an example


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One thing that is looked at.

    Attributes:
        name: what it is, such as "complete".
        looked_at: how many things were looked at: runs, or what `name` counts.
        wrong: how many of them are wrong.
        example: the first that is wrong, in words; of a point without a fault a remark, or nothing.
    """

    name: str
    looked_at: int
    wrong: int
    example: str = ""

    @property
    def is_right(self) -> bool:
        """Whether nothing is wrong."""
        return not self.wrong


def _point(name: str, looked_at: int, faults: Iterable[str], remark: str = "") -> Point:
    wrong = list(faults)
    return Point(name=name, looked_at=looked_at, wrong=len(wrong), example=(wrong[0] if wrong else remark)[:_MAX_SHOWN])


def check_submission(
    records: Sequence[Record], suites: Mapping[str, Suite], *, wanted: Collection[str] = (), seeds: int | None = None
) -> tuple[Point, ...]:
    """Look at records without judging a formula.

    Args:
        records: of one file.
        suites: those whose definitions are known, by name; at least those of `wanted`.
        wanted: names of suites that must be there; the records may have others.
        seeds: how many different seeds each task must have been run with; None for as many as any task has.

    Returns:
        What was looked at, in the order in which it is shown.
    """
    tasks = {task.name: task for name in {r.suite for r in records} | {*wanted} for task in _tasks(suites, name)}
    missing, expected = _missing(records, suites, wanted, seeds)
    return (
        _point("known tasks", len(records), _unknown(records, tasks)),
        _point("complete", expected, missing, _made_of(records)),
        _point("no run twice", len(records), _doubles(records)),
        _point("one set of limits", *_mixed(records, "limits", _limits)),
        _point("within limits", len(records), _beyond(records)),
        _point("one version of each method", *_mixed(records, "versions", _version)),
        _point("one code of each method", *_mixed(records, "codes", _code)),
        _point("clean checkout", len(records), _dirty(records)),
        _point("one version of srbench-lite", *_installations(records)),
        _point("plausible ends", len(records), _implausible(records)),
        _point("formulas can be read", *_unreadable(records, tasks)),
    )


def check_verdicts(claims: Sequence[CheckedClaim]) -> Point:
    """Look at what came out where formulas were judged here."""
    rejected = [f"{_run(one.claim)}: {one.why}" for one in claims if one.worth is Worth.REJECTED]
    unsure = [one for one in claims if one.worth is Worth.CLAIMED]
    remark = f"{len(unsure)} could not be judged, such as {_run(unsure[0].claim)}: {unsure[0].why}" if unsure else ""
    return _point("verdicts as judged here", len(claims), rejected, remark)


def _tasks(suites: Mapping[str, Suite], name: str) -> Sequence[Task]:
    return suites[name].tasks if name in suites else ()


def _run(record: Record) -> str:
    changed = f", {_text(record.perturbation)}" if record.perturbation else ""
    return f"{record.method} on {record.task}, noise {record.noise:g}{changed}, seed {record.seed}"


def _text(values: Mapping[str, Any]) -> str:
    return json.dumps(dict(values), sort_keys=True)


def _variant(record: Record) -> tuple[str, str]:
    """Return what is compared on a leaderboard: a method with its hyper-parameters."""
    return record.method, _text(record.parameters)


def _unknown(records: Iterable[Record], tasks: Mapping[str, Task]) -> Iterator[str]:
    for record in records:
        task = tasks.get(record.task)
        if task is None:
            yield f"{_run(record)}: no task of this name is known here; --suite FILE.toml names a file that defines it"
        elif task.fingerprint != record.task_fingerprint:
            versions = f"version {record.task_version} of it, and version {task.version} is known here"
            yield f"{_run(record)}: it is of another definition: {versions}"


def _missing(
    records: Sequence[Record], suites: Mapping[str, Suite], wanted: Collection[str], seeds: int | None
) -> tuple[list[str], int]:
    """Return the runs that are missing, and how many there were to be: all tasks of a suite have the same runs."""
    runs: dict[tuple[str, str], set[tuple[str, float, str, int]]] = defaultdict(set)
    claimed: dict[tuple[str, str], set[str]] = defaultdict(set)
    for record in records:
        runs[_variant(record)].add((record.task, record.noise, _text(record.perturbation), record.seed))
        claimed[_variant(record)].add(record.suite)
    missing, expected = [], 0
    for variant, present in sorted(runs.items()):
        conditions = sorted({(noise, changed) for _, noise, changed, _ in present})
        every_seed = sorted({seed for *_, seed in present})
        names = {task.name for name in claimed[variant] | {*wanted} for task in _tasks(suites, name)}
        names |= {task for task, *_ in present}
        if seeds is not None and len(every_seed) < seeds:
            missing.append(f"{variant[0]} was run with {len(every_seed)} seeds, and {seeds} are wanted")
        for task in sorted(names):
            for noise, changed in conditions:
                for seed in every_seed:
                    expected += 1
                    if (task, noise, changed, seed) not in present:
                        how = "" if changed == "{}" else f", {changed}"
                        missing.append(f"{variant[0]} on {task}, noise {noise:g}{how}, seed {seed} is missing")
    missing += [f"no record is of the suite {name}" for name in wanted if all(r.suite != name for r in records)]
    return missing, expected


def _made_of(records: Sequence[Record]) -> str:
    counts = {
        "method": len({_variant(r) for r in records}), "task": len({r.task for r in records}),
        "seed": len({r.seed for r in records}), "noise level": len({r.noise for r in records}),
    }  # fmt: skip
    return ", ".join(f"{count} {noun}{'s' * (count != 1)}" for noun, count in counts.items())


def _doubles(records: Iterable[Record]) -> Iterator[str]:
    counts = Counter((*_variant(r), r.task, r.noise, _text(r.perturbation), r.seed) for r in records)
    for (method, _, task, noise, _, seed), count in counts.items():
        if count > 1:
            yield f"{method} on {task}, noise {noise:g}, seed {seed} is there {count} times"


def _mixed(records: Sequence[Record], what: str, of: Callable[[Record], str]) -> tuple[int, list[str]]:
    """Return how many methods there are, and those whose records do not agree in something."""
    found: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for record in records:
        found[_variant(record)][of(record)] += 1
    several = ((method, counts) for (method, _), counts in found.items() if len(counts) > 1)
    return len(found), [f"{method} has {_several(what, counts)}" for method, counts in several]


def _installations(records: Sequence[Record]) -> tuple[int, list[str], str]:
    """Return how many runs there are, whether versions of srbench-lite are mixed, and what else is, in words."""
    remarks = []
    for name, what in (("commit", "commits"), ("cpu", "kinds of processors"), ("host", "hosts")):
        counts = Counter(str(record.environment.get(name)) for record in records)
        remarks += [_several(what, counts)] if len(counts) > 1 else []
    versions = Counter(str(record.environment.get("srbench_lite")) for record in records)
    faults = [f"there are {_several('versions', versions)}"] if len(versions) > 1 else []
    return len(records), faults, "; ".join(remarks)


def _several(what: str, counts: Counter[str]) -> str:
    shown = ", ".join(f"{text[:40]} ({count} runs)" for text, count in counts.most_common(3))
    return f"{len(counts)} {what}: {shown}"


def _limits(record: Record) -> str:
    return f"{record.budget_seconds:g} s, {record.budget_memory_mb:g} MiB, {record.budget_threads} threads"


def _version(record: Record) -> str:
    return f"{record.method_version}, scored by {record.scoring_version}"


def _code(record: Record) -> str:
    return record.method_source or "unknown"


def _beyond(records: Iterable[Record]) -> Iterator[str]:
    for record in records:
        seconds, memory, threads = record.budget_seconds, record.budget_memory_mb, record.budget_threads
        if record.seconds > seconds * (1 + _TIME_SHARE) + _TIME_SECONDS:
            yield f"{_run(record)}: {record.seconds:.1f} s with a limit of {seconds:g} s"
        elif record.peak_mb is not None and record.peak_mb > memory * (1 + _MEMORY_SHARE) and not _was_ended(record):
            yield f"{_run(record)}: {record.peak_mb:.0f} MiB with a limit of {memory:g} MiB"
        elif record.cpu_seconds > threads * record.seconds * (1 + _CPU_SHARE) + _CPU_SECONDS:
            yield f"{_run(record)}: {record.cpu_seconds:.1f} s of CPU in {record.seconds:.1f} s with {threads} threads"


def _was_ended(record: Record) -> bool:
    return record.status in _ENDED_BY_LIMIT


def _dirty(records: Iterable[Record]) -> Iterator[str]:
    for record in records:
        commit = str(record.environment.get("commit") or "")
        if commit.endswith("+dirty"):
            yield f"{_run(record)}: made by a changed checkout, {commit[:40]}, which nobody else has"


def _implausible(records: Iterable[Record]) -> Iterator[str]:
    for record in records:
        scores, status = record.scores, record.status
        if status is Status.OK and record.expression is None:
            yield f"{_run(record)}: ended ok without a formula"
        elif status is Status.OK and record.reason is not None:
            yield f"{_run(record)}: ended ok for a reason, {record.reason[:60]!r}"
        elif status is Status.SKIPPED and (record.expression is not None or record.seconds > 0):
            yield f"{_run(record)}: was skipped, and has a formula or took time"
        elif status is Status.TIMEOUT and record.seconds < record.budget_seconds * (1 - _TIME_SHARE):
            yield f"{_run(record)}: timed out after {record.seconds:.1f} s of {record.budget_seconds:g} s"
        elif scores.verdict is not None and record.expression is None:
            yield f"{_run(record)}: is {scores.verdict} without a formula"
        elif bool(scores.recovered_srbench) is not (scores.verdict in ("exact", "recovered", "affine")):
            said = f"recovered_srbench = {scores.recovered_srbench} with the verdict {scores.verdict}"
            yield f"{_run(record)}: says {said}"


def _unreadable(records: Sequence[Record], tasks: Mapping[str, Task]) -> tuple[int, list[str]]:
    """Return how many runs have a formula, and those whose text is none, or is too long, or has other variables."""
    faults, known = [], {}
    formulas = [record for record in records if record.expression is not None and record.status is not Status.INVALID]
    for record in formulas:
        task = tasks.get(record.task)
        variables = None if task is None or record.perturbation else tuple(task.variables)
        what = (record.expression, variables)
        if what not in known:
            known[what] = _fault_of(str(record.expression), variables)
        if known[what]:
            faults.append(f"{_run(record)}: {known[what]}")
    return len(formulas), faults


def _fault_of(text: str, variables: Sequence[str] | None) -> str:
    try:
        Expression.parse(text, variables=variables)
    except ExpressionError as error:
        return str(error)
    return ""
