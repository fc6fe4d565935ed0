"""Pairs of the kinds that judges get wrong: one function a kind; `KINDS` names them.

A label is right by construction: nothing here asks the judge. What an added part changes is measured on a fine grid
around it, and pairs near a tolerance are not made.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping
from typing import Final

import numpy as np
from random_truths import Truth, best_deviation, perturbed, random_truths

from srbench_lite.expressions.expression import Expression
from srbench_lite.problems.sampling import Sampling

Domain = dict[str, Sampling]
#: A truth, a found formula, the label, what was done, and where the variables come from; all formulas as text.
Pair = tuple[str, str, str, str, Domain]

#: Truths that features and terms are added to: text, and the interval of each variable.
_BASES: Final[tuple[tuple[str, dict[str, tuple[float, float]]], ...]] = (
    ("sin(x)", {"x": (-3.0, 3.0)}),
    ("x**2 + 1.5*x", {"x": (-2.0, 2.0)}),
    ("3.2*exp(-0.7*x)", {"x": (0.0, 5.0)}),
    ("log(x + 1) + 2.1", {"x": (0.5, 8.0)}),
    ("x*cos(2.3*x)", {"x": (1.0, 6.0)}),
    ("x/(1.3 + x**2)", {"x": (-10.0, 10.0)}),
    ("sqrt(x)*2.4 - x", {"x": (1.0, 40.0)}),
    ("x*y + sin(x)", {"x": (-3.0, 3.0), "y": (0.5, 4.0)}),
    ("2.5*x*exp(-y)", {"x": (1.0, 5.0), "y": (0.0, 2.0)}),
    ("x**2/y + 0.7", {"x": (-2.0, 2.0), "y": (1.0, 3.0)}),
    ("x*y/(z + 1.2)", {"x": (-1.0, 1.0), "y": (1.0, 5.0), "z": (0.0, 3.0)}),
    ("tanh(x - y) + 0.4*z", {"x": (-2.0, 2.0), "y": (-1.0, 1.0), "z": (2.0, 9.0)}),
    ("a*b*cos(c) + d", {"a": (1.0, 3.0), "b": (1.0, 2.0), "c": (0.0, 3.0), "d": (-4.0, 4.0)}),
)


def _base(rng: random.Random) -> tuple[str, Domain]:
    """Return a truth and its domain: one of the list, or a random one."""
    if rng.random() < 0.75:
        text, limits = rng.choice(_BASES)
        scale = rng.choice([1.0, 1.0, 1.0, 2.0, 0.5])
        return text, {name: Sampling(low=low * scale, high=high * scale) for name, (low, high) in limits.items()}
    while True:
        truth = next(random_truths(1, rng))
        if all(s.sampling != "log" and 0.01 < s.high - s.low < 100 for s in truth.domain.values()):
            return str(truth.formula), dict(truth.domain)


def _number(value: float, digits: int = 4) -> str:
    return repr(float(f"{value:.{digits - 1}e}"))


def measured(base: str, domain: Domain, rng: random.Random) -> Truth:
    return Truth(Expression.parse(base, variables=domain), domain, rng)


def _centre(sampling: Sampling, rng: random.Random) -> float:
    """Return a place well inside of an interval, to three digits of its width."""
    low, high = sampling.interval
    return float(f"{low + (high - low) * rng.uniform(0.1, 0.9):.4g}")


def _shift(name: str, centre: float) -> str:
    return f"({name} - {centre!r})" if centre >= 0 else f"({name} + {-centre!r})"


# --- (a) narrow features ----------------------------------------------------------------------------------------------


def _inner(domain: Domain, rng: random.Random) -> tuple[str, float]:
    """Return something that vanishes somewhere inside the domain, and the width of what it runs through."""
    name = rng.choice(list(domain))
    low, high = domain[name].interval
    centre = _centre(domain[name], rng)
    if len(domain) > 1 and rng.random() < 0.5:
        other = rng.choice([n for n in domain if n != name])
        middle = _centre(domain[other], rng)
        slope = float(f"{rng.uniform(0.3, 2.0) * (high - low) / (domain[other].high - domain[other].low):.3g}")
        return f"({_shift(name, centre)} - {slope!r}*{_shift(other, middle)})", high - low
    return _shift(name, centre), high - low


def _bump(domain: Domain, rng: random.Random) -> tuple[str, str]:
    """Return a bump of height about one and of a relative width from 0.001 on, and what it is."""
    u, span = _inner(domain, rng)
    share = rng.choice([0.001, 0.0013, 0.002, 0.003])
    w = span * share
    k = _number(1.0 / w, 3)
    half = _number(w, 3)
    match rng.randrange(9):
        case 0:
            return f"exp(-({u}/{half})**2)", f"Gaussian bump of relative width {share:g}"
        case 1:
            return f"exp(-{_number(1 / w**2, 3)}*{u}**2)", f"Gaussian bump of relative width {share:g}"
        case 2:
            return f"(tanh({k}*({u} + {half})) - tanh({k}*({u} - {half})))", f"smooth window, {share:g}"
        case 3:
            return f"(1 - sign(abs({u}) - {half}))", f"window by sign, {share:g}"
        case 4:
            return f"(1 - sign({u}*({u} - {half})))", f"sign flipped on a share of {share:g}"
        case 5:
            return f"max(0, 1 - abs({u})/{half})", f"triangle, {share:g}"
        case 6:
            return f"cosh({u}/{half})**-2", f"squared hyperbolic secant, {share:g}"
        case 7:
            return f"(abs({u} - {half}) + abs({u} + {half}) - 2*abs({u}))/{half}", f"three kinks, {share:g}"
        case _:
            return f"(1/(1 + exp(-{k}*({u} + {half}))) - 1/(1 + exp(-{k}*({u} - {half}))))", f"two steps, {share:g}"


def _shows(found: str, base: str, domain: Domain, rng: random.Random) -> bool:
    """Whether a feature changes some value by at least 2 % of a standard deviation: not where the truth is small."""
    truth = measured(base, domain, rng)
    formula = Expression.parse(found, variables=domain)
    for point in truth.points:
        for name, sampling in domain.items():
            columns = {other: np.full(20_001, value) for other, value in point.items()}
            columns[name] = sampling.path(20_001)
            if np.max(np.abs(formula(columns) - truth.formula(columns))) > 0.02 * truth.spread:
                return True
    return False


def narrow(rng: random.Random) -> Pair | None:
    """A feature on a small part of the domain, or the same feature written in two ways."""
    base, domain = _base(rng)
    spread = measured(base, domain, rng).spread
    part, how = _bump(domain, rng)
    height = _number(spread * rng.uniform(0.3, 2.0), 3)
    whole = f"{base} + {height}*{part}"
    match rng.randrange(6):
        case 0:
            return whole, base, "neither", f"{how}, missing", domain
        case 1:
            return f"{height}*{part} + {base}", whole, "exact", f"{how}, in both", domain
        case 2:
            found = f"({base})*(1 + {_number(rng.uniform(0.3, 1.5), 2)}*{part})"
            return (base, found, "neither", f"{how}, factor", domain) if _shows(found, base, domain, rng) else None
        case _:
            return base, whole, "neither", how, domain


# --- (i) undefined on a small part of the domain ----------------------------------------------------------------------


def hole(rng: random.Random) -> Pair:
    """A formula without a value on 0.1 to 1 % of the domain, or nearly so."""
    base, domain = _base(rng)
    u, span = _inner(domain, rng)
    share = math.exp(rng.uniform(math.log(1e-3), math.log(1e-2)))
    w = _number(span * share, 3)
    square = _number(float(w) ** 2, 6)
    if rng.random() < 0.25:  # defined everywhere, or everywhere but in a point
        part = rng.choice(
            [f"0*sqrt({u}**2 + {square})", f"0*log({u}**2)", f"0*sqrt({u}*{u})", f"0*log({u}**2 + {square})"]
        )
        return base, f"{base} + {part}", "exact", "defined everywhere", domain
    inside = rng.choice(
        [f"{u}*({u} - {w})", f"{u}**2 - {square}", f"abs({u}) - {w}", f"{u}**4 - {_number(float(w) ** 4, 8)}"]
    )
    found = rng.choice(
        [f"{base} + 0*sqrt({inside})", f"{base} + 0*log({inside})", f"({base})*sqrt({inside})/sqrt({inside})",
         f"{base} + log({inside}) - log({inside})", f"{base} + 0*({inside})**1.5", f"({base})*exp(0*log({inside}))",
         f"{base} + sqrt({inside})**2 - ({inside})"]
    )  # fmt: skip
    return base, found, "neither", f"undefined on about {share:.2g}", domain


# --- (h) stray terms whose constant vanishes by growing ---------------------------------------------------------------


#: A share of the allowed effect, and the label that follows.
_EFFECTS: Final = {1e-12: "exact", 1e-10: "exact", 1e-7: "recovered", 1e-4: "recovered", 0.05: "neither"}


def growing(rng: random.Random) -> Pair | None:
    """A stray term with a large constant in a denominator."""
    base, domain = _base(rng)
    truth = measured(base, domain, rng)
    formula = truth.formula
    effect = rng.choice(list(_EFFECTS))
    name = rng.choice(list(domain))
    power = rng.choice(["", "", "**2", "**3"])
    v = f"{name}{power}"
    shape = rng.randrange(11)
    shapes = [
        "{t} + {v}/{c}", "({t})*exp({v}/{c})", "({t})*{c}/({c} + {v})", "{t} + sin({v}/{c})", "({t})*(1 + {v}/{c})",
        "({t})/(1 + {v}/{c})", "{t} + tanh({v}/{c})", "{t} + log(1 + {v}/{c})", "({t})*({c} - {v})/{c}",
        "{t} + 1/({c} + {v})", "({t})*cos({v}/{c})",
    ]  # fmt: skip

    def made(c: float) -> Expression:
        return Expression.parse(shapes[shape].format(t=base, v=v, c=_number(c, rng_digits)), variables=domain)

    rng_digits = rng.choice([2, 3, 4, 8])
    largest = lambda c: float(np.max(np.abs(made(c)(truth.columns) - truth.y))) / truth.spread  # noqa: E731
    low, high = 0.0, 40.0  # the constant's decimal logarithm, by bisection
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (low, middle) if largest(10.0**middle) < 0.4 * effect else (middle, high)
    c = 10.0**high
    found = made(c)
    label = _EFFECTS[effect]
    change = largest(c)
    if c < 1e3 and label != "neither":
        return None
    if label == "neither" and not best_deviation(found, truth, 0.0101) > 4e-3:
        return None
    if label != "neither" and effect > 1e-11 and not 0.05 * effect < change < 0.7 * effect:
        return None
    return str(formula), str(found), label, f"{shapes[shape]}, {effect:g}", domain


# --- (b) lost digits --------------------------------------------------------------------------------------------------


def _single(value: float) -> float:
    return float(np.float32(value))


def lost_digits(rng: random.Random) -> Pair:
    """The truth with more constants than it needs, in single precision, with large numbers that cancel."""
    base, domain = _base(rng)
    name = rng.choice(list(domain))
    text = base
    for _ in range(rng.choice([1, 2, 2, 3])):
        big = _single(10.0 ** rng.uniform(3, 10))
        small = _single(rng.uniform(0.2, 3.0))
        match rng.randrange(7):
            case 6:
                text = f"sqrt(abs((({text})*{small!r} + {big!r})**2))*{_single(1 / small)!r} - {_single(big / small)!r}"
            case 0:
                text = f"({text}) + {big!r} - {big!r}"
            case 1:
                square = _single(big * big)
                text = f"({text}) + ({name} + {big!r})**2 - {name}**2 - {_single(2 * big)!r}*{name} - {square!r}"
            case 2:
                text = f"({text})*{small!r}*{_single(1 / small)!r}"
            case 3:
                text = f"sqrt((({text}) + {big!r})**2) - {big!r}"
            case 4:
                text = f"abs(({text}) + {big!r})/{small!r}*{small!r} - {big!r}"
            case _:
                text = f"((({text}) + {big!r})**2 - (({text}) - {big!r})**2)/{_single(4 * big)!r}"
    return base, text, "not different", "single precision, overparametrised", domain


# --- (c) fast sines ---------------------------------------------------------------------------------------------------


def fast_sine(rng: random.Random) -> Pair | None:
    """Frequencies, phases and amplitudes that are off by up to 1 %, over many periods; or by 3 %."""
    low = rng.choice([-10.0, -5.0, 0.0, 1.0, 100.0])
    span = rng.choice([4.0, 10.0, 20.0])
    domain = {"x": Sampling(low=low, high=low + span)}
    w, v = (float(f"{2 * math.pi * rng.uniform(15, 200) / span:.4g}") for _ in range(2))
    a, p, s = (float(f"{rng.uniform(0.5, 6.0):.3g}") for _ in range(3))
    sine = rng.choice(["sin", "cos"])
    shapes = [
        f"{a!r}*{sine}({w!r}*x)", f"{a!r}*{sine}({w!r}*x + {p!r})", f"{a!r}*{sine}({w!r}*x) + {s!r}",
        f"{a!r}*exp(-{_number(p / span, 3)}*x)*{sine}({w!r}*x)" if low < 50 else f"x*{sine}({w!r}*x)",
        f"{a!r}*{sine}({w!r}*x) + {s!r}*cos({v!r}*x)", f"{sine}({w!r}*(x - {p!r}))", f"{a!r}*{sine}({w!r}*x)**2 + x",
        f"{a!r}*{sine}(2*pi*{_number(w / 6.2832, 4)}*x)", f"{a!r}*y*{sine}({w!r}*x + y)",
    ]  # fmt: skip
    text = rng.choice(shapes)
    if "y" in text:
        domain["y"] = Sampling(low=0.5, high=3.0)
    truth = measured(text, domain, rng)
    share = rng.choice([1e-3, 3e-3, 0.008, 0.008, 0.0105, 0.03])
    found = perturbed(truth.formula, share, rng)
    label = "neither" if share > 0.02 else "recovered"
    return text, str(found), label, f"constants off by {share:g}", domain


# --- (d), (e), (j) laws with SI constants -----------------------------------------------------------------------------

#: Constants of nature by the letters that laws have for them.
_NATURE: Final = {
    "h": 6.62607015e-34, "c": 299792458.0, "k": 1.380649e-23, "q": 1.602176634e-19, "g": 6.6743e-11, "e": 8.854e-12,
    "m": 9.109e-31,
}  # fmt: skip

#: Laws, their intervals, and whether these are log-uniform; `{h}` and the like stand for the constants of nature.
_LAWS: Final[tuple[tuple[str, dict[str, tuple[float, float]]], ...]] = (
    ("2*{h}*{c}**2/l**5/(exp({h}*{c}/(l*{k}*T)) - 1)", {"l": (4e-7, 3e-6), "T": (2000.0, 6000.0)}),
    ("{h}*w**3/(pi**2*{c}**2*(exp({h}*w/({k}*T)) - 1))", {"w": (1e13, 1e14), "T": (200.0, 900.0)}),
    ("1e-9*(exp({q}*V/({k}*T)) - 1)", {"V": (0.02, 0.4), "T": (280.0, 360.0)}),
    ("{h}*w/(exp({h}*w/({k}*T)) - 1)", {"w": (1e12, 3e13), "T": (100.0, 900.0)}),
    ("m*H/({k}*T) + m*1.25e-6*a*M/({k}*T)", {"m": (1e-25, 1e-23), "H": (1e-3, 1e-1), "a": (1.0, 9.0),
                                               "M": (1e4, 1e6), "T": (50.0, 300.0)}),
    ("m*H/({k}*T) + m*a*M/({e}*{c}**2*{k}*T)", {"m": (1e-25, 1e-23), "H": (1e-3, 1e-1), "a": (1.0, 9.0),
                                                "M": (1e4, 1e6), "T": (50.0, 300.0)}),
    ("n*exp(-m*9.81*z/({k}*T))", {"n": (1e23, 1e25), "m": (1e-26, 9e-26), "z": (10.0, 9000.0), "T": (200.0, 350.0)}),
    ("1e13*exp(-E/(8.314*T))", {"E": (2e4, 6e4), "T": (280.0, 900.0)}),
    ("{q}**2/(4*pi*{e}*r**2)", {"r": (1e-11, 1e-9)}),
    ("{g}*m1*m2/r**2", {"m1": (1e22, 1e25), "m2": (1e22, 1e25), "r": (1e7, 1e10)}),
    ("m*{c}**2/sqrt(1 - v**2/{c}**2)", {"m": (1e-30, 1e-27), "v": (1e7, 2e8)}),
    ("4*pi*(m/(2*pi*{k}*T))**1.5*v**2*exp(-m*v**2/(2*{k}*T))", {"m": (1e-26, 9e-26), "v": (50.0, 900.0),
                                                                   "T": (200.0, 500.0)}),
    ("1/(exp((E - 8.01e-20)/({k}*T)) + 1)", {"E": (4e-20, 1.2e-19), "T": (200.0, 900.0)}),
    ("n*m*tanh(m*B/({k}*T))", {"n": (1e22, 1e24), "m": (1e-23, 5e-23), "B": (0.1, 3.0), "T": (1.0, 9.0)}),
    ("{h}/sqrt(2*{m}*{q}*V)", {"V": (10.0, 9000.0)}),
)  # fmt: skip


def _law(rng: random.Random, laws: tuple[tuple[str, dict[str, tuple[float, float]]], ...]) -> tuple[str, Domain]:
    text, limits = rng.choice(laws)
    text = text.format(**{letter: repr(value) for letter, value in _NATURE.items()})
    domain = {}
    for name, (low, high) in limits.items():
        width = rng.uniform(0.3, 1.0) * math.log(high / low)
        start = low * math.exp(rng.uniform(0.0, 1.0) * (math.log(high / low) - width))
        end = start * math.exp(width)
        kind = "log" if high > 5 * low and rng.random() < 0.7 else "uniform"
        domain[name] = Sampling(low=float(f"{start:.2e}"), high=float(f"{end:.2e}"), sampling=kind)
    return text, domain


def _folded(formula: Expression, digits: int) -> Expression:
    """Return the formula with products and quotients of numbers as one number, and every number to so many digits."""

    def inner(node: Expression, args: list[Expression]) -> Expression:
        left, right = (args[0], args[-1])
        new = Expression(node.op, args=args)
        if not new.variables:
            return Expression.constant(float(new({})[0]))
        if node.op == "mul" and left.op == "mul" and left.args[0].is_constant and right.is_constant:
            return Expression.constant(float((left.args[0] * right)({})[0])) * left.args[1]
        if node.op == "mul" and right.is_constant:
            return right * left
        if node.op == "mul" and left.is_constant and right.op == "mul" and right.args[0].is_constant:
            return Expression.constant(float((left * right.args[0])({})[0])) * right.args[1]
        if node.op == "div" and right.op == "mul" and right.args[0].is_constant and right.args[0].value:
            factor = 1 / right.args[0].value
            if left.op == "mul" and left.args[0].value is not None:
                return Expression.constant(left.args[0].value * factor) * (left.args[1] / right.args[1])
            return Expression.constant(factor) * (left / right.args[1])
        return new

    folded = formula.fold(lambda node: Expression.constant(node({})[0]) if not node.variables else node, inner)
    return folded.with_constants(
        c if c == int(c) and abs(c) < 1000 else float(f"{c:.{digits - 1}e}") for c in folded.constants
    )


def units(rng: random.Random) -> Pair | None:
    """A law with SI constants, folded to a few digits, or every constant slightly off."""
    text, domain = _law(rng, _LAWS)
    formula = Expression.parse(text, variables=domain)
    truth = Truth(formula, domain, rng)
    if not (np.isfinite(truth.y).all() and truth.spread > 0):
        return None
    digits = rng.choice([4, 5, 6, 8])
    folded = _folded(formula, digits)
    if rng.random() < 0.5:
        found, how = folded, f"folded to {digits} digits"
    else:
        share = rng.choice([1e-6, 1e-5, 1e-4, 1e-3, 5e-3])
        found, how = perturbed(rng.choice([formula, folded]), share, rng), f"constants off by {share:g}"
    off = np.abs(found(truth.columns) - truth.y) / truth.spread
    if found == formula or not np.all(off < 0.5):
        return None
    return text, str(found), "recovered", how, domain


_EXPONENTIALS: Final[tuple[tuple[str, str, str, dict[str, tuple[float, float]]], ...]] = (
    # before exp(u), u, after it
    ("2*{h}*{c}**2/l**5/(", "{h}*{c}/(l*{k}*T)", " - 1)", {"l": (4e-7, 3e-6), "T": (2000.0, 6000.0)}),
    ("{h}*w**3/(pi**2*{c}**2*(", "{h}*w/({k}*T)", " - 1))", {"w": (1e13, 1e14), "T": (200.0, 900.0)}),
    ("1e-9*(", "{q}*V/({k}*T)", " - 1)", {"V": (0.02, 0.4), "T": (280.0, 360.0)}),
    ("{h}*w/(", "{h}*w/({k}*T)", " - 1)", {"w": (1e12, 3e13), "T": (100.0, 900.0)}),
    ("n*", "-m*9.81*z/({k}*T)", "", {"n": (1e23, 1e25), "m": (1e-26, 9e-26), "z": (10.0, 9000.0), "T": (200.0, 350.0)}),
    ("1/(", "(E - 8.01e-20)/({k}*T)", " + 1)", {"E": (4e-20, 1.2e-19), "T": (200.0, 900.0)}),
    ("1e13*", "-E/(8.314*T)", "", {"E": (2e4, 6e4), "T": (280.0, 900.0)}),
    ("3.1*", "-1.7*x*y", "", {"x": (0.5, 3.0), "y": (1.0, 5.0)}),
)


def hyperbolic(rng: random.Random) -> Pair | None:
    """exp(u) of a law as cosh(u) + sinh(u), by tanh, or as a power of that of a part of u."""
    before, u, after, limits = rng.choice(_EXPONENTIALS)
    text, domain = _law(rng, ((f"{before}exp({u}){after}", limits),))
    truth = Expression.parse(text, variables=domain)
    parts = [
        f"(cosh({u}) + sinh({u}))", f"((1 + tanh(({u})/2))/(1 - tanh(({u})/2)))", f"(1/(cosh({u}) - sinh({u})))",
        f"exp(({u})/2)**2", f"(cosh(({u})/2) + sinh(({u})/2))**2", f"(sinh({u}) + sqrt(1 + sinh({u})**2))",
    ]  # fmt: skip
    whole = f"{before}{rng.choice(parts)}{after}"
    if after.startswith(" - 1") and rng.random() < 0.5:
        wholes = [
            f"{before}2*sinh(({u})/2)*exp(({u})/2){after[4:]}", f"{before}1){after[5:]}*0.5*(1/tanh(({u})/2) - 1)",
            f"{before}1){after[5:]}*exp(-({u})/2)/(2*sinh(({u})/2))",
            f"{before}1){after[5:]}*0.5*(cosh(({u})/2)/sinh(({u})/2) - 1)",
        ]  # fmt: skip
        whole = rng.choice(wholes if before.rstrip("(").endswith(("/", "*")) and "1e-9" not in before else wholes[:1])
    found = Expression.parse(_law(rng, ((whole, limits),))[0], variables=domain)
    how, label = "exponentials by hyperbolic functions", "exact"
    change = rng.randrange(4)
    if change == 1:
        found, label, how = _folded(found, rng.choice([5, 6])), "recovered", f"{how}, folded"
    elif change == 2:
        found, label, how = perturbed(found, rng.choice([1e-5, 1e-4, 1e-3]), rng), "recovered", f"{how}, off"
    if found == truth or found == _folded(truth, 17):
        return None
    y = Truth(truth, domain, rng)
    return (text, str(found), label, how, domain) if np.all(np.abs(found(y.columns) - y.y) < 0.5 * y.spread) else None


# --- (g), (l) terms that units hide -----------------------------------------------------------------------------------


def hidden(rng: random.Random) -> Pair:
    """A term beside variables of very small or very large units: it counts where it would with all near one."""
    kind = rng.randrange(3)
    digits = rng.choice([1, 2, 3, 5, 9])
    factor = float(f"{rng.uniform(0.02, 6.0):.{digits - 1}e}")
    small = 10.0 ** rng.randint(-25, -12)
    large = 10.0 ** rng.randint(9, 14)
    domain = {"x": Sampling(low=1.0, high=5.0), "y": Sampling(low=0.5, high=3.0)}
    is_leftover = rng.random() < 0.35
    if is_leftover:
        factor = float(f"{rng.uniform(1.0, 9.0) * 10.0 ** rng.randint(-14, -6):.{digits - 1}e}")
    label = "exact" if is_leftover else "neither"
    if kind == 0:
        domain["v"] = Sampling(low=small, high=100 * small, sampling="log")
        base = rng.choice(["x*y", "x/y + 0.5", "2.5*sin(x)*y", "exp(-x)*3.1"])
        found = rng.choice([f"{base} + {factor!r}*v", f"({base})*(1 + {factor!r}*v)", f"({base})/(1 + {factor!r}*v)"])
    elif kind == 1:
        domain["r"] = Sampling(low=large, high=1000 * large, sampling="log")
        base = rng.choice(["r", "2.5*r*x", "r**2", "r**2*y/x", "3.3*r + r*x"])
        found = rng.choice([f"{base} + {factor!r}", f"{base} + {factor!r}*x", f"{base} - {factor!r}*sin(y)"])
    else:
        domain["v"] = Sampling(low=small, high=100 * small, sampling="log")
        domain["r"] = Sampling(low=large, high=1000 * large, sampling="log")
        base = rng.choice(["r*x", "x*r**2", "r/y"])
        found = rng.choice([f"{base} + {factor!r}*v*y", f"({base})*(1 + {factor!r}*v)", f"{base} + {factor!r}*v"])
    return base, found, label, "leftover" if is_leftover else "hidden by units", domain


# --- (k) more than 200 numbers ----------------------------------------------------------------------------------------


def many_numbers(rng: random.Random) -> Pair:
    """A sum with more than 200 numbers, exponents counted: wrong, or the truth with all of them."""
    base, domain = _base(rng)
    name = rng.choice(list(domain))
    truth = measured(base, domain, rng)
    terms: list[str] = []
    size = truth.spread / 40
    top = max(abs(v) for v in domain[name].interval)
    most = rng.choice([205, 260])
    while len(Expression.parse(" + ".join([base, *terms])).constants) <= most:
        c = _number(rng.uniform(0.2, 1.0) * size * rng.choice([-1, 1]), 4)
        power = rng.randint(2, 4)
        terms.append(
            rng.choice(
                [f"{c}*sin({_number(rng.uniform(0.5, 4), 3)}*{name})", f"{c}*({name}/{_number(top, 4)})**{power}"]
            )
        )
    added = " + ".join(terms)
    if rng.random() < 0.3:
        back = f"{added} + {base} - ({added})"
        return base, back, "exact", "many numbers that cancel", domain
    return base, f"{base} + {added}", "neither", "many numbers, wrong", domain


KINDS: Final[Mapping[str, Callable[[random.Random], Pair | None]]] = {
    "narrow feature": narrow, "undefined on a sliver": hole, "constant that vanishes by growing": growing,
    "lost digits": lost_digits, "fast sine": fast_sine, "law with SI constants": units,
    "exp by hyperbolic functions": hyperbolic, "term that units hide": hidden, "more than 200 numbers": many_numbers,
}  # fmt: skip
