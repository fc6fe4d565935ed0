"""The peer `gplearn`: conversion against its documented functions, settings and budget passed on."""

from __future__ import annotations

from types import SimpleNamespace
from typing import ClassVar

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from srbench_peers import Gplearn
from srbench_peers.gplearn import formula_of
from stand_in_packages import install, node, some_samples

from srbench_lite import Budget, Expression, FitError, UsageError

#: The functions as gplearn's documentation defines them, on arrays.
MEANINGS = {
    "add": np.add, "sub": np.subtract, "mul": np.multiply, "max": np.maximum, "min": np.minimum, "neg": np.negative,
    "abs": np.abs, "sin": np.sin, "cos": np.cos, "tan": np.tan,
    "div": lambda a, b: np.where(np.abs(b) > 0.001, a / b, 1.0),
    "sqrt": lambda a: np.sqrt(np.abs(a)),
    "log": lambda a: np.where(np.abs(a) > 0.001, np.log(np.abs(a)), 0.0),
    "inv": lambda a: np.where(np.abs(a) > 0.001, 1.0 / a, 0.0),
}  # fmt: skip
BINARY = ("add", "sub", "mul", "div", "max", "min")
FUNCTIONS = {name: node(name=name, arity=2 if name in BINARY else 1) for name in MEANINGS}
LEAVES = st.integers(0, 1) | st.floats(-3.0, 3.0) | st.sampled_from([0.0, 0.001, -0.0005])


def programs(depth: int = 4) -> st.SearchStrategy[list]:
    """Programs in prefix order."""
    flat = LEAVES.map(lambda leaf: [leaf])
    for _ in range(depth):
        below = flat
        flat = LEAVES.map(lambda leaf: [leaf]) | st.sampled_from(list(MEANINGS)).flatmap(
            lambda name, below=below: st.lists(below, min_size=FUNCTIONS[name].arity, max_size=FUNCTIONS[name].arity)
            .map(lambda parts: [FUNCTIONS[name], *(item for part in parts for item in part)])
        )  # fmt: skip
    return flat


def executed(program: list, x: np.ndarray) -> np.ndarray:
    """What gplearn's `execute` does."""
    stack: list[np.ndarray] = []
    with np.errstate(all="ignore"):
        for item in reversed(program):
            if isinstance(item, SimpleNamespace):
                stack.append(MEANINGS[item.name](*[stack.pop() for _ in range(item.arity)]))
            else:
                stack.append(np.full(len(x), item) if isinstance(item, float) else x[:, item])
    return stack[0]


@given(programs())
def test_a_formula_is_what_the_program_computes(program):
    x = np.array([[0.0, 1.0], [0.001, -2.0], [-0.0009, 0.5], [3.0, 0.0], [-1.5, 0.00101]])
    values = executed(program, x)
    found = formula_of(program, ("length", "X0"))({"length": x[:, 0], "X0": x[:, 1]})
    defined = np.isfinite(values)

    assert np.array_equal(found[defined], values[defined])


def test_constants_keep_all_digits_and_names_are_mapped():
    program = [FUNCTIONS["div"], 1, FUNCTIONS["mul"], 0.12345678901234567, 0]

    assert str(formula_of(program, ("length", "X0"))) == (
        "ifelse(abs(0.12345678901234566*length) - 0.001, X0/(0.12345678901234566*length), 1)"
    )


def test_a_constant_denominator_needs_no_condition():
    assert str(formula_of([FUNCTIONS["div"], 0, 0.5], ("x",))) == "x/0.5"
    assert str(formula_of([FUNCTIONS["div"], 0, 0.001], ("x",))) == "1"


class Model:
    """gplearn's `SymbolicRegressor`: one more generation a fit, of programs x + c with c nearer to 2 each time."""

    made: ClassVar[list[Model]] = []
    large = False

    def __init__(self, **settings):
        self.settings, self.fits = settings, []
        self._programs = []
        self.made.append(self)

    def set_params(self, generations):
        self.generations = generations

    def fit(self, x, y, weights):
        self.fits.append((self.generations, weights[0]))
        generation = len(self._programs)
        error = self.settings["metric"](y, y, weights)
        program = [FUNCTIONS["add"], 0, 2.0 - 0.5**generation]
        long = [FUNCTIONS["neg"], FUNCTIONS["neg"], *program]
        most = [FUNCTIONS["inv"]] * 14 + [0]  # 2**14 nodes once it is written out
        items = [(long, 2.0), (program, 0.5**generation + error), (most, 0.0 if self.large else 9.0), ([0], np.nan)]
        written = [
            node(program=p, raw_fitness_=e, length_=len(p), execute=lambda x, p=p: executed(p, x)) for p, e in items
        ]
        self._programs = [None] * generation + [written]
        self._program = min(written, key=lambda item: (item.raw_fitness_ != item.raw_fitness_, item.raw_fitness_))


def measured(y, values, weights):
    return 0.0


@pytest.fixture(autouse=True)
def package(monkeypatch):
    monkeypatch.setattr(Model, "made", [])
    monkeypatch.setattr(Model, "large", False)
    install(monkeypatch, "gplearn.genetic", SymbolicRegressor=Model)
    install(
        monkeypatch, "gplearn.fitness", _fitness_map={"mean absolute error": measured, "mse": measured},
        make_fitness=lambda function, greater_is_better, wrap: function,
    )  # fmt: skip


def fitted(peer: Gplearn, seconds: float = 60.0, reports: list | None = None, seed: int = 11):
    report = [].append if reports is None else reports.append
    return peer.fit(some_samples(), seed=seed, budget=Budget(seconds=seconds, threads=3), report=report)


def test_generations_are_run_one_by_one():
    reports: list[Expression] = []
    fit = fitted(Gplearn(generations=4), reports=reports)

    assert [generation for generation, _ in Model.made[0].fits] == [1, 2, 3, 4]
    assert [str(formula) for formula in reports] == ["length + 1", "length + 1.5", "length + 1.75", "length + 1.875"]
    assert str(fit.expression) == "length + 1.875"
    assert fit.stopped == "done"
    assert fit.extras == {"generations": 4, "too_large": 0}
    assert np.array_equal(fit.predictions, some_samples().x[:, 0] + 1.875)


def test_settings_seed_threads_and_weights_are_passed_on():
    fitted(Gplearn(generations=1, population_size=77, const_low=-5.0, function_set=("add", "sin")), seed=2**31 + 9)
    settings = Model.made[0].settings

    assert settings["population_size"] == 77
    assert settings["const_range"] == (-5.0, 1.0)
    assert settings["function_set"] == ("add", "sin")
    assert settings["random_state"] == 9
    assert settings["n_jobs"] == 3
    assert settings["warm_start"]
    assert settings["tournament_size"] == 20
    assert Model.made[0].fits == [(1, 2.0)]


def test_the_candidates_are_the_front_of_the_last_generation():
    fit = fitted(Gplearn(generations=4))

    assert [str(formula) for formula in fit.candidates] == ["length + 1.875"]


def test_a_program_that_is_too_large_is_passed_over(monkeypatch):
    monkeypatch.setattr(Model, "large", True)
    fit = fitted(Gplearn(generations=2))

    assert str(fit.expression) == "length + 1"  # the only generation: an error of 0 ends the search
    assert fit.extras["too_large"] == 1


def test_the_clock_gives_up_a_generation(monkeypatch):
    left = iter([5.0, 5.0, -1.0])
    monkeypatch.setattr("srbench_peers.peer.Clock.left", property(lambda self: next(left)))
    fit = fitted(Gplearn())

    assert fit.stopped == "budget"
    assert str(fit.expression) == "length + 1.5"


def test_a_budget_without_one_generation_is_a_failed_fit(monkeypatch):
    monkeypatch.setattr("srbench_peers.peer.Clock.left", -1.0)
    with pytest.raises(FitError, match=r"gplearn had not made its first 1000 programs in 54 s"):
        fitted(Gplearn())


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"population_size": 0}, "gplearn.population_size must be at least 1, got 0"),
        ({"function_set": ("add", "exp")}, "gplearn.function_set must be some of abs, add"),
        ({"metric": "pearson"}, "gplearn.metric must be one of mean absolute error, mse, rmse, got 'pearson'"),
        ({"const_low": 2.0}, "gplearn.const_high must be above const_low and finite, got 1.0"),
        ({"p_point_mutation": 0.2}, "gplearn.p_crossover must be at most 1 with all mutations, got 0.9"),
    ],
    ids=lambda value: value.split()[0] if isinstance(value, str) else "",
)
def test_settings_are_checked(settings, said):
    with pytest.raises(UsageError, match=said):
        Gplearn(**settings)
