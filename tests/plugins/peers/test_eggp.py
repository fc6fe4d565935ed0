"""The peer `eggp`: conversion of its expressions, slices of generations, settings and threads passed on."""

from __future__ import annotations

import os
from typing import ClassVar

import numpy as np
import pytest
from srbench_peers import Eggp
from srbench_peers.eggp import formula_of
from stand_in_packages import install, some_samples

from srbench_lite import Budget, Expression, ExpressionError, FitError, UsageError


@pytest.mark.parametrize(
    ("text", "theta", "meaning"),
    [
        ("x[:, 1]", "", "b"),
        ("(x[:, 1] * (t[0] / x[:, 0]))", "1.573910784932619", "b*(1.573910784932619/a)"),
        ("(t[0] * x[:, 1] ** 3.0) ** 3.0", "-0.7562032621056388", "(-0.7562032621056388*b**3)**3"),
        ("((t[0] * np.exp(x[:, 1])) + (t[1] * 1.0))", "8.031832293450994e-2;3.5", "0.08031832293450994*exp(b) + 3.5*1"),
        ("t[0] ** x[:, 1]", "-2.5", "(-2.5)**b"),
        ("np.abs(x[:, 0]) ** x[:, 1]", "", "abs(a)**b"),
        ("np.reciprocal(np.sqrt(np.abs(x[:, 0])))", "", "1/sqrt(abs(a))"),
        ("np.cbrt(np.square(np.log(x[:, 0])))", "", "cbrt(log(a)**2)"),
        ("np.asin(np.acos(np.atan(np.tanh(x[:, 0]))))", "", "asin(acos(atan(tanh(a))))"),
        ("np.asinh(np.acosh(np.atanh(x[:, 0])))", "", "asinh(acosh(atanh(a)))"),
        ("np.sinh(np.cosh(np.tan(x[:, 0])))", "", "sinh(cosh(tan(a)))"),
        ("(t[0] / np.sqrt((1.0 + (x[:, 1] * x[:, 1]))))", "3.25", "3.25/sqrt(1 + b*b)"),
    ],
)  # fmt: skip
def test_a_formula_is_what_its_text_for_numpy_computes(text, theta, meaning):
    assert str(formula_of(text, theta, ("a", "b"))) == str(Expression.parse(meaning))


def test_variables_may_have_the_names_of_places():
    assert str(formula_of("(x[:, 0] - (x[:, 1] * t[0]))", "0.5", ("column_1", "theta_0"))) == "column_1 - theta_0*0.5"


@pytest.mark.parametrize(("text", "theta"), [("t[0]", "NaN"), ("x[:, 0] * t[0]", ""), ("__import__('os')", "")])
def test_what_is_no_formula_is_refused(text, theta):
    with pytest.raises(ExpressionError):
        formula_of(text, theta, ("a", "b"))


class Results:
    """The part of a data frame that is used."""

    def __init__(self, rows):
        self.rows = rows

    def to_dict(self, orient):
        assert orient == "records"
        return self.rows


class Model:
    """eggp's `EGGP`: the parameter of its best expression comes nearer to 2 with each model; a fit takes 3 seconds."""

    made: ClassVar[list[Model]] = []
    broken = False

    def __init__(self, **settings):
        self.settings, self.is_fitted_ = settings, False
        self.made.append(self)

    def fit(self, x, y):
        if self.settings["loadFrom"]:
            with open(self.settings["loadFrom"]) as file:
                assert file.read() == str(len(self.made) - 1)
        with open(self.settings["dumpTo"], "w") as file:
            file.write(str(len(self.made)))
        self.value = 2.0 - 0.5 ** len(self.made)
        row = ("(x[:, 0] * t[0])", repr(self.value), 2.0 - self.value)
        rows = [("x[:, 0]", "", 1.5), row, ("(x[:, 0] * t[0])", "NaN", 0.0), ("x[:, 1]", "", float("nan"))]
        self.results = Results([
            {"Numpy": "np.nothing(x[:, 0])" if self.broken else text, "theta": theta, "loss_train": loss}
            for text, theta, loss in rows
        ])  # fmt: skip
        self.is_fitted_ = True


def make_function(text):
    """eggp's: the function of inputs and parameters that the text means."""
    return {"x[:, 0]": lambda x, t: x[:, 0], "(x[:, 0] * t[0])": lambda x, t: x[:, 0] * t[0]}[text]


@pytest.fixture(autouse=True)
def package(monkeypatch):
    monkeypatch.setattr(Model, "made", [])
    monkeypatch.setattr(Model, "broken", False)
    monkeypatch.setenv("GHCRTS", "")
    install(monkeypatch, "eggp", EGGP=Model, make_function=make_function)
    monkeypatch.setattr(
        "srbench_peers.peer.Clock.left",
        property(lambda self: self.seconds - 3.0 * sum(model.is_fitted_ for model in Model.made)),
    )


def fitted(peer: Eggp, reports: list[Expression], seconds: float = 10.0):
    return peer.fit(some_samples(), seed=3, budget=Budget(seconds=seconds, threads=3), report=reports.append)


def test_generations_are_run_in_slices_while_there_is_time_for_one_more():
    reports: list[Expression] = []
    fit = fitted(Eggp(), reports, seconds=11.0)  # 9.9 s for slices of 3 s

    assert [model.settings["gen"] for model in Model.made] == [5, 5, 5]
    assert [str(formula) for formula in reports] == ["length*1.5", "length*1.75", "length*1.875"]
    assert fit.expression == reports[-1]
    assert np.array_equal(fit.predictions, some_samples().x[:, 0] * 1.875)
    assert [str(formula) for formula in fit.candidates] == ["length", "length*1.875"]
    assert (fit.stopped, fit.extras) == ("budget", {"generations": 15})


def test_a_search_that_is_through_is_done():
    fit = fitted(Eggp(gen=8, slice=5), [])

    assert [model.settings["gen"] for model in Model.made] == [5, 3]
    assert (fit.stopped, fit.extras) == ("done", {"generations": 8})


def test_a_slice_goes_on_from_the_one_before_and_leaves_no_file():
    fitted(Eggp(), [])
    first, second = Model.made[:2]

    assert first.settings["loadFrom"] == ""
    assert second.settings["loadFrom"] == first.settings["dumpTo"]
    assert not os.path.exists(first.settings["dumpTo"])


def test_settings_and_threads_are_passed_on():
    fitted(Eggp(nPop=77, nonterminals="add,exp"), [])
    settings = Model.made[0].settings

    assert os.environ["GHCRTS"] == "-N3"
    assert settings["nPop"] == 77
    assert settings["nonterminals"] == "add,exp"
    assert settings["maxSize"] == 15
    assert "slice" not in settings


def test_no_formula_at_all_is_a_failed_fit(monkeypatch):
    monkeypatch.setattr(Model, "broken", True)
    with pytest.raises(FitError, match="none of the expressions of eggp's 10 generations can be written"):
        fitted(Eggp(), [])


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"gen": 0}, "eggp.gen must be at least 1, got 0"),
        ({"maxSize": 101}, "eggp.maxSize must be from 1 to 100, got 101"),
        ({"nTournament": 101}, "eggp.nTournament must be from 1 to nPop, got 101"),
        ({"pm": 1.5}, "eggp.pm must be from 0 to 1, got 1.5"),
        ({"optIter": -1}, "eggp.optIter must be at least 0, got -1"),
        ({"nParams": -2}, "eggp.nParams must be at least -1, got -2"),
        ({"nonterminals": "add,sine"}, "eggp.nonterminals must be some of add,sub"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_settings_are_checked(settings, said):
    with pytest.raises(UsageError, match=said):
        Eggp(**settings)
