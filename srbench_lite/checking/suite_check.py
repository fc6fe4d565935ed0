"""`check_suite`: everything that is wrong with the tasks of a suite, or worth knowing of them.

A fault is what makes points or scores of a task say less than they seem to. Where a task says itself what is the
matter, in `unidentifiable` or, of everything else, in `erratum`, a fault is noted: it is known, and nothing is wrong
with the suite. A remark is no fault.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from srbench_lite.checking.domain_points import corners_of, domain_points, domains_of
from srbench_lite.checking.float_errors import DIGITS, FloatErrors
from srbench_lite.checking.hidden_terms import MAX_NODES, hidden_terms
from srbench_lite.checking.poles import pole_of
from srbench_lite.comparing.formula_class import formula_classes
from srbench_lite.errors import SrbenchError
from srbench_lite.problems.suite import Suite
from srbench_lite.problems.task import Task
from srbench_lite.problems.truth_check import truth_fault
from srbench_lite.problems.units import dimension_fault

__all__ = ["Finding", "Kind", "check_suite", "check_task", "same_formulas"]

Kind = Literal["file", "truth", "undefined", "rounding", "hidden", "pole", "dimension", "note", "duplicate"]

#: Truths that are undefined on a larger share of their domain are a fault, others are remarked on.
_MAX_UNDEFINED: Final = 0.01
#: Rounding errors above this share of the standard deviation of y, or of y itself at half of the points, are a fault.
_MAX_ROUNDING: Final = 1e-6
#: Smaller ones above this share are a remark, and so are those of single points above the second share of y there.
_REMARKED_ROUNDING: Final = 1e-10
_REMARKED_AT_A_POINT: Final = 1e-8
#: Points at which float64 is compared with many digits.
_PRECISE_POINTS: Final = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something that was found of a task, or of a suite as a whole.

    Attributes:
        suite: the suite's name, or the file's where it has no suite.
        task: the task's name; empty where it is about the suite.
        kind: what it is about.
        level: a fault; noted, which is a fault that the task itself tells of; or a remark.
        text: it, one sentence.
        note: what the task itself says of it.
    """

    suite: str
    task: str
    kind: Kind
    level: Literal["fault", "noted", "remark"]
    text: str
    note: str = ""


def check_suite(suite: Suite, seen: Callable[[Task], None] = lambda task: None) -> list[Finding]:
    """Return what is found of each task of a suite, in its order.

    Args:
        suite: which is read if it is not yet.
        seen: called after each task.
    """
    try:
        tasks = tuple(suite.tasks)
    except SrbenchError as error:
        return [Finding(suite=suite.name, task="", kind="file", level="fault", text=str(error))]
    found = []
    for task in tasks:
        found += check_task(task)
        seen(task)
    return found


def check_task(task: Task) -> list[Finding]:
    """Return what is found of a task."""
    return [*_dimensions(task), *_points(task)]


def _found(task: Task, kind: Kind, text: str, *, fault: bool = True, note: str = "") -> Finding:
    level: Literal["fault", "noted", "remark"] = "remark" if not fault else "noted" if note else "fault"
    return Finding(suite=task.suite, task=task.name, kind=kind, level=level, text=text, note=note)


def _dimensions(task: Task) -> Iterator[Finding]:
    if (fault := dimension_fault(task)) is not None:
        yield _found(task, "dimension", fault.removeprefix(f"task {task.name}: "), note=task.erratum)


def _points(task: Task) -> Iterator[Finding]:
    """Yield what points of a task show of its truth."""
    if task.truth is None:
        return
    if (fault := truth_fault(task)) is not None:
        yield _found(task, "truth", fault.removeprefix(f"task {task.name}: "), note=task.erratum)
        return
    try:
        drawn = domain_points(task)
    except SrbenchError as error:
        yield _found(task, "truth", str(error), note=task.erratum)
        return
    defined = np.isfinite(task.truth(dict(zip(task.variables, drawn.T, strict=True))))
    yield from _undefined(task, drawn, ~defined)
    yield from _rounding(task, drawn[defined])
    yield from _hidden(task, np.concatenate([drawn, corners_of(task)]))
    yield from _poles(task)


def _undefined(task: Task, x: NDArray[np.float64], bad: NDArray[np.bool_]) -> Iterator[Finding]:
    if share := float(bad.mean()):
        place = _place(task.variables, x[bad][0])
        text = f"the truth is undefined on {100 * share:.2g} % of its domain, such as at {place}"
        fault = share > _MAX_UNDEFINED
        yield _found(task, "undefined", f"{text}; such points are drawn again", fault=fault, note=task.erratum)


def _rounding(task: Task, x: NDArray[np.float64]) -> Iterator[Finding]:
    assert task.truth is not None
    some = np.unique(np.linspace(0, len(x) - 1, min(_PRECISE_POINTS, len(x))).astype(int))
    errors = FloatErrors.of(task.truth, tuple(task.variables), x[some])
    if errors.worst is None:
        return
    worst, half = float(errors.relative.max()), float(np.median(errors.relative))
    if errors.share_of_spread > _REMARKED_ROUNDING or worst > _REMARKED_AT_A_POINT:
        text = (
            f"y in float64 is off by {errors.share_of_spread:.1g} of its standard deviation (against {DIGITS} digits), "
            f"at worst by {worst:.1g} of itself, at {_place(task.variables, errors.x[errors.worst])}"
        )
        fault = max(errors.share_of_spread, half) > _MAX_ROUNDING
        yield _found(task, "rounding", text, fault=fault, note=task.unidentifiable or task.erratum)


def _hidden(task: Task, x: NDArray[np.float64]) -> Iterator[Finding]:
    assert task.truth is not None
    if task.truth.complexity > MAX_NODES:
        text = f"the truth has {task.truth.complexity} nodes; of more than {MAX_NODES} no hidden terms are looked for"
        yield _found(task, "hidden", text, fault=False)
        return
    terms = hidden_terms(task, x)
    for can, seen in (("cannot", False), ("can hardly", True)):
        if parts := [str(term) for term in terms if term.seen == seen]:
            text = f"points in float64 {can} show the truth: {'; '.join(parts)}"
            yield _found(task, "hidden", text, fault=not seen, note=task.unidentifiable)
    if task.unidentifiable and all(term.seen for term in terms):
        text = f"points in float64 show every part of the truth; leave out unidentifiable = {task.unidentifiable!r}"
        yield _found(task, "note", text)


def _poles(task: Task) -> Iterator[Finding]:
    assert task.truth is not None
    if task.data is None and task.trajectories is None:
        for domain in domains_of(task):
            if (pole := pole_of(task.truth, domain)) is not None:
                yield _found(task, "pole", f"the truth has a pole: {pole}", note=task.erratum)
                return


def _place(variables: Iterable[str], point: NDArray[np.float64]) -> str:
    return ", ".join(f"{name} = {value:.6g}" for name, value in zip(variables, point, strict=True))


def same_formulas(suites: Sequence[Suite], others: Mapping[str, Suite]) -> list[Finding]:
    """Return for each formula of some suites that stands in several tasks, theirs or others', where it stands.

    A task that another suite has taken over whole under another name, as `core` does, is the same task.

    Args:
        suites: that are checked.
        others: by name, suites that theirs are compared with; one that is checked is not compared with its namesake.
    """
    own = [task for suite in suites for task in _read(suite)]
    names = {suite.name for suite in suites}
    rest = [task for name, suite in others.items() if name not in names for task in _read(suite)]
    classes = formula_classes(str(task.truth) for task in (*own, *rest) if task.truth is not None)
    by_formula: dict[str, list[Task]] = {}
    for task in (*own, *rest):
        if task.truth is not None:
            alike = by_formula.setdefault(classes[str(task.truth)], [])
            if not any(_is_copy(task, other) for other in alike):
                alike.append(task)
    checked = {id(task) for task in own}
    return [
        _found(tasks[0], "duplicate", f"{tasks[0].truth} is the formula of {_listed(tasks[1:])} too", fault=False)
        for tasks in by_formula.values()
        if len(tasks) > 1 and id(tasks[0]) in checked
    ]


def _is_copy(task: Task, other: Task) -> bool:
    return task.suite != other.suite and replace(task, name=other.name, suite=other.suite) == other


def _read(suite: Suite) -> Sequence[Task]:
    """Return the tasks of a suite; none where it cannot be read, which `check_suite` says."""
    try:
        return tuple(suite.tasks)
    except SrbenchError:
        return ()


def _listed(tasks: Sequence[Task]) -> str:
    names = [task.name for task in tasks]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
