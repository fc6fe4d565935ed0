"""Small regressors that tell their formula in each of the ways of those of other packages, and nothing of those."""

from __future__ import annotations

from typing import Any

import numpy as np

SLOPE, OFFSET = 0.12345678901234567, 2.0 / 3.0


class Fitted:
    """y = SLOPE*x0**2 + OFFSET, or of the last of its inputs."""

    def __init__(self, place: int = 0) -> None:
        self.place = place

    def fit(self, X: np.ndarray, y: np.ndarray) -> Fitted:
        X[:] = X  # it may write to what it is given
        return self

    def predict(self, X: np.ndarray) -> np.ndarray:
        return SLOPE * X[:, self.place] ** 2 + OFFSET


class TellsSympy(Fitted):
    def sympy(self) -> Any:
        import sympy

        return sympy.Float(SLOPE) * sympy.Symbol(f"x{self.place}") ** 2 + sympy.Float(OFFSET)


class TellsExpr(Fitted):
    @property
    def expr_(self) -> str:
        return f"{SLOPE!r}*square(X[:, {self.place}]) + {OFFSET!r}"


class TellsModelString(Fitted):
    model_ = "a tree"

    def get_model_string(self, model: Any, precision: int = 3) -> str:
        assert model == "a tree"
        return f"({SLOPE:.{precision}g} * (X{self.place + 1} ^ 2)) + {OFFSET:.{precision}g}"


class TellsEquation(Fitted):
    @property
    def equation_(self) -> str:
        return f"y = {SLOPE!r}*x_{self.place}*x_{self.place} + {OFFSET!r}"


class Table:
    """What is used of a data frame."""

    columns = ("complexity", "equation")

    def __init__(self, rows: list[dict[str, Any]]) -> None:
        self.rows = rows

    def to_dict(self, orient: str) -> list[dict[str, Any]]:
        assert orient == "records"
        return self.rows


class TellsEquations(Fitted):
    @property
    def equations_(self) -> Table:
        name = f"x{self.place}"
        best = f"{SLOPE!r} * square({name}) + {OFFSET!r}"
        return Table([
            {"complexity": 6, "equation": best},
            {"complexity": 3, "equation": f"{name} * nonsense("},
            {"complexity": 1, "equation": "0.5"},
        ])  # fmt: skip

    def get_best(self) -> dict[str, Any]:
        return self.equations_.rows[0]


class Node:
    def __init__(self, name: str, arity: int) -> None:
        self.name, self.arity = name, arity


class Program:
    """As gplearn's: nodes in prefix order, and a text of three digits."""

    def __init__(self, place: int) -> None:
        square = [Node("mul", 2), place, place]
        self.program = [Node("add", 2), Node("mul", 2), SLOPE, *square, Node("div", 2), 2.0, 3.0]
        self.place = place

    def __str__(self) -> str:
        return f"add(mul({SLOPE:.3f}, mul(X{self.place}, X{self.place})), 0.667)"


class TellsProgram(Fitted):
    @property
    def _program(self) -> Program:
        return Program(self.place)


class TellsModel(Fitted):
    @property
    def model_(self) -> str:
        return f"{SLOPE!r}*x{self.place}**2 + {OFFSET!r}"


class TellsNothing(Fitted):
    model_ = object()


class Linear:
    """A sum of multiples, with parameters of every kind."""

    def __init__(self, alpha: float = 1.0, tags: Any = (), random_state: int | None = None, max_time: int = 3600,
                 n_jobs: int | None = None) -> None:  # fmt: skip
        if alpha < 0:
            raise ValueError(f"alpha must be at least 0, got {alpha}")
        self.alpha, self.tags, self.random_state = alpha, tags, random_state
        self.max_time, self.n_jobs = max_time, n_jobs

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        return dict(vars(self))

    def fit(self, X: np.ndarray, y: np.ndarray) -> Linear:
        design = np.column_stack([X, np.ones(len(X))])
        solved = np.linalg.lstsq(design, y, rcond=None)[0]
        self.coef_, self.intercept_ = solved[:-1].reshape(1, -1), solved[-1:]
        return self

    def predict(self, X: np.ndarray) -> np.ndarray:
        return X @ self.coef_.T + self.intercept_


def first_of_all(estimator: Any) -> str:
    """A formula of any estimator here."""
    return f"{SLOPE!r}*x{estimator.place}*x{estimator.place} + {OFFSET!r}"


not_a_function = 3
