"""`formula_of`: the formula of a fitted estimator, by the ways in which regressors are known to tell it.

There is no convention for it, so each way of `WAYS` is tried in its order. What it gives is read in every notation
that it may have (`printed_formula`), and the first formula that has the estimator's own predictions is the one: that
settles which variable `x1` is, and whether `div` is protected. Where none has them nearly, all are refused: they are
formulas of something else, as where a program prints three digits of its constants. A formula of an estimator without
predictions is the first that can be read.
"""

from __future__ import annotations

import contextlib
import inspect
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from srbench_lite.errors import ExpressionError, FitError
from srbench_lite.expressions.building import sum_constant_last
from srbench_lite.expressions.expression import Expression
from srbench_lite.methods.printed_formula import Notation, is_sympy, notations

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from srbench_lite.problems.data import Samples

__all__ = ["WAYS", "FoundFormula", "formula_of"]

#: A formula is the estimator's if it is nearer to its predictions than this, in standard deviations of y.
_MAX_GAP: Final = 1e-6
#: The nearest formula is refused if it is further from the predictions than this, in the same unit.
_MAX_GAP_TAKEN: Final = 1e-3
_HINT: Final = (
    "Name a function that returns the formula of the fitted estimator, as text or SymPy object, by the parameter "
    "formula=package.module:function"
)
_DIGITS: Final = 17  # of a number in a text, so that it is the same number
_MAX_SHOWN: Final = 120
_MAX_CANDIDATES: Final = 200
#: What an estimator's own functions may raise where they do not fit.
_REFUSALS: Final = (
    ArithmeticError, AttributeError, ImportError, LookupError, NotImplementedError, RuntimeError, TypeError, ValueError,
)  # fmt: skip
#: Dialect of the texts of a package.
_DIALECT_OF: Final = {"gplearn": "gplearn", "pyoperon": "operon", "pysr": "pysr"}
#: Columns of a table of formulas, the most exact first.
_COLUMNS: Final = ("sympy_format", "sympy", "equation", "expression", "model")


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundFormula:
    """The formula of an estimator.

    Attributes:
        expression: the formula.
        way: how it was told, such as "sympy()".
        candidates: the estimator's Pareto front, simplest first; empty where it tells none.
    """

    expression: Expression
    way: str
    candidates: tuple[Expression, ...] = ()


def formula_of(
    estimator: Any, samples: Samples, predictions: NDArray[Any] | None, *,
    given: Callable[[Any], object] | None = None,
) -> FoundFormula:  # fmt: skip
    """Return the formula of a fitted estimator.

    Args:
        estimator: fitted to the samples.
        samples: the n training points.
        predictions: the estimator's values on them, shape (n,); None where it has none.
        given: returns the formula of the estimator, instead of the known ways.

    Raises:
        FitError: the estimator tells its formula in no known way.
        ExpressionError: what it tells is no formula, or not the one that it predicts with.
    """
    ways = WAYS if given is None else {"the given function": lambda estimator, samples: iter([given(estimator)])}
    nearest: _Told | None = None
    faults: list[str] = []
    for way, ask in ways.items():
        told, fault = _told(way, ask, estimator, samples, predictions)
        faults += [f"{way}: {fault}"] if fault else []
        if told is not None and (nearest is None or told.gap < nearest.gap):
            nearest = told
        if nearest is not None and nearest.gap <= _MAX_GAP:
            break
    if nearest is not None:
        if nearest.gap > _MAX_GAP_TAKEN:
            raise ExpressionError(_disagreement(nearest, samples))
        return nearest.found
    if faults:
        raise ExpressionError(f"the estimator's formula cannot be read; {'; '.join(faults)}. {_HINT}")
    raise FitError(
        f"{type(estimator).__name__} tells its formula in no known way; looked for {', '.join(WAYS)}. {_HINT}"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """A formula that could be read, and how far it is from the estimator's predictions, in deviations of y."""

    found: FoundFormula
    gap: float  # 0 where the estimator has no predictions, infinite where the formula has no value


def _told(
    way: str, ask: Callable[[Any, Samples], Iterator[object]], estimator: Any, samples: Samples,
    predictions: NDArray[Any] | None,
) -> tuple[_Told | None, str]:  # fmt: skip
    """Return the formula nearest to the predictions that one way tells, and why it tells none."""
    try:
        alternatives = [item for item in ask(estimator, samples) if item is not None]
    except _REFUSALS as error:
        return None, f"{type(error).__name__}: {error}"[:_MAX_SHOWN]
    known = _DIALECT_OF.get(type(estimator).__module__.partition(".")[0])
    every = [*notations(samples.variables, dialects=[known])] if known else []
    every += notations(samples.variables)
    nearest: _Told | None = None
    fault = ""
    for item in alternatives:
        for notation in every:
            try:
                formula = notation.read(item)
            except ExpressionError as error:
                fault = fault or f"{str(item)[:_MAX_SHOWN]!r}: {str(error).splitlines()[0]}"
                continue
            gap = 0.0 if predictions is None else _gap(formula, samples, predictions)
            if nearest is None or gap < nearest.gap:
                found = FoundFormula(expression=formula, way=way, candidates=_candidates(estimator, notation))
                nearest = _Told(found=found, gap=gap)
            if gap <= _MAX_GAP:
                return nearest, ""
    return nearest, fault


def _gap(formula: Expression, samples: Samples, predictions: NDArray[Any]) -> float:
    """Return the largest difference between a formula and predictions, in standard deviations of y."""
    import numpy as np

    scale = float(np.std(samples.y)) or float(np.max(np.abs(samples.y))) or 1.0
    gap = float(np.max(np.abs(formula(samples.columns) - predictions))) / scale
    return gap if np.isfinite(gap) else float("inf")


def _disagreement(told: _Told, samples: Samples) -> str:
    """Say how far the nearest formula is from what the estimator predicts."""
    import numpy as np

    formula = str(told.found.expression)
    undefined = int(np.sum(~np.isfinite(told.found.expression(samples.columns))))
    far = f"has no value on {undefined} of the {len(samples)} points"
    if not undefined:
        far = f"is up to {told.gap:.2g} standard deviations of y from the estimator's own predictions"
    return (
        f"{told.found.way} tells {formula[:_MAX_SHOWN]}{'...' * (len(formula) > _MAX_SHOWN)}, which {far}: its "
        f"constants have too few digits, or its functions and variables mean something else. {_HINT}"
    )


# --- the ways ---------------------------------------------------------------------------------------------------------


def _called(*names: str) -> Callable[[Any, Samples], Iterator[object]]:
    """Return a way that calls methods without arguments, or takes attributes of these names."""

    def ask(estimator: Any, samples: Samples) -> Iterator[object]:
        for name in names:
            told = getattr(estimator, name, None)
            if callable(told) and not is_sympy(told) and not isinstance(told, Expression):
                told = told()
            yield from _items(told)

    return ask


def _items(told: Any) -> Iterator[object]:
    """Yield the formulas of what was told: one, several of a list or a dict, or those of a table."""
    if told is None or isinstance(told, str | Expression) or is_sympy(told):
        yield told
    elif hasattr(told, "columns") and hasattr(told, "to_dict"):
        yield from (_of_row(row) for row in reversed(told.to_dict("records")))
    elif isinstance(told, Mapping):
        yield _of_row(told)
    elif isinstance(told, Sequence):
        for item in told:
            yield from _items(item)
    else:
        yield told


def _of_row(row: Mapping[str, Any]) -> object:
    """Return the formula of one row of a table such as PySR's `equations_`."""
    return next((row[name] for name in _COLUMNS if name in row), None)


def _rows(estimator: Any) -> list[Mapping[str, Any]]:
    """Return the rows of the table `equations_`, the simplest first; none where there is no such table."""
    table: Any = getattr(estimator, "equations_", None)
    if not (hasattr(table, "columns") and hasattr(table, "to_dict")):
        return []
    rows: list[Mapping[str, Any]] = table.to_dict("records")
    return sorted(rows, key=lambda row: float(row.get("complexity", 0)))


def _candidates(estimator: Any, notation: Notation) -> tuple[Expression, ...]:
    found = []
    for row in _rows(estimator)[:_MAX_CANDIDATES]:
        with contextlib.suppress(ExpressionError):  # a row that is no formula here is none of the front
            found.append(notation.read(_of_row(row)))
    return tuple(found)


def _equations(estimator: Any, samples: Samples) -> Iterator[object]:
    """The chosen row of a table of equations, then attributes, then all rows."""
    if _rows(estimator) and callable(getattr(estimator, "get_best", None)):
        best = estimator.get_best()
        yield _of_row(best if isinstance(best, Mapping) else best.to_dict())
    yield from _called("get_equation", "equation_", "equation", "equations_")(estimator, samples)


def _model_string(estimator: Any, samples: Samples) -> Iterator[object]:
    """Operon's `get_model_string(model, precision)`, with whatever of that it takes."""
    tell = getattr(estimator, "get_model_string", None)
    if not callable(tell):
        return
    arguments: dict[str, Any] = {}
    values = {"precision": _DIGITS, "digits": _DIGITS, "names": list(samples.variables)}
    for name, parameter in inspect.signature(tell).parameters.items():
        if name in values:
            arguments[name] = values[name]
        elif parameter.default is parameter.empty and parameter.kind is not parameter.VAR_KEYWORD:
            arguments[name] = getattr(estimator, "model_")  # noqa: B009 - is typed as anything
    yield tell(**arguments)


def _program(estimator: Any, samples: Samples) -> Iterator[object]:
    """The texts of `_program`, `program_` and `model_`; gplearn's from its nodes, since it prints three digits."""
    for name in ("_program", "program_", "model_", "best_program_"):
        model = getattr(estimator, name, None)
        if model is None:
            continue
        nodes = getattr(model, "program", None)
        if isinstance(nodes, list):
            yield _prefix_text(nodes)
        yield model if is_sympy(model) else str(model)


def _prefix_text(nodes: Sequence[Any]) -> str:
    """Write nodes in prefix order: a function with name and arity, a number, or the place of a variable."""
    waiting: list[tuple[str, int, list[str]]] = []
    for node in nodes:
        if hasattr(node, "arity"):
            waiting.append((str(node.name), int(node.arity), []))
            continue
        text = f"X{node}" if isinstance(node, int) else repr(float(node))
        while waiting:
            name, arity, args = waiting[-1]
            args.append(text)
            if len(args) < arity:
                break
            text = f"{name}({', '.join(args)})"
            waiting.pop()
        else:
            return text
    raise ExpressionError("the program ends in the midst of a formula")


def _model_function(estimator: Any, samples: Samples) -> Iterator[object]:
    """SRBench's convention: the estimator's module has a function `model(est, X)` that returns the text."""
    tell = getattr(sys.modules.get(type(estimator).__module__), "model", None)
    if not inspect.isfunction(tell):
        return
    if len(inspect.signature(tell).parameters) < 2:
        yield tell(estimator)
        return
    yield tell(estimator, _Columns(samples))


class _Columns:
    """The inputs as what functions of SRBench ask of a data frame: `columns`, `shape` and `values`."""

    def __init__(self, samples: Samples) -> None:
        self.columns, self.shape, self.values = list(samples.variables), samples.x.shape, samples.x


def _linear(estimator: Any, samples: Samples) -> Iterator[object]:
    """A sum of multiples of the variables: `coef_` and `intercept_`."""
    import numpy as np

    coefficients = getattr(estimator, "coef_", None)
    if coefficients is None:
        return
    numbers = np.asarray(coefficients, dtype=np.float64).ravel()
    intercept = np.asarray(getattr(estimator, "intercept_", 0.0), dtype=np.float64).ravel()
    if len(numbers) != len(samples.variables) or len(intercept) > 1:
        raise ValueError(f"{len(numbers)} coefficients and {len(intercept)} intercepts of {len(samples.variables)}")
    terms = [(float(c), Expression.variable(name)) for c, name in zip(numbers, samples.variables, strict=True)]
    yield sum_constant_last(terms, float(intercept[0]) if len(intercept) else 0.0)


#: The known ways, in the order in which they are tried.
WAYS: Final[Mapping[str, Callable[[Any, Samples], Iterator[object]]]] = {
    "sympy()": _called("sympy", "to_sympy"),
    "expr": _called("expr", "expr_", "sympy_expr", "sympy_expr_", "sexpr_", "sexpr"),
    "get_model_string()": _model_string,
    "equation_": _equations,
    "_program or model_": _program,
    "model(estimator, X) of its module": _model_function,
    "coef_ and intercept_": _linear,
}
