"""`Samples` (points a method may see) and `Dataset` (what a task draws: train, test, far)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

from srbench_lite.errors import DataError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Dataset", "Samples"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Samples:
    """Points of a function. The arrays are read-only copies.

    Attributes:
        variables: names of the d variables, in the order of the columns of `x`.
        x: inputs, shape (n, d), float64, finite.
        y: target, shape (n,), float64, finite.
        weights: weight of each point's squared residual, shape (n,), float64, positive and finite: 1/sigma**2 where
            sigma is the standard deviation of the measurement of y. None where every point counts the same.
        units: physical units by variable, such as "m/s"; a variable without one is not in it. A method may use them.
        target_unit: the physical unit of y; empty where it is not known.

    Raises:
        DataError: shapes do not fit together, there is no point, a value is not finite, a weight is not positive, or
            a unit is of no variable.
    """

    variables: tuple[str, ...]
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    weights: NDArray[np.float64] | None = None
    units: Mapping[str, str] = field(default_factory=dict)
    target_unit: str = ""

    def __post_init__(self) -> None:
        import numpy as np

        object.__setattr__(self, "variables", tuple(self.variables))
        object.__setattr__(self, "units", dict(self.units))
        names = ("x", "y") if self.weights is None else ("x", "y", "weights")
        for name in names:
            given = getattr(self, name)
            try:
                if np.iscomplexobj(given):
                    raise TypeError("complex numbers")
                array = np.array(given, dtype=np.float64, order="C", copy=True)
            except (TypeError, ValueError) as error:
                raise DataError(f"{name} must hold real numbers in rows of equal length: {error}") from None
            array.flags.writeable = False
            object.__setattr__(self, name, array)
        d = len(self.variables)
        if len(set(self.variables)) != d:
            raise DataError(f"variable names must differ, got {', '.join(self.variables)}")
        strangers = sorted(set(self.units) - set(self.variables))
        if strangers:
            raise DataError(f"units must be of variables, {', '.join(self.variables)}, got one of {strangers[0]!r}")
        if self.x.ndim != 2 or self.x.shape[1] != d:
            raise DataError(f"x must be (n, d) = (n, {d}), got {self.x.shape}")
        if self.y.shape != (len(self.x),):
            raise DataError(f"y must be (n,) = ({len(self.x)},), got {self.y.shape}")
        if self.weights is not None and self.weights.shape != self.y.shape:
            raise DataError(f"weights must be (n,) = ({len(self.x)},), got {self.weights.shape}")
        if len(self.y) == 0:
            raise DataError("there must be at least one point")
        for name in names:
            if not np.isfinite(getattr(self, name)).all():
                bad = int((~np.isfinite(getattr(self, name))).sum())
                raise DataError(f"{name} must be finite, but {bad} value{'s are' if bad > 1 else ' is'} not")
        if self.weights is not None and (self.weights <= 0).any():
            raise DataError(f"weights must be positive, got {self.weights.min():g}; leave out points that do not count")

    @classmethod
    def from_columns(cls, columns: Mapping[str, Sequence[float]], y: Sequence[float]) -> Samples:
        """Make samples from one sequence of n numbers for each variable, and n targets."""
        import numpy as np

        lengths = {name: len(column) for name, column in columns.items()}
        if set(lengths.values()) != {len(y)}:
            shown = ", ".join(f"{name} has {n}" for name, n in lengths.items()) or "there are none"
            raise DataError(f"every column must have as many values as y, {len(y)}, but {shown}")
        x = np.column_stack([np.asarray(column) for column in columns.values()])
        return cls(variables=tuple(columns), x=x, y=np.asarray(y))

    @property
    def columns(self) -> dict[str, NDArray[np.float64]]:
        """The inputs by name, each of shape (n,): what an `Expression` is called with."""
        return {name: self.x[:, i] for i, name in enumerate(self.variables)}

    def rows(self, chosen: NDArray[np.intp]) -> Samples:
        """Return the points of the chosen rows, in their order; `chosen` has shape (m,)."""
        weights = None if self.weights is None else self.weights[chosen]
        return Samples(
            variables=self.variables, x=self.x[chosen], y=self.y[chosen], weights=weights, units=self.units,
            target_unit=self.target_unit,
        )  # fmt: skip

    def __len__(self) -> int:
        return len(self.y)

    def __reduce__(self) -> tuple[Callable[..., Samples], tuple[Any, ...]]:
        return _samples, tuple(getattr(self, f.name) for f in fields(self))  # through the checks: copies are writeable


def _samples(*values: Any) -> Samples:
    return Samples(**dict(zip((f.name for f in fields(Samples)), values, strict=True)))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Dataset:
    """What a task draws for one seed and noise level. Only `train` is ever handed to a method.

    Attributes:
        train: training points; the target carries the noise.
        test: fresh points of the same domain, noise-free.
        far: fresh points outside the training intervals, noise-free; None where the truth is unknown or undefined.
    """

    train: Samples
    test: Samples
    far: Samples | None
