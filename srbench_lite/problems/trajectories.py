"""`Trajectories`: points along the solutions of a system of ordinary differential equations."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from srbench_lite.errors import DataError, SuiteError
from srbench_lite.expressions.expression import Expression

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Trajectories"]

#: Error that the integrator may make, relative, and as a share of the largest start: far below any noise that is added.
_ERROR: Final = 1e-10
#: The integrator evaluates the rates at most so often for one trajectory; a stiff or chaotic system needs some 10^4.
_MAX_EVALUATIONS: Final = 100_000
#: So many trajectories are kept in memory; a suite of the field has some 30.
_KEPT: Final = 128
#: No trajectory has more points.
_MAX_STEPS: Final = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Trajectories:
    """A system of d ordinary differential equations, and the solutions whose points a task has.

    Attributes:
        rates: dx/dt of each variable, by variable; the formulas use these variables only.
        starts: values of the variables at time 0, in the order of `rates`, one tuple of d numbers for each trajectory.
        duration: time that each trajectory lasts, in the time unit of the rates.
        steps: points of each trajectory, at even times from 0 to `duration`, both included.
        train: trajectories whose points are for training, drawn by the seed; the others test.

    Raises:
        SuiteError: the parts do not fit together.
    """

    rates: Mapping[str, Expression]
    starts: tuple[tuple[float, ...], ...]
    duration: float
    steps: int = 100
    train: int = 3

    def __post_init__(self) -> None:
        object.__setattr__(self, "rates", dict(self.rates))
        if not self.rates:
            raise SuiteError("trajectories need the rate of at least one variable: rates = { x = ... }")
        for name, rate in self.rates.items():
            unknown = sorted(set(rate.variables) - set(self.rates))
            if unknown:
                raise SuiteError(f"the rate of {name} uses {unknown[0]}, which has no rate; give one in rates")
        object.__setattr__(self, "starts", tuple(map(self._start, self.starts)))
        if len(set(self.starts)) < len(self.starts):
            raise SuiteError("two trajectories have the same start; they would be one")
        self._check_number("duration", self.duration)
        object.__setattr__(self, "duration", float(self.duration))
        for name, least, most in (("steps", 2, _MAX_STEPS), ("train", 1, len(self.starts) - 1)):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
                also = ", so that one is left to test" if name == "train" else ""
                raise SuiteError(f"{name} must be a whole number from {least} to {most:,}{also}, got {value!r}")

    def _start(self, start: Any) -> tuple[float, ...]:
        good = isinstance(start, tuple | list) and len(start) == len(self.rates)
        if not good or not all(_is_number(value) for value in start):
            raise SuiteError(
                f"a start must be {len(self.rates)} numbers, of {', '.join(self.rates)} in this order, got {start!r}"
            )
        return tuple(map(float, start))

    @staticmethod
    def _check_number(name: str, value: object) -> None:
        if not _is_number(value) or not value > 0:  # type: ignore[operator]
            raise SuiteError(f"{name} must be a positive number, got {value!r}")

    @property
    def n_train(self) -> int:
        """Number of training points."""
        return self.train * self.steps

    @property
    def n_test(self) -> int:
        """Number of test points."""
        return (len(self.starts) - self.train) * self.steps

    def definition(self) -> dict[str, Any]:
        """Return all that the points depend on, as JSON."""
        return {
            "rates": {name: str(rate) for name, rate in self.rates.items()}, "starts": self.starts,
            "duration": self.duration, "steps": self.steps, "train": self.train,
        }  # fmt: skip

    def split(self, rng: np.random.Generator) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Draw which trajectories train; return the points of those and of the others, shape (n, d) each.

        Raises:
            DataError: a trajectory does not come to its end.
        """
        import numpy as np

        order = rng.permutation(len(self.starts))
        parts = (np.sort(order[: self.train]), np.sort(order[self.train :]))
        train, test = (np.concatenate([self.points(self.starts[index]) for index in part]) for part in parts)
        return train, test

    def points(self, start: tuple[float, ...]) -> NDArray[np.float64]:
        """Return the trajectory from a start, shape (steps, d).

        Raises:
            DataError: a rate blows up or is undefined on the way, or there are too many steps.
        """
        return _solution(tuple(self.rates.items()), start, self.duration, self.steps)


@lru_cache(maxsize=_KEPT)  # tasks on the two rates of a system, and all their runs, have the same trajectories
def _solution(
    rates: tuple[tuple[str, Expression], ...], start: tuple[float, ...], duration: float, steps: int
) -> NDArray[np.float64]:
    """Integrate with DOP853, or with Radau where that takes too many steps; the array is read-only."""
    import numpy as np
    from scipy.integrate import solve_ivp

    names, calls = tuple(name for name, _ in rates), 0

    def rate(_: float, state: NDArray[np.float64]) -> NDArray[np.float64]:
        nonlocal calls
        calls += 1
        if calls > _MAX_EVALUATIONS:
            raise _TooLongError
        columns = {name: state[index : index + 1] for index, name in enumerate(names)}
        return np.array([formula(columns)[0] for _, formula in rates])

    scale = max(map(abs, start)) or 1.0
    for method in ("DOP853", "Radau"):
        calls = 0
        try:
            with np.errstate(all="ignore"):
                solved = solve_ivp(
                    rate, (0.0, duration), np.array(start), method=method, t_eval=np.linspace(0.0, duration, steps),
                    rtol=_ERROR, atol=_ERROR * scale,
                )  # fmt: skip
        except (_TooLongError, ValueError, FloatingPointError, np.linalg.LinAlgError):
            continue  # Radau factorises a matrix of the rates, which has holes where they have
        if solved.success and np.isfinite(solved.y).all() and solved.y.shape[1] == steps:
            points = np.array(solved.y.T, dtype=np.float64, order="C")
            points.flags.writeable = False
            return points
    shown = ", ".join(f"{name} = {value:g}" for name, value in zip(names, start, strict=True))
    raise DataError(
        f"the trajectory from {shown} does not come to its end at t = {duration:g}: a rate grows without bound or is "
        "undefined on the way; give another start or a shorter duration"
    )


class _TooLongError(Exception):
    """The integrator needs too many steps."""


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
