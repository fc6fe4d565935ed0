"""`DrawnTask`: what each perturbation does to points, truth and domain, and that without one nothing changes."""

from __future__ import annotations

import hashlib
import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from records import perturbations

from srbench_lite.errors import UsageError
from srbench_lite.expressions.expression import Expression
from srbench_lite.methods.discovery import discover
from srbench_lite.problems.data import Samples
from srbench_lite.problems.drawn_task import DrawnTask
from srbench_lite.problems.perturbation import Perturbation
from srbench_lite.problems.sampling import Sampling
from srbench_lite.problems.task import Task

LETTERS = {"m": Sampling(low=1.0, high=2.0), "v": Sampling(low=-3.0, high=3.0)}
COUNTED = {"x0": Sampling(low=1.0, high=2.0), "x1": Sampling(low=0.1, high=10.0, sampling="log")}


def task(truth: str = "m*v**2 + m", variables: dict[str, Sampling] = LETTERS, **changes: Any) -> Task:
    formula = Expression.parse(truth, variables=variables)
    return Task(
        **{
            "name": "a/b",
            "suite": "a",
            "truth": formula,
            "variables": variables,
            "n_train": 40,
            "n_test": 90,
            **changes,
        }
    )


def measured(n: int = 60, **changes: Any) -> Task:
    """A task with data of its own, one column of whole numbers among them."""
    rng = np.random.default_rng(0)
    data = Samples(
        variables=("age", "bmi"), x=np.column_stack([rng.integers(20, 30, n), rng.random(n)]), y=rng.random(n)
    )
    domain = {"age": Sampling(low=20, high=30), "bmi": Sampling(low=0, high=1)}
    return Task(name="a/own", suite="a", truth=None, variables=domain, data=data, n_train=40, n_test=20, **changes)


def drawn(t: Task | None = None, *, seed: int = 0, noise: float = 0.0, **settings: Any) -> DrawnTask:
    return DrawnTask.of(t or task(), seed=seed, noise=noise, perturbation=Perturbation(**settings))


def same(one: Samples | None, other: Samples | None) -> bool:
    if one is None or other is None:
        return one is other
    return one.variables == other.variables and np.array_equal(one.x, other.x) and np.array_equal(one.y, other.y)


def check_truth(one: DrawnTask, samples: Samples) -> None:
    """The truth in today's names and units gives the targets."""
    assert one.truth is not None
    np.testing.assert_allclose(one.truth(samples.columns), samples.y, rtol=1e-9)


# --- no perturbation --------------------------------------------------------------------------------------------------


def test_without_a_perturbation_all_is_the_task_s_own():
    for t in (task(), measured()):
        one, own = drawn(t, seed=3, noise=0.1), t.dataset(seed=3, noise=0.1)
        assert (one.truth, one.variables) == (t.truth, t.variables)
        for part in ("train", "test", "far"):
            assert same(getattr(one.dataset, part), getattr(own, part))


#: SHA-256 of the points of some tasks, seed 3, noise 0.1, before there were perturbations.
POINTS = {
    "sin/phase": "a05f1df698b34d26",
    "composite/damped-sin": "96c526dde2d0643b",
    "nguyen/nguyen-12": "5772a136f8163db4",
    "feynman/I.12.2": "b37eb3b84446a6d8",
}


@pytest.mark.parametrize("name", POINTS)
def test_points_are_those_of_always(name):
    data = DrawnTask.of(discover().task(name), seed=3, noise=0.1).dataset
    assert data.far is not None
    digest = hashlib.sha256()
    for part in (data.train, data.test, data.far):
        digest.update(np.round(np.column_stack([part.x, part.y]), 9).tobytes())
    assert digest.hexdigest()[:16] == POINTS[name]


@given(perturbations().filter(lambda one: (one.train_size or 0) < 300), st.integers(0, 3))
def test_the_same_seed_draws_the_same_points_and_another_one_others(perturbation, seed):
    one, again, other = (DrawnTask.of(task(), seed=k, perturbation=perturbation) for k in (seed, seed, seed + 1))
    assert one.truth == again.truth
    for part in ("train", "test", "far"):
        assert same(getattr(one.dataset, part), getattr(again.dataset, part))
    assert not same(one.dataset.train, other.dataset.train)
    assert len(one.dataset.train) == (perturbation.train_size or 40)


# --- training-set size ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["uniform", "grid"])
def test_a_smaller_training_set_is_part_of_a_larger_one(kind):
    t = task("m", {"m": Sampling(low=0.0, high=1.0, sampling=kind)})
    sizes = [5, 20, 40, 41, 79, 80, 81, 200]
    sets = [drawn(t, train_size=size).dataset for size in sizes]
    for size, data in zip(sizes, sets, strict=True):
        assert len({*data.train.y.tolist()}) == size
        assert same(data.test, t.dataset(seed=0).test)
        assert same(data.far, t.dataset(seed=0).far)
    for small, large in itertools.pairwise(sets):
        assert {*small.train.y.tolist()} <= {*large.train.y.tolist()}
    assert same(sets[2].train, t.dataset(seed=0).train)


def test_measured_data_have_fewer_rows_only():
    t = measured()
    few = drawn(t, train_size=10).dataset
    assert {*few.train.y.tolist()} < {*t.dataset(seed=0).train.y.tolist()}
    assert same(few.test, t.dataset(seed=0).test)
    with pytest.raises(UsageError, match="task a/own has 40 training points and no more can be drawn, so"):
        drawn(t, train_size=41)


# --- dummies ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("t", [task(), task("x0*log(x1)", COUNTED), measured()], ids=["letters", "counted", "measured"])
@pytest.mark.parametrize("count", [1, 3, 60])
def test_dummies_are_further_columns_everywhere(t, count):
    one, own = drawn(t, dummies=count), t.dataset(seed=0)
    for part in ("train", "test", "far"):
        wide, narrow = getattr(one.dataset, part), getattr(own, part)
        if narrow is None:
            assert wide is None
            continue
        assert wide.variables == tuple(one.variables)
        assert len(wide.variables) == len({*wide.variables}) == len(narrow.variables) + count
        assert sorted(wide.y) == sorted(narrow.y)
        if one.truth is not None:
            check_truth(one, wide)
    assert one.truth is None or len(one.truth.variables) == 2


def test_dummies_are_distributed_as_the_variables_and_tell_nothing():
    t = task("x0*log(x1)", COUNTED, n_train=2000)
    one = drawn(t, dummies=4)
    assert one.truth is not None
    for name in set(one.variables) - set(one.truth.variables):
        values, sampling = one.dataset.train.columns[name], one.variables[name]
        assert sampling in COUNTED.values()
        assert values.min() >= sampling.low
        assert values.max() <= sampling.high
        others = [one.dataset.train.columns[other] for other in one.variables if other != name]
        assert max(abs(np.corrcoef(values, other)[0, 1]) for other in [*others, one.dataset.train.y]) < 0.1
        model = next(own for own, s in COUNTED.items() if s == sampling)
        own = t.dataset(seed=0).train.columns[model]
        np.testing.assert_allclose(np.median(values), np.median(own), rtol=0.15)


def test_a_dummy_of_measured_data_has_the_values_of_a_column():
    """They have as few digits, and repeat as often."""
    own = {tuple(np.sort(column)) for column in measured().dataset(seed=0).train.x.T}
    for column in drawn(measured(), dummies=6).dataset.train.x.T:
        assert tuple(np.sort(column)) in own


def test_of_a_grid_neither_the_order_nor_the_distances_tell_a_dummy():
    t = task("m", {"m": Sampling(low=0.0, high=1.0, sampling="grid")})
    train = drawn(t, dummies=2).dataset.train
    for column in train.x.T:
        np.testing.assert_allclose(np.sort(column), np.linspace(0, 1, 40))
        assert (np.diff(column) < 0).any()


@pytest.mark.parametrize("t", [task(), task("x0*log(x1)", COUNTED), measured()], ids=["letters", "counted", "measured"])
def test_neither_name_nor_place_tells_a_dummy(t):
    """Over many seeds a variable of the task is at every place, and called by every name, as often as a dummy is."""
    names: dict[str, list[bool]] = {}
    places: dict[int, list[bool]] = {}
    own = {} if t.truth is None else None
    for seed in range(300):
        one = drawn(t, seed=seed, dummies=2)
        if own is None:
            assert one.truth is not None
            real = set(one.truth.variables)
        else:  # columns that are the data's own stand beside the same targets
            own_train, train = t.dataset(seed=seed).train, one.dataset.train
            pairs = {tuple(column[np.argsort(own_train.y)]) for column in own_train.x.T}
            real = {name for name, column in train.columns.items() if tuple(column[np.argsort(train.y)]) in pairs}
        for place, name in enumerate(one.variables):
            names.setdefault(name, []).append(name in real)
            places.setdefault(place, []).append(name in real)
    assert len(places) == 4
    for found in (places, {name: seen for name, seen in names.items() if name in t.variables}):
        for seen in found.values():
            assert 0.4 < np.mean(seen) < 0.6
    assert set(t.variables) <= set(names)


def test_names_are_counted_on_or_further_letters():
    assert list(drawn(task("x0*x1", COUNTED), dummies=3).variables) == ["x0", "x1", "x2", "x3", "x4"]
    for name in drawn(dummies=3).variables:
        assert len(name) == 1
        Expression.parse(name, variables=[name])
    assert sum(name.startswith("x") for name in drawn(dummies=60).variables) > 30


# --- errors of inputs and targets -------------------------------------------------------------------------------------


def test_input_noise_is_on_the_training_inputs_only():
    t = task(n_train=4000)
    one, own = drawn(t, input_noise=0.1).dataset, t.dataset(seed=0)
    assert same(one.test, own.test)
    assert same(one.far, own.far)
    assert np.array_equal(one.train.y, own.train.y)
    errors = one.train.x - own.train.x
    np.testing.assert_allclose(errors.std(axis=0), 0.1 * own.train.x.std(axis=0), rtol=0.05)
    assert abs(np.corrcoef(errors.T)[0, 1]) < 0.05


@pytest.mark.parametrize(("share", "n", "count"), [(0.05, 40, 2), (0.001, 40, 1), (0.5, 40, 20), (0.1, 3, 1)])
def test_outliers_are_moved_by_five_standard_deviations(share, n, count):
    t = task(n_train=n)
    one, own = drawn(t, outliers=share).dataset, t.dataset(seed=0)
    moves = np.abs(one.train.y - own.train.y)
    assert np.count_nonzero(moves) == count
    np.testing.assert_allclose(moves[moves > 0], 5 * own.train.y.std())
    assert np.array_equal(one.train.x, own.train.x)
    assert same(one.test, own.test)
    assert same(one.far, own.far)


def test_more_outliers_are_the_same_and_others():
    own = task().dataset(seed=0).train.y
    few, more = (np.flatnonzero(drawn(outliers=share).dataset.train.y != own) for share in (0.05, 0.2))
    assert {*few.tolist()} < {*more.tolist()}


def test_an_only_point_is_an_outlier_too():
    t = task(n_train=1)
    assert drawn(t, outliers=0.01).dataset.train.y != t.dataset(seed=0).train.y


# --- units ------------------------------------------------------------------------------------------------------------


@given(st.integers(0, 50))
def test_in_other_units_truth_and_domain_are_those_of_the_points(seed):
    one, own = drawn(seed=seed, rescale=True), task().dataset(seed=seed)
    factors = (one.dataset.train.y / own.train.y)[0], *(own.train.x / one.dataset.train.x)[0]
    for factor in factors:
        assert 0.999e-3 <= factor <= 1.001e3
        assert float(f"{factor:.2e}") == pytest.approx(factor, rel=1e-12)
    for part in ("train", "test", "far"):
        check_truth(one, getattr(one.dataset, part))
    for place, (name, sampling) in enumerate(one.variables.items()):
        before = LETTERS[name]
        unit = factors[1 + place]
        assert (sampling.low, sampling.high) == pytest.approx((before.low / unit, before.high / unit), rel=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_numbers_before_numbers_become_one(seed):
    one = drawn(task("2*(0.3*m)"), seed=seed, rescale=True)
    assert one.truth is not None
    assert one.truth.complexity == 3
    assert len(str(one.truth)) < 20  # a product of decimals, without the rounding of binary ones
    check_truth(one, one.dataset.test)


def test_units_differ_by_seed_and_by_variable():
    factors = np.array([np.log10(task().dataset(seed=k).train.x / drawn(seed=k, rescale=True).dataset.train.x)[0]
                        for k in range(60)])  # fmt: skip
    assert (np.abs(factors) <= 3.001).all()
    assert (factors.min(axis=0) < -2).all()
    assert (factors.max(axis=0) > 2).all()
    assert abs(np.corrcoef(factors.T)[0, 1]) < 0.5


def test_weights_are_in_the_units_of_the_target():
    plain = measured()
    assert plain.data is not None
    weighted = Samples(variables=plain.data.variables, x=plain.data.x, y=plain.data.y, weights=np.full(60, 4.0))
    t = Task(name="a/own", suite="a", truth=None, variables=plain.variables, data=weighted, n_train=40, n_test=20)
    one, own = drawn(t, rescale=True).dataset.train, t.dataset(seed=0).train
    assert one.weights is not None
    np.testing.assert_allclose(one.weights * one.y**2, 4.0 * own.y**2)


# --- several at once --------------------------------------------------------------------------------------------------


def test_all_at_once():
    one = drawn(noise=0.01, train_size=30, dummies=2, input_noise=0.01, rescale=True, outliers=0.05)
    data = one.dataset
    assert data.far is not None
    assert (len(data.train), len(data.test), len(data.far)) == (30, 90, 90)
    check_truth(one, data.test)
    check_truth(one, data.far)
    assert one.truth is not None
    residuals = np.abs(one.truth(data.train.columns) - data.train.y)
    assert (residuals > 0).all()
    assert np.count_nonzero(residuals > 4 * data.train.y.std() / 2) == 2


# --- tasks that say more of themselves --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["keijzer/keijzer-6", "vladislavleva/vladislavleva-4", "strogatz/vdp1"])
def test_meshes_and_trajectories_cannot_become_more(name):
    t = discover().task(name)
    own = t.dataset(seed=0).train
    few = drawn(t, train_size=7).dataset
    assert {*map(tuple, few.train.x.tolist())} <= {*map(tuple, own.x.tolist())}
    assert same(few.test, t.dataset(seed=0).test)
    if not t.can_draw_more:
        with pytest.raises(UsageError, match=f"task {name} has {t.n_train} training points and no more can be drawn"):
            drawn(t, train_size=t.n_train + 1)
    assert not t.can_draw_more or len(drawn(t, train_size=t.n_train + 1).dataset.train) == t.n_train + 1


def test_whole_numbers_have_no_other_unit():
    whole = {
        "n": Sampling(low=1, high=9, sampling="integer"),
        "a": Sampling(low=0.0, high=1.0, sampling="grid", step=0.25),
    }
    t = task("n + 3*a", {"n": whole["n"], "a": Sampling(low=0.0, high=1.0)})
    for seed in range(5):
        one = drawn(t, seed=seed, rescale=True, dummies=2)
        for name, sampling in one.variables.items():
            if sampling.sampling == "integer":
                assert sampling == whole["n"]
                assert (one.dataset.train.columns[name] % 1 == 0).all()
        check_truth(one, one.dataset.test)
    mesh = task("3*a", {"a": whole["a"]}, n_train=5)
    one = drawn(mesh, rescale=True)
    np.testing.assert_allclose(np.sort(one.dataset.train.x[:, 0]), one.variables["a"].mesh_values(), rtol=1e-12)


def test_a_dummy_has_a_unit_and_in_other_units_none_is_told():
    t = task(units={"m": "kg", "v": "m/s"}, target_unit="J")
    train = drawn(t, dummies=3).dataset.train
    assert set(train.units) == set(train.variables)
    assert set(train.units.values()) == {"kg", "m/s"}
    assert train.target_unit == "J"
    other = drawn(t, dummies=3, rescale=True).dataset.train
    assert (dict(other.units), other.target_unit) == ({}, "")
