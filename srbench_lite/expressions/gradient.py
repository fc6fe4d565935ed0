"""`Gradient`: a formula's values and its derivatives by each of its constants, in float64 (reverse accumulation)."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from srbench_lite.expressions.expression import Expression
from srbench_lite.expressions.operators import NAMED_CONSTANTS, array_function

__all__ = ["Gradient"]


#: For each operator, the partial derivatives given its arguments and, last, its value.
_RULES: Final[dict[str, Callable[..., tuple[Any, ...]]]] = {
    "add": lambda a, b, y: (1.0, 1.0),
    "sub": lambda a, b, y: (1.0, -1.0),
    "mul": lambda a, b, y: (b, a),
    "div": lambda a, b, y: (1.0 / b, -y / b),
    "neg": lambda a, y: (-1.0,),
    "pow": lambda a, b, y: (b * np.power(a, b - 1.0), y * np.log(a)),
    "sin": lambda a, y: (np.cos(a),),
    "cos": lambda a, y: (-np.sin(a),),
    "tan": lambda a, y: (1.0 + y * y,),
    "asin": lambda a, y: (1.0 / np.sqrt(1.0 - a * a),),
    "acos": lambda a, y: (-1.0 / np.sqrt(1.0 - a * a),),
    "atan": lambda a, y: (1.0 / (1.0 + a * a),),
    "sinh": lambda a, y: (np.cosh(a),),
    "cosh": lambda a, y: (np.sinh(a),),
    "tanh": lambda a, y: (np.cosh(a) ** -2.0,),  # not 1 - y * y: that is 0 where tanh is nearly 1
    "exp": lambda a, y: (y,),
    "log": lambda a, y: (1.0 / a,),
    "sqrt": lambda a, y: (0.5 / y,),
    "abs": lambda a, y: (np.sign(a),),
    "sign": lambda a, y: (0.0,),
    "min": lambda a, b, y: (np.where(a <= b, 1.0, 0.0), np.where(a <= b, 0.0, 1.0)),
    "max": lambda a, b, y: (np.where(a >= b, 1.0, 0.0), np.where(a >= b, 0.0, 1.0)),
    "asinh": lambda a, y: (1.0 / np.hypot(1.0, a),),
    "acosh": lambda a, y: (1.0 / (np.sqrt(a - 1.0) * np.sqrt(a + 1.0)),),
    "atanh": lambda a, y: (1.0 / ((1.0 - a) * (1.0 + a)),),
    "cbrt": lambda a, y: (1.0 / (3.0 * y * y),),
    "floor": lambda a, y: (0.0,),
    "ceil": lambda a, y: (0.0,),
    "erf": lambda a, y: (2.0 / math.sqrt(math.pi) * np.exp(-a * a),),
    "gamma": lambda a, y: (y * array_function("digamma")(a),),
    "digamma": lambda a, y: (_trigamma(a),),
    "ifelse": lambda c, a, b, y: (0.0, np.where(c > 0, 1.0, 0.0), np.where(c > 0, 0.0, 1.0)),
}


def _trigamma(a: Any) -> Any:
    from scipy.special import polygamma

    return polygamma(1, a)


class Gradient:
    """A formula at fixed points, as a function of its constants.

    Args:
        expression: the formula.
        columns: one array of shape (n,) for each variable.
        places: for each number of the formula, in text order, which of k constants it is; by default one each.
    """

    __slots__ = ("_chooses", "_functions", "_leaves", "_n", "_nodes", "k")

    def __init__(
        self,
        expression: Expression,
        columns: Mapping[str, NDArray[np.float64]],
        places: Sequence[int] | None = None,
    ) -> None:
        self._n = len(next(iter(columns.values()))) if columns else 1
        self._nodes: list[tuple[str, tuple[int, ...]]] = []  # operator and places of its arguments
        self._functions: list[Any] = []
        self._leaves: list[Any] = []  # values of the leaves; None where an operator or a constant stands
        self._chooses = False  # whether a part may be undefined where it does not matter
        numbers = 0
        self.k = 0
        stack: list[int] = []
        for place, node in enumerate(expression.postorder()):
            arity = len(node.args)
            args = tuple(stack[len(stack) - arity :])
            del stack[len(stack) - arity :]
            stack.append(place)
            if arity:
                self._chooses = self._chooses or node.op == "ifelse"
                self._nodes.append((node.op, args))
                self._functions.append(array_function(node.op))
                self._leaves.append(None)
                continue
            self._functions.append(None)
            if node.value is not None:
                constant = numbers if places is None else places[numbers]
                self._nodes.append(("constant", (constant,)))
                self._leaves.append(None)
                numbers += 1
                self.k = max(self.k, constant + 1)
            else:
                self._nodes.append(("leaf", ()))
                self._leaves.append(columns[node.name] if node.name is not None else NAMED_CONSTANTS[node.op][0])

    @property
    def nodes(self) -> int:
        """Number of nodes of the formula."""
        return len(self._nodes)

    def _forward(self, constants: Sequence[float] | NDArray[np.float64]) -> list[Any]:
        values: list[Any] = []
        for (op, args), function, leaf in zip(self._nodes, self._functions, self._leaves, strict=True):
            if function is not None:
                values.append(function(*[values[a] for a in args]))
            elif op == "constant":
                values.append(np.float64(constants[args[0]]))
            else:
                values.append(leaf)
        return values

    def value(self, constants: Sequence[float] | NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the values, shape (n,); NaN or infinity where the formula is not defined."""
        with np.errstate(all="ignore"):
            return np.array(np.broadcast_to(np.asarray(self._forward(constants)[-1], dtype=np.float64), (self._n,)))

    def jacobian(
        self, constants: Sequence[float] | NDArray[np.float64], free: Collection[int]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the values, shape (n,), and the derivatives by every constant, shape (n, k); 0 for those not free."""
        with np.errstate(all="ignore"):
            values = self._forward(constants)
            needed = [False] * len(values)
            for place, (op, args) in enumerate(self._nodes):
                needed[place] = args[0] in free if op == "constant" else any(needed[a] for a in args)
            slopes: list[Any] = [None] * len(values)
            slopes[-1] = 1.0
            result = np.zeros((self._n, self.k))
            for place in range(len(values) - 1, -1, -1):
                op, args = self._nodes[place]
                if not needed[place]:
                    continue
                if op == "constant":
                    result[:, args[0]] += slopes[place]
                    continue
                partials = _RULES[op](*[values[a] for a in args], values[place])
                if self._chooses:
                    partials = tuple(np.where(np.equal(slopes[place], 0.0), 0.0, partial) for partial in partials)
                for arg, partial in zip(args, partials, strict=True):
                    if needed[arg]:
                        slopes[arg] = slopes[place] * partial
            y = np.array(np.broadcast_to(np.asarray(values[-1], dtype=np.float64), (self._n,)))
        return y, result
