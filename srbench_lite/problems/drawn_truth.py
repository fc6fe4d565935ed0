"""Whether a formula that was drawn makes a good task, and what it has in common with others.

Good: defined on the whole domain and away from the poles, of moderate size, not constant, and without a part that
points do not show. Points are the same every time: a lattice and the corners of the domain.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from srbench_lite.expressions.expression import Expression
from srbench_lite.expressions.operators import NAMED_CONSTANTS, array_function

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from srbench_lite.problems.sampling import Sampling

__all__ = ["DomainPoints", "is_good", "signature"]

_POINTS: Final = 200
_MAX_CORNERS: Final = 64
_COMPARED: Final = 12
#: Values of a truth, and of its parts, are at most so large.
_MAX_VALUE: Final = 1e5
_MAX_PART: Final = 1e6
#: ... and not all smaller than this.
_MIN_VALUE: Final = 1e-2
#: Every part changes y by so much of its spread when it is another.
_MIN_EFFECT: Final = 2e-4
_NUMBER_MOVED_BY: Final = 1.5
#: No point is farther from the mean of y than so many standard deviations.
_MAX_FAR: Final = 14.0
#: What must not be zero, and may be as far as signs tell, keeps this share of its largest size away from it.
_MIN_SHARE_FROM_ZERO: Final = 0.02
#: Arguments of sines and exponentials are at most so large: more periods cannot be told apart at few points.
_MAX_ARGUMENT: Final = {"sin": 15.0, "cos": 15.0, "exp": 8.0, "sinh": 8.0, "cosh": 8.0, "tan": 15.0, "gamma": 8.0}
_MAX_TANGENT: Final = 20.0
_POSITIVE: Final = frozenset({"log", "sqrt", "gamma", "digamma"})
_MAX_UNIT_ARGUMENT: Final = 0.98
_SAME: Final = 1e-9

Array = Any


class DomainPoints:
    """Points of a domain in which all variables have the same range.

    Attributes:
        columns: by variable, each of shape (n,): a lattice, then corners.
    """

    def __init__(self, variables: Sequence[str], sampling: Sampling) -> None:
        import numpy as np

        d = len(variables)
        step = _lattice_steps(d)
        shares = np.mod(0.5 + np.outer(np.arange(1, _POINTS + 1), step), 1.0)
        corners = list(itertools.islice(itertools.product((0.0, 1.0), repeat=d), _MAX_CORNERS))
        shares = np.concatenate([shares, np.array(corners)])
        self.columns = {name: _quantiles(sampling, shares[:, i]) for i, name in enumerate(variables)}
        own = np.mod(0.5 + np.outer(np.arange(1, _COMPARED + 1), _lattice_steps(2)), 1.0)
        self.others, self.single = _quantiles(sampling, own[:, 0]), _quantiles(sampling, own[:, 1])


def _lattice_steps(d: int) -> list[float]:
    """Return steps of an even lattice in d dimensions: powers of the root of x**(d + 1) = x + 1."""
    root = 2.0
    for _ in range(60):
        root = (1 + root) ** (1 / (d + 1))
    return [root ** -(i + 1) % 1 for i in range(d)]


def _quantiles(sampling: Sampling, shares: NDArray[np.float64]) -> NDArray[np.float64]:
    import numpy as np

    if sampling.sampling == "log":
        return sampling.low * np.exp(shares * math.log(sampling.high / sampling.low))
    return sampling.low + shares * (sampling.high - sampling.low)


def signature(formula: Expression, points: DomainPoints) -> NDArray[np.float64]:
    """Return values that two formulas share where they are one function under renaming of variables, shape (k,).

    The values at points where all variables are equal, and sums over the variables of the values, and of their squares,
    where one differs.
    """
    import numpy as np

    names = list(points.columns)
    equal = formula(dict.fromkeys(names, points.others))
    single = [formula({**dict.fromkeys(names, points.others), name: points.single}) for name in names]
    with np.errstate(all="ignore"):
        return np.concatenate([equal, np.sum(single, axis=0), np.sum(np.square(single), axis=0)])


def is_good(formula: Expression, points: DomainPoints, *, written_short: bool) -> bool:
    """Return whether a formula makes a good task on this domain: see the head of this file.

    Args:
        formula: what was drawn.
        points: of the domain.
        written_short: whether it surely has no part such as log(exp(x)): then none is looked for.
    """
    import numpy as np

    if set(formula.variables) != set(points.columns):
        return False
    tree = _Tree(formula, points.columns)
    with np.errstate(all="ignore"):
        if not all(tree.is_tame(place) for place in range(len(tree.nodes))):
            return False
        tree.keep_inner_points()
        y = tree.values[-1]
        size, spread = float(np.max(np.abs(y))), float(np.std(y))
        if not (_MIN_VALUE <= size <= _MAX_VALUE and spread >= _MIN_EFFECT * size):
            return False
        if np.max(np.abs(y - np.mean(y))) > _MAX_FAR * spread:
            return False
        return tree.every_part_shows(_MIN_EFFECT * spread) and (written_short or not tree.has_shortcut())


class _Tree:
    """The nodes of a formula in postorder with their values at points."""

    def __init__(self, formula: Expression, columns: dict[str, NDArray[np.float64]]) -> None:
        import numpy as np

        self.nodes = list(formula.postorder())
        self.args: list[list[int]] = []
        self.parent = [-1] * len(self.nodes)
        self.values: list[Array] = []
        self.varies: list[bool] = []
        self.signs: list[int] = []
        stack: list[int] = []
        for place, node in enumerate(self.nodes):
            arity = len(node.args)
            args = stack[len(stack) - arity :]
            del stack[len(stack) - arity :]
            stack.append(place)
            self.args.append(args)
            for arg in args:
                self.parent[arg] = place
            self.signs.append(self._sign(node, [self.signs[arg] for arg in args], columns))
            self.varies.append(node.name is not None or any(self.varies[arg] for arg in args))
            with np.errstate(all="ignore"):
                self.values.append(self._value(node, [self.values[arg] for arg in args], columns))

    @staticmethod
    def _value(node: Expression, args: list[Array], columns: dict[str, NDArray[np.float64]]) -> Array:
        import numpy as np

        if node.name is not None:
            return columns[node.name]
        if node.value is not None:
            return np.float64(node.value)
        return array_function(node.op)(*args) if args else np.float64(NAMED_CONSTANTS[node.op][0])

    @staticmethod
    def _sign(node: Expression, signs: list[int], columns: dict[str, NDArray[np.float64]]) -> int:
        """Return 1 or -1 where a node is surely above or below zero on the whole domain, else 0."""
        if node.name is not None:
            low, high = columns[node.name].min(), columns[node.name].max()  # the corners are among the points
            return int(low > 0) - int(high < 0)
        if not signs:
            return 1 if node.value is None or node.value > 0 else -1
        match node.op:
            case "add":
                return signs[0] if signs[0] == signs[1] else 0
            case "mul" | "div":
                return signs[0] * signs[1]
            case "neg":
                return -signs[0]
            case "exp" | "cosh":
                return 1
            case "sqrt" | "cbrt" | "pow" | "sinh" | "tanh" | "atan":
                return max(signs[0], 0)
        return 0

    def _is_from_zero(self, place: int) -> bool:
        """Return whether a node has one sign on the whole domain."""
        import numpy as np

        values = self.values[place]
        sizes = np.abs(values)
        one_side = np.ndim(values) == 0 or bool(np.min(values) > 0 or np.max(values) < 0)
        least = 0.0 if self.signs[place] else _MIN_SHARE_FROM_ZERO * float(np.max(sizes))
        return one_side and bool(np.min(sizes) >= least and np.min(sizes) > 0)

    def is_tame(self, place: int) -> bool:
        """Return whether a node is of moderate size, defined, and away from where it is not."""
        import numpy as np

        node, args = self.nodes[place], [self.values[arg] for arg in self.args[place]]
        if not np.max(np.abs(self.values[place])) <= _MAX_PART:  # not finite either
            return False
        if not args:
            return True
        size = np.max(args[0] if node.op == "exp" else np.abs(args[0]))
        if size > _MAX_ARGUMENT.get(node.op, math.inf):
            return False
        match node.op:
            case "div":
                return self._is_from_zero(self.args[place][1])
            case "pow":
                exponent = args[1]
                whole = np.ndim(exponent) == 0 and float(exponent).is_integer()
                return bool(whole and exponent > 0) or (
                    self._is_from_zero(self.args[place][0]) and (whole or bool(np.min(args[0]) > 0))
                )
            case "asin" | "acos" | "atanh":
                return bool(size <= _MAX_UNIT_ARGUMENT)
            case "acosh":
                return bool(np.min(args[0]) >= 2 - _MAX_UNIT_ARGUMENT)
            case "tan":
                return bool(np.max(np.abs(self.values[place])) <= _MAX_TANGENT) and bool(
                    np.ptp(np.floor(args[0] / math.pi + 0.5)) == 0
                )
            case op if op in _POSITIVE:
                return self._is_from_zero(self.args[place][0]) and bool(np.min(args[0]) > 0)
        return True

    def keep_inner_points(self) -> None:
        """Forget the corners, where what has no effect elsewhere may have one."""
        import numpy as np

        self.values = [value if np.ndim(value) == 0 else value[:_POINTS] for value in self.values]

    def every_part_shows(self, least: float) -> bool:
        """Return whether y changes by at least `least` when a part is another.

        A part that varies becomes its mean, an operator one of its arguments, and a number half as large again.
        """
        import numpy as np

        y = self.values[-1]
        for place, node in enumerate(self.nodes):
            others: list[Array] = [self.values[arg] for arg in self.args[place] if self.varies[arg]]
            if self.varies[place]:
                others.append(np.full_like(y, np.mean(self.values[place])))
            elif node.value is not None:
                others.append(np.float64(node.value * _NUMBER_MOVED_BY))
            for other in others:
                change = self._with(place, other) - y
                if np.sqrt(np.mean(change**2)) < least:  # False where it is not defined any more: then it shows
                    return False
        return True

    def _with(self, place: int, value: Array) -> Array:
        """Return the values of the whole formula where one node has other ones."""
        while (parent := self.parent[place]) >= 0:
            args = [value if arg == place else self.values[arg] for arg in self.args[parent]]
            place, value = parent, array_function(self.nodes[parent].op)(*args)
        return value

    def has_shortcut(self) -> bool:
        """Return whether a part is a number, or what lies below it with a number added or multiplied: log(exp(x))."""
        import numpy as np

        below: list[set[int]] = []
        for place, args in enumerate(self.args):
            below.append(set(args).union(*(below[arg] for arg in args)))
            if not args:
                continue
            value = self.values[place]
            if np.ndim(value) == 0 or np.ptp(value) <= _SAME * np.max(np.abs(value)):
                return True
            direct = self.nodes[place].op == "neg" or (
                len(args) == 2 and not all(self.varies[arg] for arg in args)
            )  # 2*x
            others = [self.values[i] for i in below[place] if self.varies[i] and not (direct and i in args)]
            for other in others:
                if np.ptp(value - other) <= _SAME * np.max(np.abs(value)):
                    return True
                ratio = value / other
                if np.isfinite(ratio).all() and np.ptp(ratio) <= _SAME * np.max(np.abs(ratio)):
                    return True
        return False
