"""`SymbolicRegressor`: the methods as a scikit-learn estimator.

This module needs scikit-learn; `srbench_lite.SymbolicRegressor` loads it when it is first used.
"""

from __future__ import annotations

import functools
import numbers
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

import numpy as np

from srbench_lite.errors import FitError, UsageError
from srbench_lite.expressions.expression import Expression
from srbench_lite.methods.discovery import Registry, discover
from srbench_lite.methods.method import Budget, Method
from srbench_lite.problems.column_names import identifiers, with_headers
from srbench_lite.problems.data import Samples
from srbench_lite.regression.answer import Answer, answer
from srbench_lite.regression.data_fit import MAX_FITTED
from srbench_lite.regression.single_fit import FoundFormulas, fit_once

try:
    from sklearn.base import BaseEstimator, RegressorMixin
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.metrics import r2_score
    from sklearn.utils import check_random_state
    from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data
except ImportError as error:
    raise ImportError(
        f"SymbolicRegressor needs scikit-learn 1.6 or later ({error}): pip install 'scikit-learn>=1.6'"
    ) from error

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import ArrayLike, NDArray

    Array = NDArray[np.float64]

__all__ = ["SymbolicRegressor"]

#: Whole-numbered weights repeat rows as long as there are no more rows than this many times the rows given.
_MAX_REPEATS: Final = 20
#: Standard deviation of an average point in units of the spread of y, where weights are given: so small that weights
#: tell points from one another, and nothing about how far off they are.
_SIGMA_OF_WEIGHTED: Final = 1e-9


class SymbolicRegressor(RegressorMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn ships no types
    """Finds a formula for y.

    A fit runs in a process of its own, with one thread, and is stopped from outside at its limits. The order of the
    rows does not matter, and the same rows with the same seed give the same formula, unless the clock ended the search
    (`stopped_`).

    Args:
        method: name of a method (`srbench list methods`), or a `Method`; or several, whose formulas then compete.
        method_parameters: hyper-parameters by name, where there is one method.
        time_limit: wall clock of the fit of one method, seconds.
        memory_limit: resident memory of the fit of one method, MiB.
        random_state: seed of the method: a whole number, None for another one each time, or a `RandomState`.
        max_rows: methods get so many rows at most, drawn at random; the formula is chosen on the others too, and errors
            are those on the others. None: all rows.
        plugins: plugin files that offer further methods.
        isolated: whether a fit has a process of its own. Without it a method keeps to the time by itself, nobody looks
            at memory, and methods that are defined in a notebook can be used.

    Attributes:
        expression_: the formula, as an `Expression` whose variables are the keys of `variables_`.
        equation_: the formula as text, with the names of the columns.
        equations_: the Pareto front as a DataFrame, simplest first: `complexity` (nodes), `error` (mean squared error;
            weighted where rows are), `equation`, `recommended` (whether it is `equation_`), `methods` (who found it)
            and `expression`.
        variables_: the name of the column by the variable's name in `expression_`.
        stopped_: why the search of each method ended: `done`, `budget` (the method saw the clock), `timeout` or
            `memout` (it was stopped at the limit, and the best formula until then counts).
        n_features_in_: number of columns of X.
        feature_names_in_: names of the columns, where X had any.
    """

    def __init__(
        self, method: str | Method | Sequence[str | Method] = "lies", *,
        method_parameters: Mapping[str, Any] | None = None, time_limit: float = 60.0, memory_limit: float = 4096.0,
        random_state: Any = 0, max_rows: int | None = MAX_FITTED, plugins: Sequence[str | Path] = (),
        isolated: bool = True,
    ) -> None:  # fmt: skip
        self.method = method
        self.method_parameters = method_parameters
        self.time_limit = time_limit
        self.memory_limit = memory_limit
        self.random_state = random_state
        self.max_rows = max_rows
        self.plugins = plugins
        self.isolated = isolated

    def fit(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Find a formula.

        Args:
            X: inputs, shape (n, d); the columns of a DataFrame give the variables their names.
            y: target, shape (n,).
            sample_weight: weight of each row's squared residual, shape (n,). Only ratios count. Whole numbers repeat
                rows, 0 leaves a row out; other weights need a method that uses them.

        Raises:
            ValueError: X, y or the weights cannot be used.
            UsageError: there is no such method, or it cannot be used on these data.
            FitError: no formula was found.
        """
        X, y = validate_data(self, X, y, dtype=np.float64, y_numeric=True)
        x, target = np.asarray(X, dtype=np.float64), np.asarray(y, dtype=np.float64)
        files = tuple(Path(file) for file in self.plugins)
        registry = _registry(tuple((file, file.stat().st_mtime_ns if file.exists() else 0) for file in files))
        methods = self._chosen_methods(registry)
        weights = None
        if sample_weight is not None:
            given = _check_sample_weight(sample_weight, X, dtype=np.float64, ensure_non_negative=True)
            x, target, weights = _weighted(x, target, given)
        if weights is not None:
            _check_weighted(methods, registry)
        headers = [str(name) for name in getattr(self, "feature_names_in_", ())]
        names = identifiers(headers) if headers else tuple(f"x{i}" for i in range(x.shape[1]))
        seed = self._seed()
        train, others = self._divided(Samples(variables=names, x=x, y=target, weights=weights), seed)
        found = self._found(methods, train, seed, registry, files)
        formulas = [(name, one) for name, fit in found.items() for one in (fit.expression, *fit.candidates)]
        self.variables_ = dict(zip(names, headers or names, strict=True))
        self.stopped_ = {name: fit.stopped for name, fit in found.items()}
        self._take(answer(formulas, train, others))
        return self

    def predict(self, X: ArrayLike) -> Array:
        """Return the formula's values, shape (n,): NaN or infinity, and a warning, where it is not defined."""
        check_is_fitted(self)
        x = np.asarray(validate_data(self, X, dtype=np.float64, reset=False), dtype=np.float64)
        values = self.expression_(dict(zip(self.variables_, x.T, strict=True)))
        undefined = int((~np.isfinite(values)).sum())
        if undefined:
            warnings.warn(
                f"the formula {self.equation_:.200} is not defined at {undefined:,} of {len(values):,} rows",
                RuntimeWarning,
                stacklevel=2,
            )
        return values

    def score(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
        """Return R2 of the predictions; NaN, which a search ranks last, where the formula is not defined at a row."""
        predicted = self.predict(X)
        if not np.isfinite(predicted).all():
            return float("nan")
        return float(r2_score(y, predicted, sample_weight=sample_weight))

    def latex(self) -> str:
        """Return the formula as LaTeX, for mathematical mode."""
        check_is_fitted(self)
        return self.expression_.to_latex()

    def sympy(self) -> Any:
        """Return the formula as a SymPy expression of plain symbols, named as the keys of `variables_`."""
        check_is_fitted(self)
        formula = self.expression_.to_sympy()
        # plain ones are what `formula.diff("x")` and `formula.subs("x", 1)` mean; another x would leave it as it is
        return formula.xreplace({symbol: type(symbol)(symbol.name) for symbol in formula.free_symbols})

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "expression_")

    def _chosen_methods(self, registry: Registry) -> list[Method]:
        several = not isinstance(self.method, str | Method)
        chosen = [self.method] if isinstance(self.method, str | Method) else list(self.method)
        methods = [one if isinstance(one, Method) else registry.method(str(one)) for one in chosen]
        names = [method.name for method in methods]
        if not names or len(set(names)) < len(names):
            raise UsageError(f"method must name at least one method, and each once, got {', '.join(names) or 'none'}")
        if self.method_parameters and several:
            raise UsageError(
                "method_parameters are those of one method; of several give each as a Method, such as "
                f"discover().method({names[0]!r}).with_parameters({{...}})"
            )
        return [method.with_parameters(self.method_parameters or {}) for method in methods]

    def _seed(self) -> int:
        if isinstance(self.random_state, numbers.Integral) and not isinstance(self.random_state, bool):
            seed = int(self.random_state)
            if not 0 <= seed < 2**63:
                raise UsageError(f"random_state must be from 0 to 2**63 - 1, got {seed}")
            return seed
        return int(check_random_state(self.random_state).randint(np.iinfo(np.int32).max))

    def _divided(self, samples: Samples, seed: int) -> tuple[Samples, Samples | None]:
        """Return the rows that methods get, and the others; which ones and in which order is drawn from the seed.

        It depends on what the rows are, and not on the order in which they were given.
        """
        most = self.max_rows
        if most is not None and (isinstance(most, bool) or not isinstance(most, numbers.Integral) or most < 1):
            raise UsageError(f"max_rows must be a whole number of at least 1, or None, got {most!r}")
        last = () if samples.weights is None else (samples.weights,)
        order = np.lexsort((*last, samples.y, *samples.x.T[::-1]))
        drawn = order[np.random.default_rng(seed).permutation(len(order))]
        if most is None or len(drawn) <= most:
            return samples.rows(drawn), None
        return samples.rows(drawn[: int(most)]), samples.rows(drawn[int(most) :])

    def _found(
        self, methods: Sequence[Method], samples: Samples, seed: int, registry: Registry, files: Sequence[Path]
    ) -> dict[str, FoundFormulas]:
        """Return what each method found; of several one that finds nothing is a warning."""
        budget = Budget(seconds=self.time_limit, memory_mb=self.memory_limit)
        modules = sorted({module for method in methods for module in method.engine})
        found: dict[str, FoundFormulas] = {}
        failures: list[FitError] = []
        for method in methods:
            try:
                found[method.name] = one = fit_once(
                    method, samples, seed=seed, budget=budget, registry=registry, plugins=files, preload=modules,
                    isolated=self.isolated,
                )  # fmt: skip
            except FitError as error:
                failures.append(error)
                continue
            if one.reason is not None:
                warnings.warn(f"{method.name}: {one.reason}", ConvergenceWarning, stacklevel=3)
        if not found:
            raise FitError("; ".join(map(str, failures)))
        for failure in failures:
            warnings.warn(str(failure), ConvergenceWarning, stacklevel=3)
        return found

    def _take(self, given: Answer) -> None:
        import pandas as pd

        self.expression_: Expression = given.recommended.expression
        self.equation_: str = self._named(self.expression_)
        self.equations_: pd.DataFrame = pd.DataFrame(
            {
                "complexity": [row.complexity for row in given.rows],
                "error": [row.shown.mse for row in given.rows],
                "equation": [self._named(row.expression) for row in given.rows],
                "recommended": [row is given.recommended for row in given.rows],
                "methods": [", ".join(row.methods) for row in given.rows],
                "expression": [row.expression for row in given.rows],
            }
        )

    def _named(self, expression: Expression) -> str:
        changed = {name: header for name, header in self.variables_.items() if name != header}
        return with_headers(str(expression), changed)


@functools.lru_cache(maxsize=4)
def _registry(files: tuple[tuple[Path, int], ...]) -> Registry:
    """Return what is installed and what plugin files offer, each as it was when it was changed last (ns)."""
    return discover(files=[file for file, _ in files], suites=False)


def _weighted(x: Array, y: Array, given: Array) -> tuple[Array, Array, Array | None]:
    """Return the rows that count, and weights where rows differ in them and repeating rows does not say it all.

    Args:
        x: inputs, shape (n, d).
        y: target, shape (n,).
        given: weights, shape (n,), none negative.
    """
    if not (given > 0).any():
        raise ValueError("sample_weight must be above zero for at least one row")
    if (given == np.round(given)).all() and given.sum() <= _MAX_REPEATS * len(given):
        counts = given.astype(np.intp)
        return np.repeat(x, counts, axis=0), np.repeat(y, counts), None
    counted = given > 0
    x, y, weights = x[counted], y[counted], given[counted]
    if np.ptp(weights) == 0:
        return x, y, None
    with np.errstate(all="ignore"):
        sigma = _SIGMA_OF_WEIGHTED * float(np.std(y) or np.abs(y).max() or 1.0)
        scaled = weights / weights.mean() / sigma**2
    usable = np.isfinite(scaled).all() and (scaled > 0).all()
    return x, y, scaled if usable else weights


def _check_weighted(methods: Sequence[Method], registry: Registry) -> None:
    """Refuse a method to which all rows count alike."""
    for method in methods:
        if not method.capabilities.weighted:
            users = sorted(name for name, one in registry.methods.items() if one.capabilities.weighted)
            raise UsageError(
                f"the method {method.name!r} does not use weights, and these are no whole numbers of rows; leave "
                f"sample_weight out, or take one of {', '.join(users)}"
            )
