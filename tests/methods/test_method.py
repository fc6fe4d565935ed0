"""`Method`, `Budget`, `Fit`: hyper-parameters go round, wrong ones are named."""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from srbench_lite.errors import ExpressionError, UnknownNameError, UsageError
from srbench_lite.expressions.expression import Expression
from srbench_lite.methods.method import Budget, Capabilities, Fit, Method, Report
from srbench_lite.problems.data import Samples


@dataclass(frozen=True, kw_only=True)
class Line(Method):
    """A method with a hyper-parameter of every kind."""

    name: ClassVar[str] = "line"
    summary: ClassVar[str] = "least squares"
    source: ClassVar[str] = "nobody, 2026"
    capabilities: ClassVar[Capabilities] = Capabilities(max_variables=1)

    alpha: float = 0.1
    steps: int = 10
    centred: bool = True
    basis: str = "poly"
    cap: int | None = 3
    limit: float | None = None

    def __post_init__(self) -> None:
        if self.alpha < 0:
            raise ValueError("alpha must not be negative")
        if self.steps > 10**6:
            raise UsageError("line.steps must be at most a million")
        if self.basis == "none":
            raise UsageError("there is no basis left")
        if self.basis == "odd":
            raise KeyError("odd")

    def fit(self, samples: Samples, *, seed: int, budget: Budget, report: Report) -> Fit:
        expression = Expression.variable(samples.variables[0])
        report(expression)
        return Fit(expression=expression)


def test_parameters_are_the_fields() -> None:
    assert Line().parameters() == {
        "alpha": 0.1, "steps": 10, "centred": True, "basis": "poly", "cap": 3, "limit": None,
    }  # fmt: skip


@given(
    alpha=st.floats(0, 1e9), steps=st.integers(-5, 10**6), centred=st.booleans(), basis=st.text(max_size=5),
    cap=st.none() | st.integers(), limit=st.none() | st.floats(allow_nan=False, allow_infinity=False),
)  # fmt: skip
def test_parameters_go_round(**values: Any) -> None:
    changed = Line().with_parameters(values)
    assert changed == Line(**values)
    assert Line().with_parameters(changed.parameters()) == changed
    assert Line() == Line(alpha=0.1), "the method itself is not changed"


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("alpha", "1e-3", 1e-3), ("alpha", "2", 2.0), ("alpha", 2, 2.0), ("steps", "7", 7), ("centred", "false", False),
        ("centred", "False", False), ("basis", "3", "3"), ("basis", "true", "true"), ("basis", "", ""),
        ("cap", "none", None), ("cap", "null", None), ("cap", "None", None), ("cap", None, None), ("cap", "5", 5),
        ("limit", "2.5", 2.5), ("limit", "word", "word"), ("alpha", -0.0, 0.0),
    ],
)  # fmt: skip
def test_texts_of_the_command_line_are_read(name: str, text: Any, value: object) -> None:
    changed = getattr(Line().with_parameters({name: text}), name)
    assert changed == value
    assert type(changed) is type(value)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("alpha", "many", "line.alpha must be a number such as 0.1, got 'many'"),
        ("alpha", "true", "line.alpha must be a number such as 0.1, got 'true'"),
        ("alpha", None, "line.alpha must be a number such as 0.1, got None"),
        ("alpha", "none", "line.alpha must be a number such as 0.1, got 'none'"),
        ("alpha", "NaN", "line.alpha must be a number"),
        ("alpha", "1e999", "line.alpha must be a number"),
        ("alpha", "1" + "0" * 400, "line.alpha must be a number"),
        ("alpha", "9" * 5000, "line.alpha must be a number"),
        ("alpha", [1.0], "line.alpha must be a number"),
        ("alpha", "[" * 100_000, "line.alpha must be a number"),
        ("steps", "1.5", "line.steps must be a whole number such as 10, got '1.5'"),
        ("steps", 1.0, "line.steps must be a whole number such as 10, got 1.0"),
        ("steps", True, "line.steps must be a whole number"),
        ("centred", "yes", "line.centred must be true or false such as true, got 'yes'"),
        ("centred", 1, "line.centred must be true or false"),
        ("basis", 3, 'line.basis must be a text such as "poly", got 3'),
        ("cap", "many", "line.cap must be a whole number such as 3, got 'many'"),
        ("limit", [1], "line.limit must be a value"),
        ("limit", "{}", "line.limit must be a value"),
        ("alpha", -1.0, "line refuses {'alpha': -1.0}: alpha must not be negative"),
        ("steps", 10**7, "line.steps must be at most a million"),
        ("basis", "none", "line: there is no basis left"),
        ("basis", "odd", "line refuses {'basis': 'odd'}: KeyError: 'odd'"),
    ],
)
def test_wrong_values_are_refused_with_an_example(name: str, value: object, message: str) -> None:
    with pytest.raises(UsageError, match=f"^{re.escape(message)}"):
        Line().with_parameters({name: value})


def test_unknown_parameters_are_named() -> None:
    with pytest.raises(UnknownNameError, match=r"unknown hyper-parameter of line 'step'\. Did you mean: steps"):
        Line().with_parameters({"step": 3})


def test_a_method_is_frozen_and_abstract() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Line().alpha = 2.0  # type: ignore[misc]
    with pytest.raises(TypeError, match="abstract"):
        Method()  # type: ignore[abstract]


def test_too_many_variables_are_a_reason_to_skip() -> None:
    one = Samples(variables=("x",), x=[[1.0]], y=[1.0])  # type: ignore[arg-type]
    two = Samples(variables=("x", "y"), x=[[1.0, 2.0]], y=[1.0])  # type: ignore[arg-type]
    assert Line().skip_reason(one) is None
    assert Line().skip_reason(two) == "at most 1 variable, the task has 2"


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({"seconds": 0}, "seconds must be a positive number, got 0"),
        ({"seconds": -1.0}, "seconds must be a positive number"),
        ({"seconds": float("nan")}, "seconds must be a positive number, got nan"),
        ({"seconds": float("inf")}, "seconds must be a positive number, got inf"),
        ({"seconds": "60"}, "seconds must be a positive number, got '60'"),
        ({"seconds": True}, "seconds must be a positive number, got True"),
        ({"memory_mb": 0}, "memory_mb must be a positive number"),
        ({"threads": 0}, "threads must be a positive number, got 0"),
        ({"threads": 1.5}, "threads must be a whole number, got 1.5"),
    ],
)
def test_impossible_budgets_are_refused(parts: Any, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        Budget(**parts)


def test_a_fit_holds_expressions() -> None:
    x = Expression.variable("x")
    fit = Fit(expression=x, candidates=[x, x + 1], predictions=np.zeros(2), extras={"rounds": 3})
    assert fit.stopped == "done"
    with pytest.raises(ExpressionError, match=r"Fit.expression must hold an Expression, got str; use Expression.parse"):
        Fit(expression="x")  # type: ignore[arg-type]
    with pytest.raises(ExpressionError, match=r"Fit.candidates must hold an Expression, got str"):
        Fit(expression=x, candidates=["x"])  # type: ignore[list-item]


@dataclass(frozen=True, kw_only=True)
class Careful(Line):
    name: ClassVar[str] = "careful"

    def __post_init__(self) -> None:
        self.require(self.alpha > 0, "alpha", "a positive number")
        self.require(self.basis in ("poly", "sine"), "basis", 'one of "poly", "sine"')


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"alpha": -1.0}, "careful.alpha must be a positive number, got -1.0"),
        ({"basis": "cosine"}, 'careful.basis must be one of "poly", "sine", got \'cosine\''),
    ],
)
def test_what_a_method_requires_is_said_with_its_name(wrong: dict[str, Any], message: str) -> None:
    for make in (lambda: Careful(**wrong), lambda: Careful().with_parameters(wrong)):
        with pytest.raises(UsageError) as caught:
            make()
        assert str(caught.value) == message
    assert Careful(alpha=2.0, basis="sine").alpha == 2.0
