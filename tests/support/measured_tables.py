"""Small tables of measurements with known laws: rounded numbers, some with noise beyond the rounding.

Two collections of different laws and different seeds: `REPORTED` is for figures that are published and decides nothing,
`DEVELOPMENT` is what rules and thresholds are chosen on. `is_law` says whether a formula found from a table is its law,
with constants within what the table allows.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from srbench_lite import Expression, Samples, Sampling, judge
from srbench_lite.fitting import Problem, refit

__all__ = ["DEVELOPMENT", "REPORTED", "Column", "MeasuredTable", "is_law"]

Array = NDArray[np.float64]

#: A formula whose constants were fitted again is the law where it differs by less than this share of it.
_MAX_LAW_GAP: Final = 1e-7
#: By this share of itself a constant may be off: beyond it stands for another formula.
_MAX_MOVE: Final = 0.5
#: The found constants are within what the table allows where the formula, at the points, is off by at most so many
#: variances of the measurement: so many in all, and so many for each constant.
_VARIANCES: Final = 9.0
_VARIANCES_PER_CONSTANT: Final = 4.0
#: Points at which formulas are compared with laws.
_COMPARED: Final = 400


@dataclass(frozen=True)
class Column:
    """How one input is measured: drawn and rounded to significant digits, or set to an even grid, which is exact."""

    low: float
    high: float
    sampling: Literal["uniform", "log", "grid"] = "uniform"
    digits: int = 3

    def draw(self, n: int, rng: np.random.Generator) -> tuple[Array, Array]:
        """Return n true values and what is written down, each of shape (n,)."""
        if self.sampling == "grid":
            values = np.array([float(f"{v:.10g}") for v in np.linspace(self.low, self.high, n)])
            return values, values
        if self.sampling == "log":
            true = np.exp(rng.uniform(np.log(self.low), np.log(self.high), n))
        else:
            true = rng.uniform(self.low, self.high, n)
        return true, _significant(true, self.digits)


@dataclass(frozen=True)
class MeasuredTable:
    """A law and how it is measured.

    Attributes:
        name: of the table; its points are drawn with a seed made from it.
        law: text of the formula.
        columns: the inputs.
        n: number of rows.
        digits: significant digits of y; 0 where `decimals` says how y is rounded.
        decimals: of y.
        relative, absolute: standard deviation of the noise beyond rounding, as a share of y and in units of y.
    """

    name: str
    law: str
    columns: dict[str, Column]
    n: int
    digits: int = 3
    decimals: int = 0
    relative: float = 0.0
    absolute: float = 0.0
    drawn: tuple[Samples, Array] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        rng = np.random.default_rng(zlib.crc32(self.name.encode()))
        true, written = {}, {}
        for name, column in self.columns.items():
            true[name], written[name] = column.draw(self.n, rng)
        exact = np.broadcast_to(self.truth(true), (self.n,))
        y = exact * (1 + self.relative * rng.normal(size=self.n)) + self.absolute * rng.normal(size=self.n)
        y = _significant(y, self.digits) if self.digits else np.round(y, self.decimals)
        samples = Samples(variables=tuple(written), x=np.column_stack(list(written.values())), y=y)
        variance = (self.relative * exact) ** 2 + self.absolute**2
        unit = _units(y, self.digits) if self.digits else 10.0**-self.decimals
        variance = variance + unit**2 / 12
        for name, column in self.columns.items():
            if column.sampling != "grid":
                slope = np.broadcast_to(self.truth.derivative(name)(true), (self.n,))
                variance = variance + (slope * _units(written[name], column.digits)) ** 2 / 12
        object.__setattr__(self, "drawn", (samples, np.sqrt(variance)))

    @property
    def truth(self) -> Expression:
        """The law."""
        return Expression.parse(self.law)

    @property
    def samples(self) -> Samples:
        """The table."""
        return self.drawn[0]

    @property
    def errors(self) -> Array:
        """Standard deviation of each y, rounding and the errors of the inputs included, shape (n,)."""
        return self.drawn[1]

    @property
    def domain(self) -> dict[str, Sampling]:
        """Where the inputs come from."""
        kinds: dict[str, Literal["uniform", "log"]] = {
            name: "log" if column.sampling == "log" else "uniform" for name, column in self.columns.items()
        }
        return {
            name: Sampling(low=column.low, high=column.high, sampling=kinds[name])
            for name, column in self.columns.items()
        }


def is_law(found: Expression, table: MeasuredTable) -> bool:
    """Say whether a formula found from a table is its law, with constants within what the table allows.

    It is where (a) constants near the found ones, none of them off by more than half of itself, make it the law for
    the judge, and (b) the formula as found differs from the law at the points of the table by no more than errors of
    its constants explain: the squares of the differences, in variances of the measurement, add up to at most 9, and 4
    more for each constant.
    """
    if set(found.variables) - set(table.columns):
        return False
    with np.errstate(all="ignore"):
        gap = (found(table.samples.columns) - table.truth(table.samples.columns)) / table.errors
        allowed = _VARIANCES + _VARIANCES_PER_CONSTANT * len(found.constants)
        if not float(gap @ gap) <= allowed:
            return False
        rng = np.random.default_rng(0)
        inputs = {name: Column(c.low, c.high, _drawn(c.sampling), 17).draw(_COMPARED, rng)[0]
                  for name, c in table.columns.items()}  # fmt: skip
        values = np.broadcast_to(table.truth(inputs), (_COMPARED,))
        dense = Samples(variables=tuple(inputs), x=np.column_stack(list(inputs.values())), y=values)
        fitted = refit(found, Problem.of(dense), free=range(len(found.constants)), steps=100).expression
        move = np.abs(np.array(fitted.constants) - np.array(found.constants))
        if (move > _MAX_MOVE * np.abs(found.constants)).any():
            return False
        left = float(np.sqrt(np.mean((fitted(inputs) - values) ** 2) / np.mean(values**2)))
    return left < _MAX_LAW_GAP and judge(fitted, table.truth, table.domain).recovered


def _drawn(sampling: Literal["uniform", "log", "grid"]) -> Literal["uniform", "log"]:
    return "log" if sampling == "log" else "uniform"


def _significant(values: Array, digits: int) -> Array:
    return np.array([float(f"{v:.{digits - 1}e}") for v in values.tolist()])


def _units(values: Array, digits: int) -> Array:
    """Return the unit of the last significant digit of each value."""
    sizes = np.floor(np.log10(np.maximum(np.abs(values), 1e-300)))
    return np.asarray(10.0 ** (sizes - digits + 1))


def _table(name: str, law: str, n: int, /, *, digits: int = 3, decimals: int | None = None, relative: float = 0.0,
           absolute: float = 0.0, **columns: Column) -> MeasuredTable:  # fmt: skip
    return MeasuredTable(
        name, law, columns, n, 0 if decimals is not None else digits, decimals or 0, relative, absolute
    )


#: Six to 40 rows, 2 to 4 digits, one to three variables; for figures only.
REPORTED: Final = (
    _table("planets", "0.3652*a**1.5", 8, digits=4, a=Column(0.35, 31, "log", 4)),
    _table("pendulum", "2.006*sqrt(l)", 10, l=Column(0.1, 1.5)),
    _table("free fall", "4.905*t**2", 10, relative=0.01, t=Column(0.1, 1.0, "grid")),
    _table("resistance", "u/r", 15, relative=0.005, u=Column(1, 12), r=Column(10, 100)),
    _table("boyle", "24.6/v", 9, relative=0.01, v=Column(0.5, 5)),
    _table("arrhenius", "3.2e6*exp(-5200/t)", 11, relative=0.02, t=Column(300, 400, "grid")),
    _table("transmittance", "exp(-0.42*c)", 11, decimals=3, absolute=0.002, c=Column(0, 5, "grid")),
    _table("radiation", "5.67e-8*t**4", 12, t=Column(300, 1500, digits=4)),
    _table("enzyme", "12.5*s/(3.4 + s)", 15, relative=0.02, s=Column(0.5, 50, "log")),
    _table("spring", "25.4*x", 8, relative=0.01, x=Column(0.01, 0.2)),
    _table("cooling", "21 + 63*exp(-0.045*t)", 21, decimals=1, absolute=0.2, t=Column(0, 60, "grid")),
    _table("lens", "f*g/(g - f)", 20, f=Column(5, 15), g=Column(20, 60)),
    _table("drag", "0.28*v**2", 14, relative=0.03, v=Column(5, 40)),
    _table("metabolism", "3.4*m**0.75", 20, relative=0.04, m=Column(0.02, 500, "log")),
    _table("charges", "8.99*q*p/r**2", 25, q=Column(1, 9), p=Column(1, 9), r=Column(0.2, 2)),
    _table("gas", "8.314*n*t/v", 20, digits=4, relative=0.003, n=Column(0.5, 3), t=Column(280, 380), v=Column(5, 30)),
    _table("refraction", "asin(sin(a)/1.33)", 12, decimals=3, a=Column(0.1, 1.3)),
    _table("decay", "850*exp(-0.13*t)", 13, decimals=0, relative=0.01, t=Column(0, 24, "grid")),
    _table("charging", "5*(1 - exp(-t/2.2))", 20, decimals=2, absolute=0.01, t=Column(0.5, 10, "grid")),
    _table("doppler", "149600/(340 - v)", 10, digits=4, v=Column(5, 100)),
    _table("altitude", "9.81*(6371/(6371 + h))**2", 12, digits=4, h=Column(50, 9000)),
    _table("relativity", "1/sqrt(1 - v**2)", 15, digits=4, v=Column(0.05, 0.95)),
    _table("parallel", "r*s/(r + s)", 16, relative=0.005, r=Column(10, 100), s=Column(10, 100)),
    _table("kinetic", "0.5*m*v**2", 18, m=Column(1, 20), v=Column(1, 30)),
    _table("wien", "2898/t", 8, t=Column(1000, 8000, digits=4)),
    _table("wind", "1.6*log(z/0.05)", 10, decimals=2, absolute=0.05, z=Column(1, 100, "log")),
    _table("projectile", "v**2*sin(2*a)/9.81", 25, v=Column(5, 30), a=Column(0.2, 1.4)),
    _table("pipe", "3.9*r**4/l", 18, relative=0.02, r=Column(0.5, 3), l=Column(5, 30)),
    _table("oscillation", "3.2*sin(1.7*t)", 40, decimals=2, absolute=0.05, t=Column(0.1, 10)),
    _table("growth", "0.05*exp(0.62*t)", 11, relative=0.03, t=Column(0, 10, "grid")),
)

#: Other laws, measured in the same ways; rules are chosen on these.
DEVELOPMENT: Final = (
    _table("outflow", "4.43*sqrt(h)", 9, h=Column(0.05, 3)),
    _table("centripetal", "m*v**2/r", 20, relative=0.005, m=Column(0.5, 5), v=Column(1, 10), r=Column(0.2, 3)),
    _table("spring period", "6.283*sqrt(m/k)", 14, m=Column(0.1, 2), k=Column(5, 80)),
    _table("illuminance", "120/d**2", 12, relative=0.02, d=Column(0.5, 6)),
    _table("adiabatic", "101/v**1.4", 10, digits=4, v=Column(0.2, 3)),
    _table("vapour", "6.11*exp(17.3*t/(t + 237))", 15, t=Column(1, 60)),
    _table("adsorption", "2.3*c**0.45", 12, relative=0.03, c=Column(0.05, 100, "log")),
    _table("saturation", "4.2*p/(1 + 0.8*p)", 14, relative=0.01, p=Column(0.1, 20, "log")),
    _table("capacitors", "c*d/(c + d)", 15, c=Column(1, 50), d=Column(1, 50)),
    _table("gravitation", "6.67*m*k/r**2", 24, m=Column(1, 9), k=Column(1, 9), r=Column(0.5, 4)),
    _table("barometer", "1013*exp(-h/8.4)", 12, decimals=0, h=Column(0, 11, "grid")),
    _table("discharge", "9*exp(-t/3.3)", 16, decimals=2, absolute=0.03, t=Column(0, 15, "grid")),
    _table("string", "sqrt(f/m)/(2*l)", 22, f=Column(20, 200), m=Column(0.001, 0.01), l=Column(0.3, 1.2)),
    _table("escape", "11.2*sqrt(m/r)", 9, m=Column(0.05, 320, "log"), r=Column(0.4, 11)),
    _table("heat", "4.19*m*t", 12, relative=0.01, m=Column(0.1, 2), t=Column(5, 60)),
    _table("joule", "r*i**2", 15, relative=0.01, r=Column(2, 50), i=Column(0.1, 4)),
    _table("expansion", "25.3 + 1.21*x", 8, digits=4, x=Column(1, 50)),
    _table("braking", "0.21*v + 0.0062*v**2", 14, relative=0.02, v=Column(10, 140, "grid")),
    _table("logistic", "98/(1 + 24*exp(-0.9*t))", 17, relative=0.01, t=Column(0, 8, "grid")),
    _table("wire", "0.2*i/r", 12, relative=0.01, i=Column(1, 10), r=Column(0.5, 10)),
    _table("induction", "1.5*v*b*sin(a)", 20, v=Column(1, 20), b=Column(0.1, 2), a=Column(0.1, 1.5)),
    _table("polariser", "4.8*cos(a)**2", 19, decimals=2, absolute=0.02, a=Column(0.05, 3.1)),
    _table("resonance", "1/(6.283*sqrt(l*c))", 15, l=Column(0.01, 0.5), c=Column(0.1, 5)),
    _table("sound", "20.05*sqrt(t)", 8, digits=4, t=Column(250, 320)),
    _table("second order", "1/(2.1 + 0.35*t)", 13, decimals=4, t=Column(0, 24, "grid")),
    _table("tide", "2.6 + 1.4*sin(0.506*t + 0.8)", 25, decimals=2, absolute=0.03, t=Column(0, 24, "grid")),
    _table("photoelectric", "4.14*f - 2.3", 7, decimals=2, f=Column(0.6, 1.5)),
    _table("ranks", "5200/r", 20, decimals=0, relative=0.02, r=Column(1, 20, "grid")),
    _table("compton", "l + 2.43*(1 - cos(a))", 14, l=Column(1, 10), a=Column(0.2, 3)),
    _table("reynolds", "d*v*p/m", 30, relative=0.01, d=Column(0.01, 0.2), v=Column(0.1, 5), p=Column(0.8, 1.2),
           m=Column(0.001, 0.1)),
)  # fmt: skip
