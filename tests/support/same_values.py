"""Formulas of x and y compared by their values, with room for what rounding may do to them."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from srbench_lite import Expression
from srbench_lite.expressions.operators import NAMED_CONSTANTS, array_function

POINTS = {
    "x": np.random.default_rng(0).uniform(-2, 2, 60),
    "y": np.random.default_rng(1).uniform(0.3, 3, 60),
}
short_numbers = st.one_of(
    st.integers(-9, 9).map(float),
    st.integers(-40, 40).map(lambda i: i / 8),
    st.sampled_from((0.5, 1 / 3, 0.7071067811)),
)


def room_for_rounding(formula: Expression, columns: dict[str, NDArray[np.float64]]) -> NDArray[np.float64]:
    """Return how far values may be off: rounding of the largest intermediate value, amplified as inputs are."""
    sizes: list[NDArray[np.float64]] = []

    def leaf(node: Expression) -> NDArray[np.float64]:
        if node.name is not None:
            return columns[node.name]
        return np.full(60, node.value if node.value is not None else NAMED_CONSTANTS[node.op][0])

    def inner(node: Expression, args: list[NDArray[np.float64]]) -> NDArray[np.float64]:
        value: NDArray[np.float64] = array_function(node.op)(*args)
        sizes.append(np.abs(value))
        return value

    with np.errstate(all="ignore"):
        value = formula.fold(leaf, inner)
        moved = formula({name: column * (1 + 1e-12) for name, column in columns.items()})
        largest = np.max(sizes, axis=0, initial=0.0) if sizes else np.abs(value)
        room: NDArray[np.float64] = 1e-9 * largest + 1e4 * np.abs(moved - value)
    return room
