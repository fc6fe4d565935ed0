"""The suite `dummies`: twenty inputs, of which two or three matter."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from srbench_lite import Suite, hookimpl

_DOMAIN: Final = {f"x{k}": (-2.0, 2.0) for k in range(1, 21)}
#: One linear map, functions and products of pairs, another linear map.
_ONE_UNIT_DEEP: Final = {
    "product": "x3*x17",
    "product-plus-line": "x5*x12 + 0.8*x19",
    "product-minus-square": "2*x6*x9 - x14**2",
    "two-squares": "x2**2 + 0.5*x18**2",
    "square-of-difference": "(x7 - x13)**2",
    "sine-plus-line": "1.5*sin(2*x4) - x11",
    "sine-of-sum": "sin(x8 + x15)",
    "sine-plus-cosine": "sin(x1) + 1.3*cos(x20)",
    "exponential-plus-line": "exp(0.9*x10) + 2*x16",
    "exponential-of-difference": "exp(0.6*x2 - 0.5*x5)",
    "bell-plus-line": "3*exp(-x9**2) - 0.7*x12",
    "tanh-of-sum": "2*tanh(x3 + 0.5*x6)",
    "tanh-plus-product": "tanh(1.5*x19) + x1*x8",
    "sine-plus-product": "sin(1.2*x13) + 0.6*x7*x18",
}
#: What wants more.
_DEEPER: Final = {
    "sine-of-product": "sin(x4*x16)",
    "triple-product": "x2*x11*x15",
    "cube-plus-square": "x10**3 - x17**2",
    "damped-sine": "exp(-0.5*x14)*sin(x20)",
    "ratio": "x6/(1 + x3**2)",
    "root": "sqrt(1 + x12**2 + x18**2)",
}


@hookimpl
def srbench_suites() -> Iterable[Suite]:
    """Add `dummies`."""
    summary = "20 formulas of two or three of twenty inputs; 14 are one unit deep, six are deeper"
    formulas = {name: (text, _DOMAIN) for name, text in (_ONE_UNIT_DEEP | _DEEPER).items()}
    return [
        Suite.from_formulas(
            "dummies", summary=summary, formulas=formulas, source="srbench-lite", licence="MIT", tags=("selection",),
            deferred=True,
        )
    ]  # fmt: skip
