"""`Samples` (points a method may see) and `Dataset` (what a task draws: train, test, far)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

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

    Raises:
        DataError: shapes do not fit together, there is no point, or a value is not finite.
    """

    variables: tuple[str, ...]
    x: NDArray[np.float64]
    y: NDArray[np.float64]

    def __post_init__(self) -> None:
        import numpy as np

        object.__setattr__(self, "variables", tuple(self.variables))
        for name in ("x", "y"):
            array = np.array(getattr(self, name), dtype=np.float64, order="C", copy=True)
            array.flags.writeable = False
            object.__setattr__(self, name, array)
        d = len(self.variables)
        if len(set(self.variables)) != d:
            raise DataError(f"variable names must differ, got {', '.join(self.variables)}")
        if self.x.ndim != 2 or self.x.shape[1] != d:
            raise DataError(f"x must be (n, d) = (n, {d}), got {self.x.shape}")
        if self.y.shape != (len(self.x),):
            raise DataError(f"y must be (n,) = ({len(self.x)},), got {self.y.shape}")
        if len(self.y) == 0:
            raise DataError("there must be at least one point")
        for name in ("x", "y"):
            if not np.isfinite(getattr(self, name)).all():
                raise DataError(f"{name} must be finite, but {(~np.isfinite(getattr(self, name))).sum()} values are not")

    @classmethod
    def from_columns(cls, columns: Mapping[str, Sequence[float]], y: Sequence[float]) -> Samples:
        """Make samples from one sequence of n numbers for each variable, and n targets."""
        import numpy as np

        return cls(
            variables=tuple(columns), x=np.column_stack([np.asarray(c, dtype=np.float64) for c in columns.values()]),
            y=np.asarray(y, dtype=np.float64),
        )  # fmt: skip

    @property
    def columns(self) -> dict[str, NDArray[np.float64]]:
        """The inputs by name, each of shape (n,): what an `Expression` is called with."""
        return {name: self.x[:, i] for i, name in enumerate(self.variables)}

    def __len__(self) -> int:
        return len(self.y)


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
