"""Seeded random formulas on which `lasso` is tuned and measured; no formula of any suite is in it on purpose.

Two families: `draw_task` (sums of up to three involved terms) and `draw_simple` (polynomials with missing terms,
single terms, sums of two simple terms). Rules and constants of the method are decided on `CHOOSING` and, since version
2, on sums 2000 to 2059; `REPORTING` and `SUMS` are for the figures in its README and decide nothing. Numbers of
`draw_task` below 140 were used while the search was written.

`SUMS` is a suite too: `srbench run --plugin tests/support/lasso_generator.py --suite generated --method lasso`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from itertools import product
from typing import Final

import numpy as np

from srbench_lite import Expression, Sampling, Suite, Task, hookimpl

_ONE = (
    "{c}*{x}", "{c}*{x}**2", "{c}*{x}**3", "{c}*{x}**4",
    "{c}*sin({w}*{x} + {p})", "{c}*sin({w}*{x} + {p})", "{c}*cos({w}*{x})", "{c}*{x}*sin({w}*{x})",
    "{c}*{x}*cos({w}*{x} + {p})", "{c}*sin({r}*{x}**2)",
    "{c}*exp({r}*{x})", "{c}*exp(-{r}*{x})", "{c}*exp(-{r}*{x}**2)", "{c}*{x}*exp(-{r}*{x})",
    "{c}*exp(-{r}*{x}**2)*sin({w}*{x})", "{c}*exp(-{r}*{x})*cos({w}*{x})",
    "{c}*log({x} + {s})", "{c}*sqrt({x} + {s})", "{c}/({x} + {s})", "{c}/({x}**2 + {q})", "{c}*{x}/({x}**2 + {q})",
    "{c}*exp({r}*{x})/({x}**2 + {q})", "{c}*sin({w}*{x})/({x}**2 + {q})", "{c}*{x}*log({x} + {s})",
    "{c}*sin({w}*{x})/{x}", "{c}*sin({w}*{x})*cos({v}*{x})", "{c}*cos({w}*{x})**2",
)  # fmt: skip
_TWO = (
    "{c}*x*y", "{c}*x**2*y", "{c}*x*sin({w}*y + {p})", "{c}*y*exp(-{r}*x)", "{c}*exp(-{r}*x)*sin({w}*y)",
    "{c}*sin({w}*x)*cos({v}*y)", "{c}*sin({w}*x*y)", "{c}*sin({w}*x + {v}*y)", "{c}*exp(-{r}*x*y)",
    "{c}*x/(y**2 + {q})",
    "{c}*exp(-{r}*x**2 - {u}*y**2)", "{c}*x*log(y + {t})", "{c}*sqrt(x**2 + {r}*y**2 + {q})",
)  # fmt: skip


def draw_task(number: int) -> Task:
    """Return generated task `number`: one or two variables, one to three terms, intervals and constants at random."""
    rng = np.random.default_rng([20_260_317, number])
    two = number % 3 == 2
    short = rng.random() < 0.7
    intervals: dict[str, tuple[float, float]] = {}
    for name in ("x", "y") if two else ("x",):
        width = float(rng.choice([2.0, 3.0, 4.0, 6.0]))
        low = float(rng.choice([-width / 2, -width / 2, 0.0, 0.5, -1.0]))
        intervals[name] = (low, low + width)

    def number_text(low: float, high: float) -> str:
        value = float(rng.uniform(low, high))
        return f"{value:.1f}" if short else f"{value:.6f}"

    def fill(pattern: str, variable: str) -> str:
        low, high = intervals[variable]
        half = max(abs(low), abs(high))
        low_y = intervals.get("y", (0.0, 0.0))[0]
        size = number_text(0.5, 4.0)
        values = {
            "x": variable, "c": size if rng.random() < 0.6 else f"-{size}", "p": number_text(0.2, 1.5),
            "w": number_text(1.5 / half, 12.0 / half + 1), "v": number_text(1.0 / half, 5.0 / half + 1),
            "r": number_text(0.4 / half + 0.1, 3.0 / half + 0.2), "u": number_text(0.3, 1.0),
            "s": number_text(0.2 - min(low, 0.0), 2.5 - min(low, 0.0)),
            "t": number_text(0.2 - min(low_y, 0.0), 2.5 - min(low_y, 0.0)),
            "q": number_text(0.3, 3.0),
        }  # fmt: skip
        return pattern.format(**values)

    parts: list[str] = []
    for index in range(int(rng.choice([1, 2, 3], p=[0.3, 0.5, 0.2]))):
        if two and (index == 0 or rng.random() < 0.3):
            parts.append(fill(str(rng.choice(_TWO)), "x"))
        else:
            parts.append(fill(str(rng.choice(_ONE)), str(rng.choice(list(intervals)))))
    if rng.random() < 0.4:
        parts.append(number_text(-3.0, 3.0))
    truth = Expression.parse(" + ".join(f"({part})" if part[0] == "-" else part for part in parts))
    return Task(
        name=f"generated/g-{number:03d}", suite="generated", truth=truth,
        variables={v: Sampling(low=low, high=high) for v, (low, high) in intervals.items()},
    )  # fmt: skip


_SIMPLE = (
    "{c}*{x}", "{c}*{x}**2", "{c}*{x}**3", "{c}*sin({w}*{x})", "{c}*sin({w}*{x} + {p})", "{c}*cos({w}*{x})",
    "{c}*exp({r}*{x})", "{c}*exp(-{r}*{x})", "{c}*exp(-{r}*{x}**2)", "{c}*log({x} + {s})", "{c}*sqrt({x} + {s})",
    "{c}/({x} + {s})", "{c}/({x}**2 + {q})", "{c}*tanh({r}*{x} + {p})",
)  # fmt: skip


def draw_simple(number: int) -> Task:
    """Return simple task `number`: in turn a polynomial, a single term, a sum of two simple terms.

    A polynomial has one or two variables and a degree of 1 to 4; each monomial up to that degree is in it with
    probability 0.6. Constants have one decimal.
    """
    rng = np.random.default_rng([20_261_122, number])
    names = ("x", "y") if rng.random() < 0.4 else ("x",)
    intervals: dict[str, tuple[float, float]] = {}
    for name in names:
        low = round(float(rng.uniform(-4.0, 2.0)), 1)
        intervals[name] = (low, round(low + float(rng.uniform(1.5, 6.0)), 1))

    def constant(low: float, high: float) -> str:
        return f"{max(round(float(rng.uniform(low, high)), 1), 0.1):.1f}"

    def signed() -> str:
        return constant(0.1, 5.0) if rng.random() < 0.5 else f"-{constant(0.1, 5.0)}"

    def simple(variable: str) -> str:
        low, high = intervals[variable]
        half = 0.5 * (high - low)
        return str(rng.choice(_SIMPLE)).format(
            x=variable, c=signed(), w=constant(1.0 / half, 12.0 / half), p=constant(0.2, 1.5),
            r=constant(0.4 / half, 2.5 / half), s=constant(0.2 - low, 2.5 - low) if low < 2.5 else "0.5",
            q=constant(0.3, 3.0),
        )  # fmt: skip

    parts: list[str] = []
    kind = number % 3
    if kind == 0:
        degree = int(rng.integers(1, 5))
        exponents = [e for e in product(range(degree + 1), repeat=len(names)) if sum(e) <= degree]
        kept = [e for e in exponents if rng.random() < 0.6]
        for each in kept if any(sum(e) for e in kept) else exponents[-1:]:
            factors = [f"{name}**{e}" if e > 1 else name for name, e in zip(names, each, strict=True) if e]
            parts.append("*".join([signed(), *factors]))
    else:
        parts += [simple(names[k % len(names)]) for k in range(kind)]
        if rng.random() < 0.3:
            parts.append(signed())
    truth = Expression.parse(" + ".join(f"({part})" if part[0] == "-" else part for part in parts))
    return Task(
        name=f"simple/s-{number:03d}", suite="simple", truth=truth,
        variables={v: Sampling(low=low, high=high) for v, (low, high) in intervals.items()},
    )  # fmt: skip


#: On these every rule of the method was decided: 30 simple tasks, 15 involved ones.
CHOOSING: Final = (*map(draw_simple, range(30)), *map(draw_task, range(200, 215)))
#: These decided nothing: 40 simple tasks, 20 involved ones.
REPORTING: Final = (*map(draw_simple, range(100, 140)), *map(draw_task, range(300, 320)))
#: So did these: 200 sums of up to three involved terms.
SUMS: Final = tuple(map(draw_task, range(1000, 1200)))


@hookimpl
def srbench_suites() -> Iterable[Suite]:
    """Add `generated`."""
    return [Suite(name="generated", summary="200 random sums of up to three terms", tasks=SUMS)]


def same_function(found: Expression, task: Task) -> bool:
    """Whether `found` equals the truth within 1e-6 on the domain and 1e-5 on one half as wide again on each side."""
    assert task.truth is not None
    rng = np.random.default_rng(1)
    for widen, tolerance in ((0.0, 1e-6), (0.5, 1e-5)):
        columns = {}
        for name, sampling in task.variables.items():
            low, high = sampling.interval
            reach = widen * (high - low)
            columns[name] = rng.uniform(low - reach, high + reach, 1000)
        truth, values = task.truth(columns), found(columns)
        inside = np.isfinite(truth)
        if not np.isfinite(values[inside]).all():
            return False
        top = float(np.max(np.abs(truth[inside])))
        if not math.isfinite(top) or np.max(np.abs(values - truth)[inside]) > tolerance * top:
            return False
    return True
