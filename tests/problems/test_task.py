"""`Task`: points are the same every time, and parts that do not fit together are refused."""

from __future__ import annotations

import copy
import dataclasses
import math
import pickle
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import inside, samplings

from srbench_lite.errors import DataError, SuiteError, UsageError
from srbench_lite.expressions.expression import Expression
from srbench_lite.methods.discovery import discover
from srbench_lite.problems.data import Samples
from srbench_lite.problems.sampling import Sampling
from srbench_lite.problems.task import NOISE_DEFINITION, Task
from srbench_lite.problems.trajectories import Trajectories


def task(truth: str | None = "sin(x) + y", **changes: Any) -> Task:
    parts: dict[str, Any] = {
        "name": "mine/first",
        "suite": "mine",
        "truth": None if truth is None else Expression.parse(truth),
        "variables": {"x": Sampling(low=-3.0, high=3.0), "y": Sampling(low=1.0, high=2.0)},
        "n_train": 20,
        "n_test": 50,
    }
    return Task(**(parts | changes))


def rows(points: Samples) -> list[list[float]]:
    return [*points.x.tolist(), points.y.tolist()]


def measured(n: int = 80, scale: float = 1.0, names: tuple[str, ...] = ("x", "y")) -> Samples:
    x = np.random.default_rng(0).uniform(1, 2, (n, 2))
    return Samples(variables=names, x=x, y=scale * x.sum(axis=1))


_XY = {"x": Sampling(low=-3.0, high=3.0), "y": Sampling(low=1.0, high=2.0)}


MESH = {"x": Sampling(low=0, high=1, sampling="grid", step=0.1), "y": Sampling(low=1, high=2, sampling="grid", step=1)}
SPRING = Trajectories(
    rates={"x": Expression.parse("y"), "y": Expression.parse("-x")}, starts=((1, 0), (0, 2), (3, 3)), duration=6,
    steps=10, train=2,
)  # fmt: skip


# --- Task.dataset -----------------------------------------------------------------------------------------------


@given(st.dictionaries(st.sampled_from(["x", "y", "z"]), samplings(), min_size=1), st.integers(0, 10**6))
def test_datasets_have_the_promised_shapes_and_domains(variables: dict[str, Sampling], seed: int) -> None:
    t = task(" + ".join(variables), variables=variables, n_train=7, n_test=9)
    data = t.dataset(seed=seed)
    assert data.far is not None
    for points, n in ((data.train, 7), (data.test, 9), (data.far, 9)):
        assert points.variables == tuple(variables)
        assert points.x.shape == (n, len(variables))
        assert np.isfinite(points.x).all()
        np.testing.assert_allclose(points.y, points.x.sum(axis=1), rtol=1e-9, atol=1e-9)
    for points in (data.train, data.test):
        for name, s in variables.items():
            assert inside(s, points.columns[name]).all()
    edges = {name: set(s.interval) | {s.low, s.high, -s.low} for name, s in variables.items()}
    outside = [
        ~inside(s, data.far.columns[name]) | np.isin(data.far.columns[name], list(edges[name]))
        for name, s in variables.items()
    ]
    assert np.any(outside, axis=0).all(), "every far point is outside in at least one variable"


def test_far_points_mix_inner_and_outer_variables() -> None:
    t = task("x + y", n_test=2000)
    far = t.dataset(seed=0).far
    assert far is not None
    out = np.column_stack([~inside(s, far.columns[name]) for name, s in t.variables.items()])
    share = [(out.sum(axis=1) == k).mean() for k in range(3)]
    assert share[0] == 0
    assert 0.4 < share[1] < 0.6


def test_the_same_seed_gives_the_same_points() -> None:
    first, again = task().dataset(seed=3, noise=0.1), task().dataset(seed=3, noise=0.1)
    for part in ("train", "test", "far"):
        assert rows(getattr(first, part)) == rows(getattr(again, part))


def test_points_never_change() -> None:
    """Golden: stored records are compared with runs on the same points."""
    data = task().dataset(seed=0)
    np.testing.assert_allclose(data.train.x[0], GOLDEN_POINT, rtol=1e-12)


GOLDEN_POINT = [1.3534596068844653, 1.466725496609492]


@pytest.mark.parametrize(
    "other",
    [task(name="mine/second"), task("sin(x) - y"), task(version=2)],
    ids=["another name", "another truth", "another version"],
)
def test_other_tasks_and_seeds_give_other_points(other: Task) -> None:
    base = task().dataset(seed=0)
    for data in (other.dataset(seed=0), task().dataset(seed=1)):
        assert not np.isin(data.train.x, base.train.x).any()
        assert not np.isin(data.test.x, base.test.x).any()


def test_train_test_and_far_share_no_points() -> None:
    data = task().dataset(seed=0)
    assert data.far is not None
    assert not np.isin(data.test.x, data.train.x).any()
    assert not np.isin(data.far.x, data.test.x).any()


def test_noise_is_normal_with_the_stated_size_and_on_the_training_target_only() -> None:
    assert NOISE_DEFINITION == "normal, sd = noise * rms(y_train), training target only"
    t = task("10 + sin(x) + 0*y", n_train=20_000)
    clean, noisy = t.dataset(seed=0), t.dataset(seed=0, noise=0.1)
    assert clean.far is not None
    assert noisy.far is not None
    np.testing.assert_array_equal(clean.train.x, noisy.train.x)
    assert rows(clean.test) == rows(noisy.test)
    assert rows(clean.far) == rows(noisy.far)
    z = (noisy.train.y - clean.train.y) / (0.1 * np.sqrt(np.mean(clean.train.y**2)))
    assert abs(z.mean()) < 0.03
    assert z.std() == pytest.approx(1, abs=0.03)
    assert np.mean(np.abs(z) < 1) == pytest.approx(0.6827, abs=0.02)


def test_noise_levels_of_one_seed_share_points() -> None:
    t = task()
    clean, low, high = (t.dataset(seed=0, noise=noise).train for noise in (0.0, 0.01, 0.1))
    np.testing.assert_array_equal(low.x, high.x)
    np.testing.assert_allclose((high.y - clean.y), 10 * (low.y - clean.y), rtol=1e-9)
    assert not np.allclose(t.dataset(seed=1, noise=0.1).train.y, high.y)


@pytest.mark.parametrize("noise", [-0.1, math.nan, math.inf])
def test_impossible_noise_is_refused(noise: float) -> None:
    with pytest.raises(UsageError, match="noise level must be 0 or a positive number, got"):
        task().dataset(seed=0, noise=noise)


# --- holes in the domain ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("sampling", ["uniform", "grid"])
@pytest.mark.parametrize(("truth", "low"), [("log(x)", -3.0), ("sqrt(x)", -97.0), ("1/x", 0.0), ("log(x) + 0*x", -1.0)])
def test_points_where_the_truth_is_undefined_are_drawn_again(sampling: Any, truth: str, low: float) -> None:
    s = Sampling(low=low, high=3.0, sampling=sampling)
    data = task(truth, variables={"x": s}, n_train=300, n_test=300).dataset(seed=0)
    for points in (data.train, data.test):
        assert points.x.shape == (300, 1)
        assert points.x.min() >= 0
        assert np.isfinite(points.y).all()
        assert inside(s, points.x[:, 0]).all()


def test_a_truth_without_holes_keeps_its_grid() -> None:
    train = task("x", variables={"x": Sampling(low=0, high=1, sampling="grid")}, n_train=5).dataset(seed=0).train
    assert train.x[:, 0].tolist() == [0, 0.25, 0.5, 0.75, 1]


def test_several_grids_form_a_latin_hypercube() -> None:
    grid = Sampling(low=0, high=1, sampling="grid")
    train = task("x + y", variables={"x": grid, "y": grid}, n_train=9).dataset(seed=0).train
    even = np.linspace(0, 1, 9)
    np.testing.assert_array_equal(np.sort(train.x, axis=0), np.column_stack([even, even]))
    assert train.x[:, 1].tolist() != even.tolist()


def test_grids_with_a_step_span_a_mesh() -> None:
    t = task("x + y", variables=MESH, n_train=22, n_test=7)
    data = t.dataset(seed=0)
    assert data.train.x[:3].tolist() == [[0, 1], [0, 2], [0.1, 1]]
    assert len(np.unique(data.train.x, axis=0)) == 22
    assert not np.isin(data.test.x[:, 1], (1, 2)).any(), "test points are drawn anew"
    assert rows(t.dataset(seed=1).train) == rows(data.train)


def test_holes_of_a_mesh_are_filled_with_points_of_the_domain() -> None:
    train = task("y/x", variables=MESH, n_train=22).dataset(seed=0).train
    assert train.x[:-2].tolist() == task("x", variables=MESH, n_train=22).dataset(seed=0).train.x[2:].tolist()
    assert np.isfinite(train.y).all()
    assert not np.isin(train.x[-2:, 0], MESH["x"].mesh_values()).any()


# --- a test domain of its own -----------------------------------------------------------------------------------


def test_test_points_come_from_their_own_domain_and_far_lies_outside_both() -> None:
    wide = Sampling(low=-5, high=1)
    t = task("x + y", test_variables={"x": wide}, n_test=400)
    data, before = t.dataset(seed=0), task("x + y", n_test=400)
    assert list(t.test_variables or ()) == ["x", "y"]
    x = data.test.columns["x"]
    assert -5 <= x.min() < -4.9
    assert 0.9 < x.max() <= 1
    assert inside(before.variables["y"], data.test.columns["y"]).all()
    assert data.far is not None
    out = np.column_stack([~inside(s, data.far.columns[n]) for n, s in t.variables.items()])
    out[:, 0] = ~inside(Sampling(low=-5, high=3), data.far.columns["x"])
    assert out.any(axis=1).all()
    assert inside(before.variables["x"], data.train.columns["x"]).all()


def test_a_grid_of_the_test_domain_is_the_test_set() -> None:
    grid = Sampling(low=0, high=1, sampling="grid")
    one = task("x", variables={"x": Sampling(low=0, high=2)}, test_variables={"x": grid}, n_test=5)
    assert one.dataset(seed=0).test.x[:, 0].tolist() == [0, 0.25, 0.5, 0.75, 1]
    mesh = task("x + y", test_variables=MESH, n_test=22).dataset(seed=0)
    assert len(np.unique(mesh.test.x, axis=0)) == 22
    assert mesh.far is not None
    assert len(mesh.far) == 22


# --- trajectories and units -------------------------------------------------------------------------------------


def test_points_lie_on_trajectories_and_others_test() -> None:
    t = task("-x", variables=_XY, trajectories=SPRING, n_train=20, n_test=10)
    seen = set()
    for seed in range(6):
        data = t.dataset(seed=seed)
        radius = {part: set(np.hypot(*getattr(data, part).x.T).round(6).tolist()) for part in ("train", "test")}
        assert radius["train"] | radius["test"] == {1, 2, 4.242641}
        assert len(radius["test"]) == 1
        seen |= radius["test"]
        np.testing.assert_array_equal(data.train.y, -data.train.columns["x"])
        assert rows(t.dataset(seed=seed).train) == rows(data.train)
        assert data.far is not None
        assert not any(inside(_XY["x"], data.far.columns["x"]) & inside(_XY["y"], data.far.columns["y"]))
    assert len(seen) > 1, "which trajectories test follows from the seed"


def test_a_truth_that_is_undefined_on_its_trajectories_is_refused() -> None:
    with pytest.raises(DataError, match=r"task mine/first: the truth 1/\(x - 1\) is undefined on its trajectories"):
        task("1/(x - 1)", trajectories=SPRING, n_train=20, n_test=10).dataset(seed=0)


def test_all_points_carry_the_units_of_the_task() -> None:
    t = task(units={"x": "m"}, target_unit="kg")
    data = t.dataset(seed=0, noise=0.1)
    assert data.far is not None
    for points in (data.train, data.test, data.far):
        assert points.units == {"x": "m"}
        assert points.target_unit == "kg"


def test_of_measured_points_none_need_be_held_out() -> None:
    drawn = task(data=measured(70), n_train=70, n_test=0).dataset(seed=0)
    assert len(drawn.train) == 70
    assert (drawn.test.x == drawn.train.x).all()
    assert (drawn.test.y == drawn.train.y).all()
    with pytest.raises(SuiteError, match="n_test must be a whole number from 1 to"):
        task("x", n_test=0)


def test_measured_points_carry_units_too() -> None:
    with_units = dataclasses.replace(measured(70), units={"y": "s"}, target_unit="K")
    assert (task(data=with_units).units, task(data=with_units).target_unit) == ({"y": "s"}, "K")
    train = task(data=with_units, units={"x": "m"}).dataset(seed=0).train
    assert (train.units, train.target_unit) == ({"x": "m"}, "K")


def test_a_truth_that_is_undefined_everywhere_is_refused() -> None:
    with pytest.raises(DataError, match=r"task mine/first: the truth sqrt\(-1 - x\*\*2\) is undefined on nearly all"):
        task("sqrt(-1 - x**2)").dataset(seed=0)


def test_without_far_values_far_is_none() -> None:
    data = task("sqrt(1 - x**2)", variables={"x": Sampling(low=-1, high=1)}).dataset(seed=0)
    assert data.far is None
    assert len(data.test) == 50


# --- fingerprint ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "mine/second"},
        {"version": 2},
        {"truth": "sin(x) - y"},
        {"truth": None, "data": measured()},
        {"data": measured()},
        {"n_train": 21},
        {"n_test": 51},
        {"variables": _XY | {"y": Sampling(low=1.0, high=2.5)}},
        {"variables": _XY | {"y": Sampling(low=0.5, high=2.0)}},
        {"variables": _XY | {"y": Sampling(low=1.0, high=2.0, sampling="log")}},
        {"variables": _XY | {"y": Sampling(low=1.0, high=2.0, sampling="log", sign="both")}},
        {"variables": _XY | {"y": Sampling(low=1.0, high=2.0, sampling="grid")}},
        {"variables": _XY | {"z": Sampling(low=1.0, high=2.0)}},
        {"variables": dict(reversed(_XY.items()))},
        {"units": {"x": "m"}},
        {"target_unit": "m"},
        {"test_variables": {"x": Sampling(low=-3.0, high=4.0)}},
        {"variables": MESH, "n_train": 22},
        {"trajectories": SPRING, "n_test": 10},
    ],
    ids=lambda changes: "-".join(changes),
)
def test_the_fingerprint_changes_with_every_part_of_the_definition(changes: Any) -> None:
    assert task(**changes).fingerprint != task().fingerprint


def test_fingerprints_of_all_variants_differ() -> None:
    tasks = [task(data=measured()), task(data=measured(81)), task(data=measured(scale=2)), task()]
    assert len({t.fingerprint for t in tasks}) == 4


def test_the_fingerprint_changes_with_nothing_else() -> None:
    first = task().fingerprint
    assert len(first) == 64
    assert int(first, 16) > 0
    assert task(source="a book").fingerprint == first
    facts = {"tags": ("hard",), "licence": "MIT", "erratum": "Another has 2.", "unidentifiable": "v is small"}
    assert task(**facts).fingerprint == first
    assert task("sin( x )+y").fingerprint == first
    assert copy.deepcopy(task()).fingerprint == first
    assert pickle.loads(pickle.dumps(task())).fingerprint == first
    used = task()
    used.dataset(seed=5, noise=0.5)
    assert used.fingerprint == first


def test_the_fingerprint_never_changes() -> None:
    """Golden: records are found again by it."""
    assert task().fingerprint == GOLDEN_FINGERPRINT


GOLDEN_FINGERPRINT = "3836e136acc872c1146a41cd2af2d382b0ecfa6fa164518ca3f6772f73c249c4"


def test_the_fingerprints_of_the_first_suites_never_change() -> None:
    """Golden: the committed records are of these."""
    tasks = discover().tasks
    assert {name: tasks[name].fingerprint for name in FIRST_FINGERPRINTS} == FIRST_FINGERPRINTS


FIRST_FINGERPRINTS = {
    "composite/sinc": "ff1d4679fc0bf9bb622a84799235672e6da59694f1cb8f62b61651452e3b590d",
    "composite/exp-times-sin": "0afb6ebbbb11c7f755add05e5f145bd6e426963454d22b7abd21c86eca847c03",
    "feynman/I.9.18": "bc1ebeebe58b0a975446998829fc23c55f5361cd6fea8ec2a2545fdc977c2784",
    "feynman/III.21.20": "37b5f220214372a6b0f8e55a4c85ced6b9f37c204bd4e61e90d95e39dfa95e3b",
    "nguyen/nguyen-7": "336a15d567881bb40cf535426e8ff1baf0618142b5aae6d145db848c9aec084c",
    "nguyen/nguyen-12": "854166c621952e19b49aedc851e792940f11231ff56536bd7bb0e939345c5c18",
    "poly2/poly-001": "b81acc4a3d35967414130681f4f7af76d78e1225b011fa281b942cdd148905d5",
    "poly2/poly-100": "b15ffa34a99434c80ae1cfe4d2c1a33998fdf72f3f105c1be5079964827ee313",
    "sin/phase": "ba339800dcc480f4ff0b786ce9048a98dbfd47364b0711c55066834b4858821f",
    "sin/product": "30d7e9f10f50a5f34cc36c47d78b3dd5894de184061e6ce9acc17016804138b1",
}


# --- measured data ----------------------------------------------------------------------------------------------


def test_measured_rows_are_split_not_drawn() -> None:
    t = task(truth="x + y", data=measured(70))
    data = t.dataset(seed=0)
    pairs = {tuple(row) for row in np.column_stack([measured(70).x, measured(70).y]).tolist()}
    train, test = ({tuple(r) for r in np.column_stack([p.x, p.y]).tolist()} for p in (data.train, data.test))
    assert (len(train), len(test)) == (20, 50)
    assert train | test == pairs
    assert data.far is None
    assert rows(t.dataset(seed=0).train) == rows(data.train)
    assert rows(t.dataset(seed=1).train) != rows(data.train)
    assert not np.allclose(t.dataset(seed=0, noise=0.1).train.y, data.train.y)
    assert rows(t.dataset(seed=0, noise=0.1).test) == rows(data.test)


def test_measured_data_need_no_truth() -> None:
    assert task(truth="x", data=measured()).truth is not None
    t = Task(name="m/a", suite="m", truth=None, variables=_XY, data=measured(), n_train=60, n_test=20)
    assert len(t.dataset(seed=0).train) == 60


# --- definitions that do not fit together -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"variables": {}}, "task mine/first: there must be at least one variable"),
        ({"truth": None}, "give `truth` .* or `data`"),
        ({"truth": "x*q"}, r"the truth uses q, .* add \[tasks.variables\] q = "),
        ({"n_train": 0}, "n_train must be a whole number from 1 to 10,000,000, got 0"),
        ({"n_train": 1.5}, "n_train must be a whole number .* got 1.5"),
        ({"n_test": True}, "n_test must be a whole number .* got True"),
        ({"n_test": "many"}, "n_test must be a whole number .* got 'many'"),
        ({"n_test": 10**12}, "n_test must be a whole number"),
        ({"version": "x"}, "version must be a whole number of at least 1, got 'x'"),
        ({"version": 0}, "version must be a whole number of at least 1, got 0"),
        ({"name": "first"}, "task 'first': a task's name is its suite, a slash and a name"),
        ({"name": "other/first"}, "such as mine/first"),
        ({"name": "mine/"}, "a task's name is"),
        ({"name": "mine/a/b"}, "without slashes and spaces"),
        ({"name": "mine/a b"}, "without slashes and spaces"),
        ({"name": "mine/a\nb"}, "a task's name is"),
        ({"variables": _XY | {"mass (kg)": Sampling(low=0, high=1)}}, r"ASCII identifier .* 'mass \(kg\)'; rename it"),
        (
            {"tags": ("Hard",)},
            "task mine/first: a tag must be lower-case letters and digits with - between, got 'Hard'",
        ),
        ({"tags": ("a-",)}, "a tag must be"),
        ({"tags": ("a", "b", "a")}, "a tag stands twice in a, b, a"),
        ({"units": {"z": "m"}}, "there is a unit of z, which is no variable of the task"),
        ({"units": {"x": 1}}, "a unit must be text such as m/s, got 1"),
        ({"target_unit": "m\n"}, "a unit must be text"),
        ({"test_variables": {"z": Sampling(low=0, high=1)}}, "the test domain has z, which is no variable"),
        ({"test_variables": {}, "data": measured(70)}, "points are split from `data`; leave out the test domain"),
        ({"trajectories": SPRING, "data": measured(70)}, "points are split from `data`"),
        ({"trajectories": SPRING, "n_test": 10, "test_variables": {}}, "other trajectories test; leave out the"),
        ({"trajectories": SPRING}, "n_test = 50, but the trajectories have 10 points; give n_test = 10"),
        ({"trajectories": SPRING, "variables": dict(reversed(_XY.items()))}, "rates of x, y, the task has .* y, x"),
        ({"variables": MESH}, "n_train = 20, but the mesh has 22 points; give n_train = 22"),
        ({"test_variables": MESH}, "n_test = 50, but the mesh has 22"),
        (
            {"variables": MESH | {"y": Sampling(low=1, high=2)}},
            "x has a step and y has none; a mesh needs a step of ev",
        ),
        ({"test_variables": {"x": MESH["x"]}}, "x has a step and y has none"),
        ({"data": measured(69)}, r"n_train \+ n_test = 70, but the data have 69 rows; lower"),
        ({"data": measured(names=("y", "x"))}, "the data have the variables y, x, the task has x, y"),
    ],
)
def test_parts_that_do_not_fit_are_refused(changes: Any, message: str) -> None:
    with pytest.raises(SuiteError, match=message):
        task(**changes)


def test_a_task_keeps_its_own_variables() -> None:
    variables = dict(_XY)
    t = task(variables=variables)
    variables.clear()
    assert list(t.variables) == ["x", "y"]
