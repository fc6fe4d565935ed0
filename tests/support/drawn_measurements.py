"""Seeded random measurements on which the choice of a formula is tried: sums, products and power laws with noise.

Law, inputs, number of rows, kind and size of the noise are drawn; no suite is asked. Numbers below `N_DEVELOPMENT` are
for choosing rules, those from `FIRST_REPORTED` on for figures that decide nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from srbench_lite import Expression, Samples
from srbench_lite.fitting import Problem, refit

__all__ = ["FIRST_REPORTED", "N_DEVELOPMENT", "DrawnMeasurements", "same_law"]

N_DEVELOPMENT: Final = 1_000
FIRST_REPORTED: Final = 1_000
_SEED: Final = 20_261_130
_NAMES: Final = ("u", "v", "w")
_ROWS: Final = (8, 15, 30, 80, 300)
_NOISE: Final = (0.0, 0.005, 0.02, 0.05, 0.1)
_EXPONENTS: Final = (1.0, 2.0, 3.0, 0.5, 1.5, -0.5, -1.0, -2.0)
#: Noise-free points at which a formula is compared with the law, the share by which it may be off, and that by which
#: one of its constants may move on the way.
_COMPARED: Final = 300
_MAX_GAP: Final = 1e-7
_MAX_MOVE: Final = 0.5

Array = NDArray[np.float64]


@dataclass(frozen=True)
class DrawnMeasurements:
    """One law, measured.

    Attributes:
        number: what is drawn depends on it alone.
    """

    number: int

    @property
    def _rng(self) -> Generator:
        return np.random.default_rng([_SEED, self.number])

    @cached_property
    def law(self) -> Expression:
        """The truth."""
        rng = self._rng
        names = _NAMES[: int(rng.integers(1, 4))]
        return Expression.parse(_FAMILIES[self.number % len(_FAMILIES)](rng, names))

    @cached_property
    def n(self) -> int:
        """Number of rows."""
        return int(self._further(1).choice(_ROWS))

    @cached_property
    def noise(self) -> float:
        """Standard deviation of the noise, as a share of y or of its root mean square."""
        return float(self._further(2).choice(_NOISE))

    @cached_property
    def is_proportional(self) -> bool:
        """Whether the noise is proportional to y."""
        return bool(self._further(3).random() < 0.5)

    @cached_property
    def samples(self) -> Samples:
        """The rows."""
        rng = self._further(4)
        inputs = self.inputs(self.n, rng)
        exact = np.broadcast_to(self.law(inputs), (self.n,))
        size = np.abs(exact) if self.is_proportional else np.sqrt(np.mean(exact**2))
        y = exact + self.noise * size * rng.normal(size=self.n)
        if rng.random() < 0.5:
            y = np.array([float(f"{value:.3e}") for value in y.tolist()])
        return Samples(variables=tuple(inputs), x=np.column_stack(list(inputs.values())), y=y)

    def inputs(self, n: int, rng: Generator) -> dict[str, Array]:
        """Draw n inputs, each of shape (n,)."""
        return {name: np.exp(rng.uniform(np.log(0.3), np.log(4.0), n)) for name in self.law.variables}

    def _further(self, part: int) -> Generator:
        return np.random.default_rng([_SEED, self.number, part])


def same_law(found: Expression, measured: DrawnMeasurements) -> bool:
    """Whether a formula is the law but for its constants, none of which is off by more than half of itself."""
    if set(found.variables) != set(measured.law.variables):
        return False
    inputs = measured.inputs(_COMPARED, np.random.default_rng(0))
    values = np.broadcast_to(measured.law(inputs), (_COMPARED,))
    dense = Samples(variables=tuple(inputs), x=np.column_stack(list(inputs.values())), y=values)
    fitted = refit(found, Problem.of(dense), free=range(len(found.constants)), steps=100).expression
    with np.errstate(all="ignore"):
        moves = np.abs(np.array(fitted.constants) - np.array(found.constants))
        gap = float(np.sqrt(np.mean((fitted(inputs) - values) ** 2) / np.mean(values**2)))
    return not (moves > _MAX_MOVE * np.abs(found.constants)).any() and gap < _MAX_GAP


def _number(rng: Generator, low: float = 0.3, high: float = 9.0) -> str:
    return f"{np.exp(rng.uniform(np.log(low), np.log(high))):.3g}"


def _monomial(rng: Generator, names: tuple[str, ...]) -> str:
    factors = [f"{name}**({rng.choice(_EXPONENTS):g})" for name in names]
    return "*".join([_number(rng), *factors])


def _some(rng: Generator, names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(str(name) for name in rng.choice(names, int(rng.integers(1, min(len(names), 2) + 1)), replace=False))


def _power_law(rng: Generator, names: tuple[str, ...]) -> str:
    return _monomial(rng, names)


def _sum(rng: Generator, names: tuple[str, ...]) -> str:
    terms = [_monomial(rng, (name,)) for name in names]
    if len(names) == 1 or rng.random() < 0.3:
        terms.append(_number(rng) if rng.random() < 0.5 else _monomial(rng, _some(rng, names)))
    signs = [str(rng.choice([" + ", " - "])) for _ in terms[1:]]
    return terms[0] + "".join(sign + term for sign, term in zip(signs, terms[1:], strict=True))


def _product(rng: Generator, names: tuple[str, ...]) -> str:
    first, *rest = names
    unit = str(
        rng.choice(["exp(-{k}*{x})", "sin({k}*{x})", "1/({k} + {x})", "log(1 + {k}*{x})", "(1 - exp(-{k}*{x}))",
                    "1/(1 + {k}*{x}**2)", "sqrt({k} + {x}**2)"])
    )  # fmt: skip
    unit = unit.format(k=_number(rng, 0.3, 3.0), x=first)
    outer = _monomial(rng, tuple(rest)) if rest else _number(rng)
    return f"{outer}*{unit}"


_FAMILIES: Final = (_power_law, _sum, _product)
