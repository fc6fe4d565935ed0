"""`SampledDomain`: the domain of two formulas, from which points are drawn; for one pair the same points every time.

The points follow from the two formulas and the domain by a hash: who makes up a formula cannot choose it to be right at
the points where it will be looked at, since another formula is looked at elsewhere.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from srbench_lite.expressions.expression import Expression
    from srbench_lite.problems.sampling import Sampling

__all__ = ["MAX_DECADES", "SampledDomain"]

#: Bytes of the seed of the random points.
_SEED_BYTES: Final = 8
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
        seed: of the random points.
    """

    names: tuple[str, ...]
    samplings: tuple[Sampling, ...]
    seed: int

    @classmethod
    def of(cls, names: tuple[str, ...], domain: Mapping[str, Sampling], formulas: Sequence[Expression] = ()) -> Self:
        """Return the part of a task's domain that these variables span.

        Args:
            names: the variables.
            domain: where each variable of the task comes from.
            formulas: what is looked at; the points follow from these, whatever the variables are called.
        """
        samplings = tuple(domain[name] for name in names)
        place = {name: f"v{index}" for index, name in enumerate(names)}
        leaves = (
            [place.get(n.name or "", n.name) or repr(n.value) if not n.args else n.op for n in f.postorder()]
            for f in formulas
        )
        text = f"{samplings} {[' '.join(words) for words in leaves]}"
        seed = int.from_bytes(hashlib.blake2b(text.encode(), digest_size=_SEED_BYTES).digest())
        return cls(names=names, samplings=samplings, seed=seed)

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
            rng = np.random.default_rng((self.seed, part + 100, index))
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
