"""Whether a task's truth can be learnt from points at all: it is defined, it varies, and float64 shows how."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from srbench_lite.errors import DataError
from srbench_lite.expressions.expression import Expression
from srbench_lite.expressions.operators import NAMED_CONSTANTS, array_function

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from srbench_lite.problems.task import Task

__all__ = ["truth_fault"]

_POINTS: Final = 64
#: A truth that is defined on this share of its domain can be drawn; below it, drawing is tried.
_SURELY_DRAWN: Final = 0.2
#: y is constant where its variance is below this share of its mean square: what rounding alone may do.
_ROUNDING_OF_VARIANCE: Final = 1e-30
#: y is rounding where the rounding error is this share of its spread.
_MAX_ROUNDING: Final = 0.5
#: A longer float tells rounding from values where it has at least so many more digits (a factor of its eps).
_MIN_GAIN: Final = 1e-3


def truth_fault(task: Task) -> str | None:
    """Return why points of a task say nothing about its truth, or None: by a small draw, the same every time.

    The truth is undefined on nearly all of its domain, it has one value there, or its values in float64 are rounding:
    in longer floats, where the machine has them, they are others.
    """
    import numpy as np

    if task.truth is None or task.data is not None:
        return None
    rng = np.random.default_rng(0)
    columns = {name: sampling.draw_fresh(_POINTS, rng) for name, sampling in task.variables.items()}
    y = task.truth(columns)
    good = np.isfinite(y)
    if good.mean() < _SURELY_DRAWN:
        try:
            train = task.dataset(seed=0).train
        except DataError as error:
            return str(error)
        columns, y = train.columns, train.y
    else:
        columns, y = {name: column[good] for name, column in columns.items()}, y[good]
    if len(y) < 2:
        return None
    with np.errstate(all="ignore"):
        size = float(np.abs(y).max()) or 1.0
        values, rounding = y / size, y / size - _in_long_floats(task.truth, columns) / size
        spread = float(np.std(values))
        if spread**2 <= _ROUNDING_OF_VARIANCE * float(np.mean(values**2)):
            return f"task {task.name}: the truth {task.truth} has one value on its domain, {y[0]:g}"
        if not np.isfinite(rounding).all() or np.sqrt(np.mean(rounding**2)) <= _MAX_ROUNDING * spread:
            return None
    return f"task {task.name}: the values of the truth {task.truth} are rounding in float64; write it in another way"


def _in_long_floats(truth: Expression, columns: dict[str, NDArray[np.float64]]) -> NDArray[np.float64]:
    """Return the values computed in the machine's longest floats, or in float64 where that has as many digits."""
    import numpy as np

    if np.finfo(np.longdouble).eps > _MIN_GAIN * np.finfo(np.float64).eps:
        return truth(columns)

    def leaf(node: Expression) -> Any:
        if node.value is not None:
            return np.longdouble(node.value)
        return (
            np.longdouble(NAMED_CONSTANTS[node.op][0])
            if node.name is None
            else columns[node.name].astype(np.longdouble)
        )

    def inner(node: Expression, args: list[Any]) -> Any:
        function = array_function(node.op)
        try:
            return function(*args)
        except TypeError:  # scipy's erf, gamma and digamma know no longer floats
            return np.asarray(function(*(np.asarray(arg, dtype=np.float64) for arg in args)), dtype=np.longdouble)

    result = truth.fold(leaf, inner)
    return np.broadcast_to(np.asarray(result, dtype=np.float64), next(iter(columns.values())).shape)
