"""`NoisySeparation`: noisy points as a product or a sum of parts in other variables.

A model without columns of both groups of inputs predicts points that are left out no worse than one with them, where
the target has no term of both (AI Feynman's separability, Udrescu & Tegmark, Science Advances 6, 2020, judged by
leave-one-out errors). The values of each part are then smooth, and in few variables.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from srbench_lite import Samples
from srbench_portfolio.noise.link_models import fit_link_model

__all__ = ["NoisySeparation", "noisy_separations"]

Array = NDArray[np.float64]

#: Variables up to which groups are looked for.
_MAX_VARIABLES: Final = 4
#: The error without the columns of both groups is at most this share of the error with them, ...
_MAX_RISE: Final = 1.01
#: ... and of the least error of a model in all variables.
_MAX_RISE_OF_LEAST: Final = 1.03
#: Errors of a part's values, in units of those of the points: the model is not the part.
_BIAS: Final = 2.0
#: Values of the rarer sign, as a share, where a target is still taken to be of the other one.
_MAX_WRONG_SIGNS: Final = 0.25


@dataclass(frozen=True, slots=True, eq=False)
class NoisySeparation:
    """Two parts.

    Attributes:
        is_product: whether they are factors; else they are terms.
        parts: each in its variables, with values of the model up to a constant, and weights of errors somewhat larger
            than those of the points.
        error: of the model.
    """

    is_product: bool
    parts: tuple[Samples, Samples]
    error: float


def noisy_separations(samples: Samples) -> list[NoisySeparation]:
    """Return the ways in which a target falls into two parts, the most certain first."""
    d = len(samples.variables)
    if not 2 <= d <= _MAX_VARIABLES:
        return []
    with np.errstate(all="ignore"):
        found, least = [], np.inf
        for is_product in (True, False):
            for error, separation in _looked_for(samples, is_product=is_product):
                least = min(least, error)
                found += [separation] if separation is not None else []
    good = [s for s in found if s.error <= _MAX_RISE_OF_LEAST * least]
    return sorted(good, key=lambda s: s.error)


def _looked_for(samples: Samples, *, is_product: bool) -> Iterator[tuple[float, NoisySeparation | None]]:
    """Yield the error of the model in all variables, then separations with theirs."""
    x, y, d = samples.x, samples.y, len(samples.variables)
    sign = 1.0 if float(np.median(y)) > 0 else -1.0
    if is_product and float(np.mean(sign * y <= 0)) > _MAX_WRONG_SIGNS:
        return
    scale = np.ones(len(y)) if samples.weights is None else np.sqrt(samples.weights / samples.weights.mean())
    logged = (x > 0).all(axis=0)
    u = np.where(logged, np.log(np.where(logged, x, 1.0)), x)
    target = sign * y if is_product else y
    full = fit_link_model(u, target, scale, exponential=is_product)
    if full is None:
        return
    yield full.error, None
    for size in range(1, d // 2 + 1):
        for one in itertools.combinations(range(d), size):
            other = tuple(j for j in range(d) if j not in one)
            if 2 * size == d and 0 not in one:
                continue
            model = fit_link_model(u, target, scale, exponential=is_product, groups=(one, other))
            if model is None or model.error > _MAX_RISE * full.error:
                continue
            parts = []
            for group, values in zip((one, other), model.parts, strict=True):
                part, errors = values, _BIAS * model.error / scale
                if is_product:
                    part = np.exp(values)
                    errors = errors * part / np.abs(model.values)
                names = tuple(samples.variables[j] for j in group)
                if np.isfinite(part).all() and np.isfinite(errors).all() and np.ptp(part) > 0 and errors.min() > 0:
                    parts.append(Samples(variables=names, x=x[:, list(group)], y=part, weights=errors**-2.0))
            if len(parts) == 2:
                yield model.error, NoisySeparation(is_product, (parts[0], parts[1]), model.error)
