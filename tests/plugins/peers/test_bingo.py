"""The peer `bingo`: conversion of its graphs, settings and budget passed on, reports while it runs."""

from __future__ import annotations

import os
from typing import ClassVar

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from srbench_peers import Bingo
from srbench_peers.bingo import formula_of
from stand_in_packages import install, some_samples

from srbench_lite import Budget, Expression, ExpressionError, FitError, UsageError

#: What Bingo's commands compute, by their numbers in `agraph/operator_definitions.py`.
MEANINGS = {
    2: np.add, 3: np.subtract, 4: np.multiply, 5: np.divide, 6: lambda a, b: np.sin(a), 7: lambda a, b: np.cos(a),
    8: lambda a, b: np.exp(a), 9: lambda a, b: np.log(np.abs(a)), 10: np.power, 11: lambda a, b: np.abs(a),
    12: lambda a, b: np.sqrt(np.abs(a)), 13: lambda a, b: np.power(np.abs(a), b), 14: lambda a, b: np.sinh(a),
    15: lambda a, b: np.cosh(a), 16: lambda a, b: np.tan(a), 17: lambda a, b: np.arcsin(a),
    18: lambda a, b: np.arccos(a), 19: lambda a, b: np.arctan(a), 20: lambda a, b: np.tanh(a),
    21: lambda a, b: a**2, 22: lambda a, b: a**3,
}  # fmt: skip
CONSTANTS = (0.12345678901234567, -2.5)
X = np.array([[0.5, 1.0], [0.25, -2.0], [-0.9, 0.5], [3.0, 0.1], [-1.5, 0.7]])
LEAVES = st.sampled_from([(-1, 2, 2), (-1, -1, -1), (0, 0, 0), (0, 1, 1), (1, 0, 0), (1, 1, 1)])


@st.composite
def graphs(draw):
    """Commands, each of which takes earlier ones."""
    commands = [draw(LEAVES)]
    for place in range(1, draw(st.integers(1, 8))):
        before = st.integers(0, place - 1)
        commands.append(draw(LEAVES | st.tuples(st.sampled_from(list(MEANINGS)), before, before)))
    return commands


def computed(commands, constants, x):
    """What the commands compute, as the package does it."""
    values: list[np.ndarray] = []
    with np.errstate(all="ignore"):
        for number, first, second in commands:
            if number == -1:
                values.append(np.full(len(x), float(first)))
            elif number == 0:
                values.append(x[:, first])
            elif number == 1:
                values.append(np.full(len(x), constants[first]))
            else:
                values.append(MEANINGS[number](values[first], values[second]))
    return values[-1]


@given(graphs())
def test_a_formula_is_what_the_graph_computes(commands):
    values = computed(commands, CONSTANTS, X)
    found = formula_of(np.array(commands), CONSTANTS, ("length", "X0"))({"length": X[:, 0], "X0": X[:, 1]})
    defined = np.isfinite(values)

    assert np.allclose(found[defined], values[defined], rtol=1e-13, atol=0.0)


def test_a_recorded_graph_is_its_own_text():
    commands = [(0, 0, 0), (0, 1, 1), (7, 1, 1), (8, 2, 2), (2, 0, 3)]  # Bingo 0.5.7 printed it as X_0 + exp(cos(X_1))

    assert str(formula_of(commands, (), ("length", "X0"))) == "length + exp(cos(X0))"


def test_constants_keep_all_digits_and_protection_is_written_out():
    commands = [(0, 0, 0), (1, 0, 0), (4, 1, 0), (12, 2, 2), (9, 3, 3)]

    assert str(formula_of(commands, CONSTANTS, ("a",))) == "log(abs(sqrt(abs(0.12345678901234566*a))))"


def test_a_constant_that_is_no_number_is_refused():
    with pytest.raises(ExpressionError, match="must be a finite number"):
        formula_of([(1, 0, 0)], (float("inf"),), ())


class Equation:
    """Bingo's graph: the first variable times a constant."""

    def __init__(self, factor: float, fitness: float, fit_set: bool = True) -> None:
        self.constants, self.fitness, self.fit_set = (factor,), fitness, fit_set

    def get_number_local_optimization_params(self):
        self._simplified_command_array = np.array([(1, 0, 0), (0, 0, 0), (4, 0, 1)])
        return 1

    def evaluate_equation_at(self, x):
        return x[:, :1] * self.constants[0]


class Island:
    """Bingo's island: each generation the best constant comes nearer to 2."""

    made: ClassVar[list[Island]] = []

    def __init__(self, fitness) -> None:
        self.made.append(self)
        self.generational_age, self.hall_of_fame, self.fitness = 0, [], fitness
        self.population = [Equation(1.0, 1.0), Equation(5.0, 5.0, fit_set=False)]

    def evolve(self, generations):
        self.fitness(self.population[0])
        self.generational_age += generations
        factor = 2.0 - 0.5**self.generational_age
        self.hall_of_fame = [Equation(factor, 2.0 - factor)]

    def evolve_until_convergence(self, max_generations, fitness_threshold, max_time, convergence_check_frequency):
        self.fitness(self.population[0])
        while not self.is_done(fitness_threshold, max_time):
            self.evolve(convergence_check_frequency)

    def is_done(self, threshold, max_time):
        small = bool(self.hall_of_fame) and self.hall_of_fame[0].fitness <= threshold
        late = self.generational_age >= max_time or self._not_enough_time_for_another_checkpoint(1.0)
        return small or late


class Generator:
    """Bingo's maker of formulas."""

    def __call__(self):
        return Equation(1.0, 1.0, fit_set=False)


class Fitness:
    """Bingo's measure of error."""

    def __call__(self, individual):
        return individual.fitness


class Regressor:
    """Bingo's `EquationRegressor`: a formula whose constants are fitted again."""

    def __init__(self, equation):
        self.equation, self.fitness, self.fits = equation, equation.fitness, 0

    def fit(self, x, y):
        self.fits += 1


class Model:
    """Bingo's `SymbolicRegressor`."""

    made: ClassVar[list[Model]] = []
    broken = False

    def __init__(self, **settings):
        self.settings = settings
        self.made.append(self)

    def _get_local_opt(self, x, y, tolerance):
        return Fitness()

    def _get_archipelago(self, x, y, processes):
        from bingo.symbolic_regression import symbolic_regressor

        self.processes = processes
        symbolic_regressor.AGraphGenerator()()
        return Island(self._get_local_opt(x, y, 1e-5))

    def fit(self, x, y):
        from bingo.symbolic_regression import symbolic_regressor

        assert x.flags.writeable
        self.archipelago = self._get_archipelago(x, y, int(os.environ.get("OMP_NUM_THREADS", "0")))
        self.archipelago.evolve_until_convergence(
            max_generations=10**19, fitness_threshold=self.settings["fitness_threshold"],
            max_time=self.settings["max_time"], convergence_check_frequency=10,
        )  # fmt: skip

        leader = self.archipelago.hall_of_fame[0]
        worse, none, broken = Equation(1.0, 1.0), Equation(3.0, float("nan")), Equation(float("nan"), 0.0)
        self.front = [
            symbolic_regressor.EquationRegressor(one)
            for one in ((none, broken) if self.broken else (none, broken, worse, leader))
        ]
        for member in self.front:
            member.fit(x, y)

    def get_pareto_front(self):
        return self.front


@pytest.fixture(autouse=True)
def package(monkeypatch):
    """The package, and a clock that stands still."""
    monkeypatch.setattr(Model, "made", [])
    monkeypatch.setattr(Model, "broken", False)
    monkeypatch.setattr(Island, "made", [])
    monkeypatch.setattr("srbench_peers.peer.Clock.left", property(lambda self: self.seconds))
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    package = "bingo.symbolic_regression.symbolic_regressor"
    install(
        monkeypatch, package, SymbolicRegressor=Model, EquationRegressor=Regressor, AGraphGenerator=Generator
    )  # fmt: skip


def fitted(peer: Bingo, reports: list[Expression], threads: int = 1):
    return peer.fit(
        some_samples(), seed=2**31 + 9, budget=Budget(seconds=4.0, threads=threads), report=reports.append
    )  # fmt: skip


def test_generations_are_followed_one_by_one_until_time_is_over():
    reports: list[Expression] = []
    fit = fitted(Bingo(), reports)

    assert [str(formula) for formula in reports] == ["1.5*length", "1.75*length", "1.875*length", "1.9375*length"]
    assert fit.expression == reports[-1]
    assert np.array_equal(fit.predictions, some_samples().x[:, 0] * 1.9375)
    assert [str(formula) for formula in fit.candidates] == ["1.9375*length"]
    assert fit.extras == {"generations": 4}
    assert fit.stopped == "budget"


def passing(monkeypatch, offset: float) -> None:
    """Let a generation take a second; the first one begins when this much of 3.6 s has gone by."""
    monkeypatch.setattr(
        "srbench_peers.peer.Clock.left",
        property(lambda self: self.seconds - offset - sum(island.generational_age for island in Island.made)),
    )


def test_time_is_left_for_another_generation_and_the_last_fits(monkeypatch):
    passing(monkeypatch, 0.0)
    fit = fitted(Bingo(), [])

    assert fit.extras == {"generations": 2}  # 1.6 s are left, and 2.5 are needed
    assert [member.fits for member in Model.made[0].front] == [1, 1, 1, 1]


def test_there_are_no_last_fits_without_time(monkeypatch):
    passing(monkeypatch, 3.0)
    fit = fitted(Bingo(), [])

    assert fit.extras == {"generations": 1}
    assert [member.fits for member in Model.made[0].front] == [0, 0, 0, 0]


def test_the_clock_gives_up_a_generation_and_the_front_so_far_is_the_answer(monkeypatch):
    passing(monkeypatch, 0.0)
    monkeypatch.setattr("srbench_peers.bingo._REST", -9.0)  # a generation is always begun
    fit = fitted(Bingo(), [])

    assert fit.extras == {"generations": 4}
    assert str(fit.expression) == "1.9375*length"
    assert fit.stopped == "budget"


def test_the_first_population_may_be_all_there_is(monkeypatch):
    left = iter([3.0, 3.0, 3.0])  # passed on twice, and a formula is made
    monkeypatch.setattr("srbench_peers.peer.Clock.left", property(lambda self: next(left, -1.0)))
    fit = fitted(Bingo(), [])

    assert str(fit.expression) == "1*length"
    assert fit.extras == {"generations": 0}


def test_nothing_evaluated_is_a_failed_fit(monkeypatch):
    passing(monkeypatch, 9.0)
    with pytest.raises(FitError, match=r"Bingo had not evaluated one of its first 500 in 3.6 s"):
        fitted(Bingo(), [])

    assert Island.made == []


def test_several_processes_are_not_given_the_clock(monkeypatch):
    passing(monkeypatch, 0.0)
    fitted(Bingo(), [], threads=2)

    assert type(Island.made[0].fitness) is Fitness


def test_an_error_is_small_in_units_of_the_variance():
    fit = fitted(Bingo(fitness_threshold=0.5), [])
    threshold = Model.made[0].settings["fitness_threshold"]

    assert threshold == 0.5 * np.var(some_samples().y)
    assert fit.extras == {"generations": 2}
    assert fit.stopped == "done"


def test_settings_and_seed_are_passed_on():
    fitted(Bingo(population_size=77, operators=("+", "sin")), [])
    settings = Model.made[0].settings

    assert settings["population_size"] == 77
    assert settings["operators"] == ["+", "sin"]
    assert settings["stack_size"] == 24
    assert settings["random_state"] == 9
    assert settings["max_time"] == 3.6


@pytest.mark.parametrize(("threads", "processes"), [(1, 0), (3, 3)])
def test_one_thread_makes_no_pool_of_one_process(threads, processes):
    fitted(Bingo(), [], threads)

    assert Model.made[0].processes == processes
    assert os.environ["OMP_NUM_THREADS"] == "7"


def test_the_environment_is_left_as_it_was(monkeypatch):
    monkeypatch.delenv("OMP_NUM_THREADS")
    fitted(Bingo(), [])

    assert "OMP_NUM_THREADS" not in os.environ


def test_no_formula_with_finite_numbers_is_a_failed_fit(monkeypatch):
    monkeypatch.setattr(Model, "broken", True)
    with pytest.raises(FitError, match="none of the 2 formulas of Bingo's front has a finite error"):
        fitted(Bingo(), [])


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"stack_size": 0}, "bingo.stack_size must be at least 1, got 0"),
        ({"operators": ()}, "bingo.operators must be some of"),
        ({"mutation_prob": 0.8}, "bingo.mutation_prob must be at most 1 with crossover_prob, got 0.8"),
        ({"metric": "r2"}, "bingo.metric must be one of mse, rmse, mae, got 'r2'"),
        ({"clo_alg": "adam"}, "bingo.clo_alg must be one of lm"),
        ({"evolutionary_algorithm": "NSGA2"}, "bingo.evolutionary_algorithm must be AgeFitnessEA or"),
        ({"fitness_threshold": -1.0}, "bingo.fitness_threshold must be at least 0"),
    ],
    ids=lambda value: value.split()[0] if isinstance(value, str) else "",
)
def test_settings_are_checked(settings, said):
    with pytest.raises(UsageError, match=said):
        Bingo(**settings)
