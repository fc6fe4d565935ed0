"""`hidden_terms`: parts of a truth that points in float64 cannot show.

In v/sqrt(1 - v**2/c**2) with v far below c, the second term changes no digit of y: whoever finds v has found all that
the points say, and no method is to blame. Each part of a truth is replaced by what it looks like where it cannot be
seen: a term of a sum by nothing, a function by its first terms at zero or its limit, a branch by the other one. A part
whose replacement changes y by no more than some roundings, at all points of the domain, is hidden.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from srbench_lite.checking.float_errors import FloatErrors, precise_values
from srbench_lite.expressions.expression import Expression

if TYPE_CHECKING:
    from srbench_lite.problems.task import Task

__all__ = ["MAX_NODES", "HiddenTerm", "hidden_terms"]

_EPS: Final = float(np.finfo(np.float64).eps)
#: A change cannot be seen where it is below this share of y for each node of the truth, which is what evaluating it in
#: another order may change, or below so many times the rounding error that y has at the point.
_MAX_CHANGE_OF_NODE: Final = _EPS
_MAX_ERRORS: Final = 4.0
#: A change that is larger but below this share of y at all points can hardly be seen.
_MAX_HARDLY_SEEN: Final = 1e-9
#: Larger truths are not searched: the time grows with the square of the nodes.
MAX_NODES: Final = 300
#: So many points are computed with many digits: half of them are those of the largest change.
_PRECISE_POINTS: Final = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class HiddenTerm:
    """A part of a truth that points cannot show.

    Attributes:
        part: the part.
        instead: what it looks like.
        size: the largest change of y at a point, as a share of y there.
        seen: whether some point shows it after all, though hardly.
    """

    part: Expression
    instead: Expression
    size: float
    seen: bool

    def __str__(self) -> str:
        size = f"changes y by at most {self.size:.1g} of itself"
        if self.part.op in ("add", "sub"):
            term = self.part.args[self.instead is self.part.args[0]]
            return f"the term {term} of {self.part} {size}"
        return f"{self.part} looks like {self.instead}: the rest {size}"


def hidden_terms(task: Task, x: NDArray[np.float64]) -> list[HiddenTerm]:
    """Return the parts of a task's truth that points cannot show, or can hardly show; the largest parts only.

    Args:
        task: with a truth of at most `MAX_NODES` nodes.
        x: points of its domain, shape (n, d).
    """
    assert task.truth is not None
    truth = task.truth
    columns = dict(zip(task.variables, x.T, strict=True))
    y = truth(columns)
    good = np.isfinite(y) & (y != 0)
    if not good.any():
        return []
    zeros = {name: column[y == 0] for name, column in columns.items()}  # as those of floor: no share of y, but seen
    columns, y, x = {name: column[good] for name, column in columns.items()}, y[good], x[good]
    names = tuple(task.variables)
    some = np.unique(np.linspace(0, len(x) - 1, _PRECISE_POINTS // 2).astype(int))
    errors = FloatErrors.of(truth, names, x[some]).relative
    least = _MAX_HARDLY_SEEN + 2 * _MAX_ERRORS * (errors.max() if len(errors) else 0.0)
    found: list[HiddenTerm] = []
    for part, instead, whole in _replaced(truth):
        if any(_overlap(part, term.part) for term in found if not term.seen):
            continue
        with np.errstate(all="ignore"):
            change = np.abs(whole(columns) - y) / np.abs(y)
            seen_at_zeros = bool((whole(zeros) != 0).any())
        if seen_at_zeros or not (change <= least).all():
            continue
        chosen = np.unique(np.concatenate([np.argsort(change)[-_PRECISE_POINTS // 2 :], some]))
        changes = _changes(truth, whole, names, x[chosen])
        if changes is None or changes.largest > _MAX_HARDLY_SEEN:
            continue
        if not changes.seen or not any(_overlap(part, term.part) for term in found):
            found.append(HiddenTerm(part=part, instead=instead, size=changes.largest, seen=changes.seen))
    return found


def _overlap(part: Expression, other: Expression) -> bool:
    """Whether one of two different parts of a formula holds the other."""
    return part is not other and (
        any(node is part for node in other.postorder()) or any(node is other for node in part.postorder())
    )


@dataclass(frozen=True, slots=True)
class _Changes:
    """What a replacement changes: the largest relative change of y, and whether it can be seen at a point."""

    largest: float
    seen: bool


def _changes(truth: Expression, other: Expression, names: Sequence[str], x: NDArray[np.float64]) -> _Changes | None:
    """Return what a replacement changes with many digits, or None where it makes y undefined."""
    errors = FloatErrors.of(truth, names, x)
    values = zip(precise_values(truth, names, errors.x), precise_values(other, names, errors.x), strict=True)
    sizes = [None if b is None else float(abs((b - a) / a)) for a, b in values]
    if not sizes or None in sizes:
        return None
    changes = np.array(sizes, dtype=np.float64)
    limit = _MAX_CHANGE_OF_NODE * truth.complexity + _MAX_ERRORS * errors.relative
    return _Changes(largest=float(changes.max()), seen=bool((changes > limit).any()))


def _replaced(truth: Expression) -> Iterator[tuple[Expression, Expression, Expression]]:
    """Yield parts, what they may look like, and the truth with each replaced: terms first, larger parts first."""
    nodes = [*truth.postorder()]
    places = sorted(range(len(nodes)), key=lambda place: (nodes[place].op not in ("add", "sub"), -place))
    for place in places:
        for instead in _looks(nodes[place]):
            yield nodes[place], instead, _with(nodes, place, instead)


def _with(nodes: Sequence[Expression], place: int, instead: Expression) -> Expression:
    """Return the formula of these nodes, in postorder, with the one at a place replaced."""
    values: list[Expression] = []
    for number, node in enumerate(nodes):
        arity = len(node.args)
        args = values[len(values) - arity :]
        del values[len(values) - arity :]
        values.append(instead if number == place else Expression(node.op, args=args) if arity else node)
    return values[0]


def _looks(node: Expression) -> Iterator[Expression]:
    """Yield what a part may look like where it cannot be seen."""
    one = Expression.constant(1.0)
    match node.op, node.args:
        case "add", (a, b):
            yield from (a, b)
        case "sub", (a, b):
            yield from (a, -b)
        case (("min" | "max"), (a, b)):
            yield from (a, b)
        case "ifelse", (_, a, b):
            yield from (a, b)
        case "abs", (a,):
            yield from (a, -a)
        case (("sin" | "tan" | "asin" | "atan" | "sinh" | "asinh"), (a,)):
            yield a
        case (("tanh" | "erf"), (a,)):
            yield from (a if node.op == "tanh" else a * (2 / np.sqrt(np.pi)), one, -one)
        case (("cos" | "cosh"), (a,)):
            half = Expression.constant(0.5) * a**2.0
            yield one - half if node.op == "cos" else one + half
        case "exp", (a,):
            yield one + a
        case "log", (a,):
            yield a - 1.0
        case "sqrt", (a,):
            yield (one + a) * 0.5
        case "pow", (a, b) if b.value is not None and b.value not in (0.0, 1.0):
            yield one + (a - 1.0) * b.value
        case _:
            return
