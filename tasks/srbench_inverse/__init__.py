"""The suite `inverse`: the value of an invertible function is given, its argument is asked for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from srbench_lite import Suite, hookimpl

#: The inverse, and the values of the function on its domain. What the function was stands beside it.
_ONE_VARIABLE: Final = {
    "line": ("(y - 1.7)/2.3", (-4.0, 6.0)),  # 2.3*x + 1.7
    "exponential": ("log(y)", (0.2, 8.0)),  # exp(x)
    "exponential-of-line": ("log(y/1.5)/0.8", (0.3, 9.0)),  # 1.5*exp(0.8*x)
    "shifted-exponential": ("log(y + 2)/1.3", (-1.8, 6.0)),  # exp(1.3*x) - 2
    "logarithm": ("exp(y)", (-2.0, 2.0)),  # log(x)
    "logarithm-of-line": ("(exp(y/2) - 1)/3", (-2.0, 3.0)),  # 2*log(3*x + 1)
    "cube": ("cbrt(y)", (-8.0, 8.0)),  # x**3
    "shifted-cube": ("cbrt(y - 2) + 0.5", (-6.0, 9.0)),  # (x - 0.5)**3 + 2
    "root": ("(y - 1)**2", (1.0, 4.0)),  # sqrt(x) + 1
    "root-of-line": ("(y**2 - 3)/2", (0.5, 4.0)),  # sqrt(2*x + 3)
    "reciprocal": ("1/(y - 2)", (2.2, 7.0)),  # 1/x + 2
    "fraction": ("(1 + 2*y)/(3 - y)", (-2.0, 2.5)),  # (3*x - 1)/(x + 2)
    "hyperbolic-tangent": ("atanh(y)", (-0.95, 0.95)),  # tanh(x)
    "saturation": ("2*y/(3 - y)", (0.1, 2.5)),  # 3*x/(x + 2), Michaelis and Menten
    "logistic": ("log(y/(1 - y))", (0.05, 0.95)),  # 1/(1 + exp(-x))
    "sine-of-line": ("(asin(y/2) + 0.3)/1.2", (-1.8, 1.8)),  # 2*sin(1.2*x - 0.3)
    "arctangent": ("tan(y)/1.5", (-1.2, 1.2)),  # atan(1.5*x)
    "hyperbolic-sine": ("asinh(y)", (-5.0, 5.0)),  # sinh(x)
    "square-root-of-exponential": ("log(y**2 - 1)", (1.2, 5.0)),  # sqrt(exp(x) + 1)
    "log-of-square": ("sqrt(exp(y) - 1)", (0.1, 4.0)),  # log(x**2 + 1), x > 0
}
#: The input x of a function of x and others that is affine in it: from its value y and the others.
_SEVERAL_VARIABLES: Final = {
    "slope": ("(y - 2)/a", {"y": (-3.0, 5.0), "a": (0.5, 3.0)}),  # a*x + 2
    "product-and-square": ("(y - b**2)/a", {"y": (-3.0, 5.0), "a": (0.5, 3.0), "b": (-2.0, 2.0)}),  # a*x + b**2
    "damped": ("y*exp(0.5*a)", {"y": (-3.0, 3.0), "a": (0.0, 3.0)}),  # x*exp(-0.5*a)
    "damped-with-sine": ("(y - sin(a))*exp(a)", {"y": (-3.0, 3.0), "a": (-2.0, 2.0)}),  # x*exp(-a) + sin(a)
    "logarithm-below": ("log(y)/a - b", {"y": (0.3, 6.0), "a": (0.5, 2.0), "b": (-1.0, 1.0)}),  # exp(a*(x + b))
}


@hookimpl
def srbench_suites() -> Iterable[Suite]:
    """Add `inverse`."""
    summary = "25 inverses: of 20 invertible functions of one variable, and of 5 that are affine in one of several"
    formulas = {name: (text, {"y": domain}) for name, (text, domain) in _ONE_VARIABLE.items()}
    return [
        Suite.from_formulas(
            "inverse", summary=summary, formulas=formulas | _SEVERAL_VARIABLES, source="srbench-lite", licence="MIT",
            tags=("inverse",), deferred=True,
        )
    ]  # fmt: skip
