"""The peer `operon`: conversion of its trees, the scaling, settings and budget passed on, reports while it runs."""

from __future__ import annotations

import sys
from typing import ClassVar

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from srbench_peers import Operon
from srbench_peers.operon import formula_of
from stand_in_packages import install, node, some_samples

from srbench_lite import Budget, Expression, ExpressionError, UsageError

#: What Operon's documentation says that its symbols compute; the first argument first.
MEANINGS = {
    "Add": np.add, "Mul": np.multiply, "Sub": np.subtract, "Div": np.divide, "Fmin": np.minimum, "Fmax": np.maximum,
    "Aq": lambda a, b: a / np.sqrt(1.0 + b**2), "Pow": np.power, "Powabs": lambda a, b: np.abs(a) ** b,
    "Abs": np.abs, "Acos": np.arccos, "Asin": np.arcsin, "Atan": np.arctan, "Cbrt": np.cbrt, "Ceil": np.ceil,
    "Cos": np.cos, "Cosh": np.cosh, "Exp": np.exp, "Floor": np.floor, "Log": np.log,
    "Logabs": lambda a: np.log(np.abs(a)), "Log1p": lambda a: np.log(1.0 + a), "Sin": np.sin, "Sinh": np.sinh,
    "Sqrt": np.sqrt, "Sqrtabs": lambda a: np.sqrt(np.abs(a)), "Tan": np.tan, "Tanh": np.tanh, "Square": np.square,
}  # fmt: skip
BINARY = ("Add", "Mul", "Sub", "Div", "Fmin", "Fmax", "Aq", "Pow", "Powabs")
HASHES = {4295753595843180382: "X1", 18188060951833565637: "X2"}
NAMES = dict(zip(HASHES, ("length", "X0"), strict=True))
FIRST, SECOND = HASHES


def constant(value: float):
    value = float(np.float32(value))
    return node(IsConstant=True, IsVariable=False, Type="NodeType.Constant", Arity=0, Value=value, HashValue=0)


def variable(number: int, factor: float):
    factor = float(np.float32(factor))
    return node(IsConstant=False, IsVariable=True, Type="NodeType.Variable", Arity=0, Value=factor, HashValue=number)


def operator(name: str, arity: int):
    return node(IsConstant=False, IsVariable=False, Type=f"NodeType.{name}", Arity=arity, Value=1.0, HashValue=0)


#: A tree as pyoperon 0.6.2 gave it, with its own text in 20 digits.
RECORDED = [
    variable(SECOND, 1.687793254852295), constant(1.3515537977218628), operator("Sub", 2),
    variable(SECOND, 0.33204251527786255), variable(FIRST, 2.50583553314209), operator("Sin", 1), operator("Div", 2),
    operator("Add", 2), constant(0.9998986721038818), operator("Mul", 2), constant(-0.0001887720572995022),
    operator("Add", 2),
]  # fmt: skip
ITS_TEXT = (
    "((-0.00018877205729950219) + (0.99989867210388183594 * ((sin((2.50583553314208984375 * X1)) / "
    "(0.33204251527786254883 * X2)) + (1.35155379772186279297 - (1.68779325485229492188 * X2)))))"
)

LEAVES = st.floats(-3.0, 3.0, width=32).map(constant) | st.tuples(
    st.sampled_from([FIRST, SECOND]), st.sampled_from([1.0, 2.5, -0.3])
).map(lambda pair: variable(*pair))


def trees(depth: int = 3) -> st.SearchStrategy[list]:
    """Trees in postfix order, the last argument of each operator first."""
    flat = LEAVES.map(lambda leaf: [leaf])
    for _ in range(depth):
        below = flat
        flat = LEAVES.map(lambda leaf: [leaf]) | st.sampled_from(list(MEANINGS)).flatmap(
            lambda name, below=below: st.lists(below, min_size=1 + (name in BINARY), max_size=1 + (name in BINARY)).map(
                lambda parts: [*(n for part in reversed(parts) for n in part), operator(name, len(parts))]
            )
        )
    return flat


def computed(nodes: list, x: np.ndarray) -> np.ndarray:
    """What the tree computes, in float64."""
    stack: list[np.ndarray] = []
    with np.errstate(all="ignore"):
        for item in nodes:
            if item.IsConstant:
                stack.append(np.full(len(x), item.Value))
            elif item.IsVariable:
                stack.append(item.Value * x[:, 0 if item.HashValue == FIRST else 1])
            else:
                stack.append(MEANINGS[item.Type.split(".")[1]](*[stack.pop() for _ in range(item.Arity)]))
    return stack[0]


@given(trees())
def test_a_formula_is_what_the_tree_computes(nodes):
    x = np.array([[0.5, 1.0], [0.25, -2.0], [-0.9, 0.5], [3.0, 0.1], [-1.5, 0.7]])
    values = computed(nodes, x)
    found = formula_of(nodes, NAMES)({"length": x[:, 0], "X0": x[:, 1]})
    defined = np.isfinite(values)

    assert np.array_equal(found[defined], values[defined])


def test_a_recorded_tree_is_its_own_text():
    ours = formula_of(RECORDED, {FIRST: "X1", SECOND: "X2"})
    theirs = Expression.parse(ITS_TEXT, variables=("X1", "X2"), dialect="operon")
    x = np.random.default_rng(1).uniform(0.5, 2.0, (50, 2))
    columns = {"X1": x[:, 0], "X2": x[:, 1]}

    assert np.allclose(ours(columns), theirs(columns), rtol=1e-14, atol=0.0)
    assert np.allclose(ours(columns), computed(RECORDED, x), rtol=1e-14, atol=0.0)


@pytest.mark.parametrize(
    ("name", "arity", "text"),
    [("Sub", 1, "-(3*a)"), ("Div", 1, "1/(3*a)"), ("Add", 3, "3*a + 2 + 1"), ("Div", 3, "3*a/2/1")],
    ids=lambda value: str(value) if isinstance(value, int) else "",
)
def test_operators_of_other_arities(name, arity, text):
    nodes = [constant(1.0), constant(2.0), variable(FIRST, 3.0)][3 - arity :]

    assert str(formula_of([*nodes, operator(name, arity)], {FIRST: "a"})) == str(Expression.parse(text))


def test_a_constant_that_is_no_number_is_refused():
    with pytest.raises(ExpressionError, match="must be a finite number"):
        formula_of([constant(float("nan"))], {})


class Individual:
    """A tree with its objectives."""

    def __init__(self, nodes, *values):
        self.Genotype, self._values = node(Nodes=nodes), values

    def __getitem__(self, place):
        return self._values[place]


class Evolution:
    """pyoperon's algorithm: three generations, fewer if the evaluations are spent."""

    def __init__(self, evaluator):
        self.BestFront, self.evaluator = [], evaluator

    def Run(self, rng, callback, threads, warm_start):  # noqa: N802
        for error in (-0.5, -0.5, -0.9):
            if self.evaluator.Budget > 1:
                self.BestFront = [
                    Individual([constant(1.0)], -0.1, 1.0), Individual([variable(FIRST, 10.0 * error)], error, 2.0)
                ]  # fmt: skip
                callback()


class Model:
    """pyoperon's `SymbolicRegressor`; the second run of a search is the best by either criterion."""

    made: ClassVar[list[Model]] = []
    VALUES: ClassVar[tuple[float, ...]] = (50.0, 20.0, 30.0)

    def __init__(self, **settings):
        self.settings = settings
        self.variables_ = HASHES
        self.made.append(self)

    def fit(self, x, y):
        assert y.flags.writeable  # pyoperon refuses arrays that are not
        import pyoperon

        evaluator = pyoperon.MultiEvaluator(None)
        evaluator.Budget = 1000
        pyoperon.NSGA2Algorithm(evaluator).Run(None, None, 1, False)
        value = self.VALUES[len(self.made) - 1]
        self.nodes = RECORDED if value == min(self.VALUES[: len(self.made)]) else [constant(value)]
        self.model_ = node(Nodes=self.nodes)
        self.stats_ = {"generations": 3}
        self.pareto_front_ = [
            {
                "tree": node(Nodes=nodes),
                "mean_squared_error": error,
                self.settings["model_selection_criterion"]: value + error,
            }
            for nodes, error in (
                (self.nodes, 0.1 if self.nodes is RECORDED else 0.4),
                ([variable(FIRST, 2.0)], 0.5),
                ([constant(float("inf"))], 0.7),
            )
        ]
        return self

    def predict(self, x):
        assert x.flags.writeable
        return computed(self.nodes, x).astype(np.float32)


class Forest:
    """scikit-learn's random forest, off by 0.25 everywhere."""

    def __init__(self, random_state):
        self.random_state = random_state

    def fit(self, x, y):
        self.y = y
        return self

    def predict(self, x):
        return self.y - 0.25


@pytest.fixture
def package(monkeypatch):
    monkeypatch.setattr(Model, "made", [])
    columns = [node(Index=i, Hash=number, Name=name) for i, (number, name) in enumerate(HASHES.items())]
    target = node(Index=2, Hash=7, Name="X3")
    install(
        monkeypatch, "pyoperon", NSGA2Algorithm=Evolution, MultiEvaluator=lambda problem: node(Budget=0),
        Dataset=lambda array: node(Variables=[*columns, target], Rows=len(array)), DispatchTable=dict,
        Range=slice, Evaluate=lambda table, tree, data, rows: np.ones(data.Rows),
        FitLeastSquares=lambda values, y: (0.5, 3.0),
    )  # fmt: skip
    install(monkeypatch, "pyoperon.sklearn", SymbolicRegressor=Model)
    install(monkeypatch, "sklearn.ensemble", RandomForestRegressor=Forest)


@pytest.fixture
def still(monkeypatch):
    """A clock that stands still."""
    monkeypatch.setattr("srbench_peers.peer.Clock.left", property(lambda clock: clock.seconds))


def fitted(peer: Operon, reports: list[Expression], seconds: float = 12.0):
    return peer.fit(
        some_samples(), seed=2**31 + 9, budget=Budget(seconds=seconds, threads=3), report=reports.append
    )  # fmt: skip


@pytest.mark.usefixtures("package")
@pytest.mark.usefixtures("still")
def test_settings_and_budget_are_passed_on():
    fitted(Operon(max_length=20, runs=1), [])
    settings = Model.made[0].settings

    assert settings["max_length"] == 20
    assert settings["objectives"] == ["r2", "length"]
    assert settings["max_time"] == 11  # whole seconds of 0.9 * 12, and not less
    assert settings["n_threads"] == 3
    assert settings["random_state"] == 9
    assert settings["uncertainty"] == [1.0]
    assert settings["model_selection_criterion"] == "bayesian_information_criterion"
    assert "runs" not in settings


@pytest.mark.usefixtures("package")
def test_the_shortest_description_takes_the_error_of_a_forest_as_noise():
    fitted(Operon(model_selection_criterion="minimum_description_length", runs=1), [])

    assert Model.made[0].settings["uncertainty"] == [0.25]


@pytest.mark.usefixtures("package", "still")
@pytest.mark.parametrize(("objectives", "limit"), [(("r2",), 10), (("r2", "length"), 11)], ids=["one", "two"])
def test_only_a_front_lets_a_run_end_within_a_second(objectives, limit):
    fitted(Operon(objectives=objectives, runs=1), [])

    assert Model.made[0].settings["max_time"] == limit


@pytest.mark.usefixtures("package")
def test_the_least_limit_is_a_second():
    fitted(Operon(runs=1), [], seconds=0.1)

    assert Model.made[0].settings["max_time"] == 1


@pytest.mark.usefixtures("package")
def test_runs_follow_each_other_and_the_best_of_all_is_the_answer():
    fit = fitted(Operon(runs=3), [])
    samples = some_samples()

    assert [model.settings["random_state"] for model in Model.made] == [9, 10, 11]
    assert fit.expression == formula_of(RECORDED, NAMES)
    assert np.allclose(fit.predictions, fit.expression(samples.columns), rtol=1e-6)
    assert [str(formula) for formula in fit.candidates] == ["30", str(fit.expression)]
    assert fit.extras == {"runs": 3, "generations": 9}
    assert fit.stopped == "done"


@pytest.mark.usefixtures("package")
def test_a_run_ends_when_the_clock_says_so(monkeypatch):
    monkeypatch.setattr("srbench_peers.peer.Clock.left", -1.0)
    reports: list[Expression] = []
    fit = fitted(Operon(), reports)

    assert [str(formula) for formula in reports] == ["-5*length*0.5 + 3"]  # the first generation's
    assert len(Model.made) == 1
    assert fit.stopped == "budget"


@pytest.mark.usefixtures("package")
def test_better_leaders_are_reported_with_their_scaling():
    reports: list[Expression] = []
    fitted(Operon(runs=2), reports)

    assert [str(formula) for formula in reports] == ["-5*length*0.5 + 3", "-9*length*0.5 + 3"]
    assert sys.modules["pyoperon"].NSGA2Algorithm is Evolution
    assert sys.modules["pyoperon"].MultiEvaluator(None).Budget == 0


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"max_length": 0}, "operon.max_length must be at least 1, got 0"),
        ({"objectives": ()}, "operon.objectives must"),
    ],
    ids=["max_length", "objectives"],
)
def test_settings_are_checked(settings, said):
    with pytest.raises(UsageError, match=said):
        Operon(**settings)
