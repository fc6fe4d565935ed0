"""Seeded random tasks on which `lies` is tuned and its parts are measured; they are in no suite.

Five families, in turn by number: physics-like monomials; monomials times a unit of a monomial; sums, roots of sums and
quotients of monomials; sums of composite terms in one or two variables; small random trees. A draw is taken when its
values are tame, every variable matters, it is no linear function, and no suite has a formula of that skeleton
(monomials and polynomials aside: there are only so many). Rules and constants of the method are decided on `CHOOSING`;
`ABLATION` is for the ablation table and `REPORTING` for other figures, and both decide nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from itertools import count
from typing import Final

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from srbench_composite import srbench_suites as composite
from srbench_feynman import srbench_suites as feynman
from srbench_nguyen import srbench_suites as nguyen
from srbench_sin import srbench_suites as sines

from srbench_lite import Expression, Sampling, Task

N_TASKS: Final = 60
_SEED: Final = 20_261_123
_NAMES: Final = tuple("abcdfghkmnpqrstuvwz")  # no e, which is a number
_POINTS: Final = 2000
#: A unit's argument stays within this, as do those of the field's benchmarks: three periods of a sine.
_WIDEST: Final = 15.0
_FACTORS: Final = ("2", "3", "4", "0.5", "1.5", "2/3", "3/4", "pi", "4*pi", "1/(2*pi)", "1/(4*pi)", "0.2", "1.3", "2.7")

Intervals = dict[str, tuple[float, float]]
Draft = tuple[Expression, Intervals]
#: A constant: what no task may be.
_REFUSED: Final[Draft] = (Expression.constant(1.0), {})


def _names(rng: Generator, n: int) -> list[str]:
    return [str(name) for name in rng.choice(_NAMES, n, replace=False)]


def _interval(rng: Generator) -> tuple[float, float]:
    choices = ((1.0, 5.0), (1.0, 5.0), (1.0, 3.0), (1.0, 2.0), (0.5, 3.0), (2.0, 6.0), (0.1, 2.0))
    return choices[rng.integers(len(choices))]


def _power(name: str, exponent: float) -> str:
    return f"sqrt({name})" if exponent == 0.5 else name if exponent == 1 else f"{name}**{exponent:g}"


def _monomial(rng: Generator, names: Iterable[str], factor: float = 0.5) -> str:
    """Each name once, with an exponent; a factor in front with probability `factor`."""
    exponents = {n: rng.choice([1, 2, 3, 0.5], p=[0.6, 0.24, 0.08, 0.08]) * rng.choice([1, -1]) for n in names}
    above = [_power(n, e) for n, e in exponents.items() if e > 0]
    below = [_power(n, -e) for n, e in exponents.items() if e < 0]
    above = [str(rng.choice(_FACTORS)) for _ in range(int(rng.random() < factor))] + above
    over = "*".join(above) or "1"
    return over if not below else f"{over}/{below[0]}" if len(below) == 1 else f"{over}/({'*'.join(below)})"


def _physics(rng: Generator) -> Draft:
    names = _names(rng, int(rng.integers(2, 6)))
    text = _monomial(rng, names)
    return Expression.parse(f"-{text}" if rng.random() < 0.1 else text), {name: _interval(rng) for name in names}


_UNITS: Final = (
    "exp(-({m}))", "exp({m})", "sin({m})", "cos({m})", "log({m})", "tanh({m})", "(exp({m}) - 1)", "(1 + {m})",
    "(1 + exp(-({m})))", "sin({m})**2", "(1 - cos({m}))",
)  # fmt: skip
_UNITS_BELOW_ONE: Final = ("sqrt(1 - {m})", "(1 - {m})", "(1 - {m})**2", "log(1 - {m})", "asin({m})")


def _unit(rng: Generator) -> Draft:
    """A monomial times or over a unit of a monomial, whose variables may occur in both."""
    if rng.random() < 0.35:
        small, large, *rest = _names(rng, int(rng.integers(2, 5)))
        power = str(rng.choice(["", "**2"]))
        group = f"{small}{power}/{large}{power}"
        intervals = {small: (1.0, 2.0), large: (3.0, float(rng.choice([6.0, 10.0])))}
        unit, inner = str(rng.choice(_UNITS_BELOW_ONE)), [small, large]
    else:
        names = _names(rng, int(rng.integers(1, 6)))
        most = min(3, len(names))
        inner, rest = names[:most], names[most:]
        group, intervals, unit = _monomial(rng, inner, 0.3), {}, str(rng.choice(_UNITS))
    outer = [*rest, *(name for name in inner if rng.random() < 0.25)]
    intervals |= {name: _interval(rng) for name in (*inner, *rest) if name not in intervals}
    front = _monomial(rng, outer, 0.3) if outer else str(rng.choice(["2", "3", "0.5"]))
    return Expression.parse(f"{front}{rng.choice(['*', '/'])}{unit.format(m=group)}"), intervals


_SHAPES: Final = (
    "{A} + {B}", "{A} - {B}", "{A} + {B} + {C}", "{A}*({b} + {c})", "{A}*({b} - {c})", "{A}*({b}**2 + {c}**2)",
    "sqrt({b}**2 + {c}**2)", "{A}*sqrt({b}**2 + {c}**2)", "sqrt({B} + {C})", "sqrt(({a} - {b})**2 + {c}**2)",
    "{A}*(1/{b} - 1/{c})", "{A}/(1/{b} + 1/{c})", "{A}/({b} + {c})", "{A}/({b}**2 + {c}**2)", "({A} + {B})/(1 + {C})",
    "({A} - {B})/({C} + 1)", "({A} + {B})/({b} + {c})", "1/(1 + {C})", "{A}/({B} + {C})", "{A}*(1 + {b}/{c})",
    "1 + {A}/({b} + {c})", "({a} - {b})/({a} + {b})*{C}",
)  # fmt: skip


def _sums(rng: Generator) -> Draft:
    """A shape filled with monomials (capital letters) and single variables, drawn from three to six names."""
    shape = str(rng.choice(_SHAPES))
    names = _names(rng, int(rng.integers(3, 7)))
    a, b, c, *rest = names
    pools = {"A": [a, *rest[:1]], "B": [b, *rest[1:2]], "C": [c, *rest[2:]]}
    parts = {key: _monomial(rng, pool, 0.25) for key, pool in pools.items()}
    return Expression.parse(shape.format(a=a, b=b, c=c, **parts)), {name: _interval(rng) for name in names}


_ARGUMENTS: Final = (
    "{x}", "{x}", "{w}*{x}", "{x}**2", "{x} + {y}", "{x}*{y}", "{x} + {x}**2", "{x} - {p}", "{w}*{x} + {p}"
)  # fmt: skip
_FUNCTIONS: Final = ("sin({u})", "cos({u})", "exp(-({u}))", "log({u} + {s})", "sqrt({u} + {s})", "exp({u})", "({u})")


def _composite(rng: Generator) -> Draft:
    """One to three terms: a function of a simple argument, or a product of such a one and another or a power."""
    names = _names(rng, int(rng.integers(1, 3)))
    domains = ((-3.0, 3.0), (-2.0, 2.0), (-1.0, 1.0), (0.0, 2.0), (0.0, 4.0), (0.0, 1.0))
    intervals = {name: domains[rng.integers(len(domains))] for name in names}

    def fill(pattern: str, **more: str) -> str:
        x, y = (names * 2)[:2] if rng.random() < 0.5 else (names * 2)[:2][::-1]
        short = {"w": rng.choice(["2", "3", "0.5", "1.5"]), "p": rng.choice(["1", "2", "0.5", "0.7"])}
        return pattern.format(x=x, y=y, s=rng.choice(["1", "2", "0.5"]), **short, **more)

    def term() -> str:
        kind = rng.random()
        if kind < 0.25:
            return fill(str(rng.choice(["{x}", "{x}**2", "{x}**3", "{x}**4", "{x}*{y}", "{x}*{y}**2"])))
        made = fill(str(rng.choice(_FUNCTIONS)), u=fill(str(rng.choice(_ARGUMENTS))))
        if kind < 0.5:
            other = [fill("{x}"), fill("{x}**2"), fill(str(rng.choice(_FUNCTIONS[:3])), u=fill("{x}"))]
            return f"{rng.choice(other)}*{made}"
        return made

    text = ""
    for index in range(int(rng.choice([1, 2, 3], p=[0.3, 0.5, 0.2]))):
        factor = f"{rng.choice(['2', '0.5', '1.7', '0.3', '3'])}*" if rng.random() < 0.3 else ""
        sign = ("-" if rng.random() < 0.3 else "+") if index else ""
        text += f"{sign}{factor}{term()}"
    return Expression.parse(text), intervals


#: A function straight on another that undoes it.
_UNDONE: Final = {("exp", "log"), ("log", "exp"), ("sqrt", "pow"), ("pow", "sqrt")}


def _tree(rng: Generator) -> Draft:
    """A random tree of three to six operators, one leaf in five a constant."""
    names = _names(rng, int(rng.integers(1, 4)))
    signed = bool(rng.random() < 0.4)
    intervals = {name: (-2.0, 2.0) if signed else _interval(rng) for name in names}

    def grow(operators: int) -> Expression:
        if operators == 0:
            if rng.random() < 0.2:
                return Expression.constant(float(rng.choice([1.0, 2.0, 3.0, 0.5, 1.6, 0.7])))
            return Expression.variable(str(rng.choice(names)))
        if rng.random() < 0.4:
            function = str(rng.choice(["exp", "sin", "log", "sqrt", "square"], p=[0.25, 0.25, 0.15, 0.15, 0.2]))
            inner = grow(operators - 1)
            return inner**2 if function == "square" else Expression.call(function, inner)
        left = grow(k := int(rng.integers(operators)))
        function = str(rng.choice(["add", "sub", "mul", "div"], p=[0.3, 0.2, 0.3, 0.2]))
        return Expression.call(function, left, grow(operators - 1 - k))

    tree = grow(int(rng.integers(3, 7)))
    return _REFUSED if any(map(_is_idle, tree.postorder())) else (tree, intervals)


def _is_idle(node: Expression) -> bool:
    """Whether a shorter formula says the same: a function of numbers, x - x, x/x, 1*x, x/1, a function undone."""
    if not node.args:
        return False
    one = Expression.constant(1.0)
    return (
        not node.variables
        or (node.op in ("sub", "div") and node.args[0] == node.args[1])
        or (node.op in ("mul", "div") and one in node.args[node.op == "div" :])
        or (node.op, node.args[0].op) in _UNDONE
    )


_FAMILIES: Final[tuple[Callable[[Generator], Draft], ...]] = (_physics, _unit, _sums, _composite, _tree)
FAMILIES: Final = ("monomial", "unit", "sum", "composite", "tree")


def _values(truth: Expression, intervals: Intervals, moved: str = "") -> NDArray[np.float64]:
    """Values at random points, shape (_POINTS,), with the column of the variable `moved` drawn anew."""
    rng = np.random.default_rng(0)
    columns = {name: rng.uniform(low, high, _POINTS) for name, (low, high) in intervals.items()}
    if moved:
        columns[moved] = rng.uniform(*intervals[moved], _POINTS)
    return truth(columns)


def _is_wild(node: Expression, intervals: Intervals) -> bool:
    """Whether it divides by what changes its sign, or takes a unit of too wide an argument."""
    if node.op == "div":
        below = _values(node.args[1], intervals)
        return not (np.min(below) > 0 or np.max(below) < 0)
    return node.op in ("sin", "cos", "exp") and not np.max(np.abs(_values(node.args[0], intervals))) < _WIDEST


def _is_tame(truth: Expression, intervals: Intervals) -> bool:
    """Finite, below 1e6, no point far from all others, no variable without effect, and no linear function."""
    if any(_is_wild(node, intervals) for node in truth.postorder()):
        return False
    values = _values(truth, intervals)
    if not intervals or not np.max(np.abs(values)) < 1e6:
        return False
    spread = float(np.std(values))
    if not spread > 1e-3 * np.max(np.abs(values)) or np.max(np.abs(values - np.mean(values))) > 20 * spread:
        return False
    if min(float(np.std(_values(truth, intervals, name) - values)) for name in intervals) < 0.02 * spread:
        return False
    rng = np.random.default_rng(0)
    design = np.column_stack([np.ones(_POINTS), *(rng.uniform(*bounds, _POINTS) for bounds in intervals.values())])
    rest = values - design @ np.linalg.lstsq(design, values, rcond=None)[0]
    return float(np.std(rest)) > 1e-3 * spread


def skeleton(formula: Expression) -> str:
    """Return the formula with constants as C and variables as v0, v1, ...: equal for formulas of one form.

    Factors and summands are ordered by their forms without names, then variables are numbered as they come.
    """

    def named(node: Expression, args: list[tuple[str, list[str]]]) -> tuple[str, list[str]]:
        if all(not names for _, names in args):
            return "C", []
        if node.op in ("add", "mul"):
            args = sorted(args, key=lambda arg: arg[0])
        return f"{node.op}({','.join(form for form, _ in args)})", [name for _, names in args for name in names]

    form, names = formula.fold(lambda leaf: ("v", [leaf.name]) if leaf.name is not None else ("C", []), named)
    order = list(dict.fromkeys(names))
    return form + " " + " ".join(str(order.index(name)) for name in names)


def is_elementary(formula: Expression) -> bool:
    """Whether it is a monomial or a polynomial: such formulas are few, and the suites have the simplest of them."""
    ops = {node.op for node in formula.postorder() if node.variables}
    powers = [node for node in formula.postorder() if node.op == "pow"]
    if any(node.args[1].variables for node in powers):
        return False
    return ops <= {"variable", "mul", "div", "pow", "sqrt", "neg"} or ops <= {
        "variable",
        "mul",
        "pow",
        "neg",
        "add",
        "sub",
    }


@cache
def taken() -> frozenset[str]:
    """Return the skeletons that no task may have: those of the suites."""
    suites = [suite for hook in (feynman, nguyen, composite, sines) for suite in hook()]
    return frozenset(skeleton(task.truth) for suite in suites for task in suite.tasks if task.truth is not None)


def draw_task(number: int) -> Task:
    """Return generated task `number`, of the family `number % 5`."""
    for attempt in count():
        rng = np.random.default_rng([_SEED, number, attempt])
        truth, intervals = _FAMILIES[number % 5](rng)
        intervals = {name: bounds for name, bounds in intervals.items() if name in truth.variables}
        if _is_tame(truth, intervals) and (is_elementary(truth) or skeleton(truth) not in taken()):
            break
    few = len(intervals) == 1 and rng.random() < 0.5
    return Task(
        name=f"lies-generated/{FAMILIES[number % 5]}-{number:03d}", suite="lies-generated", truth=truth,
        variables={name: Sampling(low=low, high=high) for name, (low, high) in intervals.items()},
        n_train=int(rng.choice([20, 25, 30] if few else [100, 150, 200])), source="seeded generator",
    )  # fmt: skip


#: On these rules and constants of the method are decided.
CHOOSING: Final = tuple(map(draw_task, range(N_TASKS)))
#: These decide nothing: what each part of the method brings.
ABLATION: Final = tuple(map(draw_task, range(1000, 1000 + N_TASKS)))
#: These decide nothing: figures of the whole method.
REPORTING: Final = tuple(map(draw_task, range(2000, 2000 + N_TASKS)))


def same_function(found: Expression, task: Task) -> bool:
    """Whether `found` equals the truth within 1e-6 on the domain, and within 1e-5 on nearly all points outside it.

    Outside means `Sampling.draw_far`, which keeps to one side of zero: a truth with a logarithm or a pole there is no
    harder to compare. Differences are measured against the truth's value and its median size.
    """
    assert task.truth is not None
    rng = np.random.default_rng(1)
    for far, tolerance, share in ((False, 1e-6, 1.0), (True, 1e-5, 0.95)):
        columns = {n: s.draw_far(1000, rng) if far else s.draw_fresh(1000, rng) for n, s in task.variables.items()}
        truth = task.truth(columns)
        inside = np.isfinite(truth)
        if not inside.any():
            continue
        size = np.abs(truth[inside])
        error = np.abs(found(columns)[inside] - truth[inside])
        if not np.mean(error <= tolerance * (size + np.median(size))) >= share:
            return False
    return True
