"""`SampledDomain`: the domain of two formulas, from which points are drawn; the same points every time."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from srbench_lite.problems.sampling import Sampling

__all__ = ["MAX_DECADES", "SampledDomain"]

#: Seed of the random points: the same for every pair.
_SEED: Final = 20_240_601
#: At most so many corners of the domain are looked at.
_MAX_CORNERS: Final = 32
#: Decades by which the widest box exceeds the domain.
MAX_DECADES: Final = 7.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SampledDomain:
    """Where the d variables of two formulas come from.

    Attributes:
        names: the variables, in the order of the coordinates of a point.
        samplings: where each comes from.
    """

    names: tuple[str, ...]
    samplings: tuple[Sampling, ...]

    @classmethod
    def of(cls, names: tuple[str, ...], domain: Mapping[str, Sampling]) -> Self:
        """Return the part of a task's domain that these variables span."""
        return cls(names=names, samplings=tuple(domain[name] for name in names))

    @property
    def ends(self) -> list[tuple[float, float]]:
        """The smallest and the largest value of each coordinate."""
        return [sampling.interval for sampling in self.samplings]

    def draw(self, n: int, *, part: int, decades: float = 0.0) -> NDArray[np.float64]:
        """Draw n points, shape (n, d), each coordinate up to 10**decades times larger or smaller than in the domain.

        A coordinate never changes its sign. Different parts are different points; the same part, the same points.
        """
        columns = []
        for index, sampling in enumerate(self.samplings):
            rng = np.random.default_rng((_SEED, part + 100, index))
            column = sampling.draw_fresh(n, rng)
            columns.append(column * 10.0 ** rng.uniform(-decades, decades, n) if decades else column)
        return np.column_stack(columns) if columns else np.zeros((n, 0))

    def columns(self, x: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
        """Return points of shape (n, d) by variable; without variables, one unnamed column that carries n."""
        return dict(zip(self.names, x.T, strict=True)) if self.names else {"": x.sum(axis=1)}

    def corners(self, inside: float = 0.0) -> NDArray[np.float64]:
        """Return corners of the domain, shape (m, d): all of them, or a part of many.

        Args:
            inside: by what share of the domain's width they lie inside it.
        """
        d = len(self.samplings)
        if not d:
            return np.zeros((0, 0))
        chosen = np.array(list(itertools.islice(itertools.product((0, 1), repeat=d), _MAX_CORNERS)))
        if 2**d > _MAX_CORNERS:
            half = np.random.default_rng(d).integers(0, 2, (_MAX_CORNERS // 2 - 1, d))
            chosen = np.concatenate([half, 1 - half, np.zeros((1, d), dtype=int), np.ones((1, d), dtype=int)])
        low, high = np.array(self.ends).T
        step = inside * (high - low) * (1 + 0.37 * np.arange(d))  # x - y is no zero
        return np.asarray(np.where(chosen == 0, low + step, high - step))

    def draw_near_zero(self, n: int) -> NDArray[np.float64]:
        """Draw up to n points of the domain nearer to zero, where steps and kinks are that look smooth from afar."""
        x = self.draw(4 * n, part=30, decades=MAX_DECADES)
        low, high = np.array(self.ends).T
        return np.asarray(x[((x >= low) & (x <= high)).all(axis=1)][:n])
