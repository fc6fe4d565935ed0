"""Matching features with targets: the planted ones are found, and the best are those of plain least squares."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from srbench_lies.features import Block
from srbench_lies.matching import Hit, Matcher, rank
from srbench_lies.spaces import basis
from srbench_lies.targets import SUMS, targets

from srbench_lite import Expression

Array = NDArray[np.float64]

LOG = next(t for t in SUMS if t.name == "ln y")
COUNT = 14
POINTS = 40


def pool(values: Array) -> Block:
    """A block of features f0, f1, ... of one size."""
    return Block(values, np.full(len(values), 3, dtype=np.int64), lambda i: Expression.variable(f"f{i}"))


def matched(x: Array, y: Array, *, weighted: bool, degree: int = 1, log: bool = False) -> Matcher:
    base = basis(x, degree, is_product=False)
    wanted = targets(y, (LOG if log else SUMS[0],), is_product=False)
    assert len(wanted) == 1
    return Matcher(x, np.arange(len(x)), len(x), base, wanted, weighted=weighted)


def best(matcher: Matcher) -> Hit:
    return rank(matcher.hits, 1)[0]


def places(hit: Hit) -> tuple[int, ...]:
    return tuple(sorted(i for _, i, _ in hit.features))


def draw(seed: int) -> tuple[np.random.Generator, Array, Array]:
    rng = np.random.default_rng(seed)
    return rng, rng.uniform(-1, 1, (POINTS, 2)), rng.normal(size=(COUNT, POINTS))


def oracle(matcher: Matcher, values: Array, size: int) -> tuple[int, ...]:
    """The features of least sum of weighted squares beside the columns, each set fitted for itself."""
    (target,) = matcher.targets
    w = target.weights if matcher.weighted else np.ones(POINTS)
    Z = matcher.base.columns(matcher.x)

    def rss(chosen: tuple[int, ...]) -> float:
        A = np.column_stack([Z, *values[list(chosen)]]) * w[:, None]
        c = np.linalg.lstsq(A, target.values * w, rcond=None)[0]
        return float(np.sum((A @ c - target.values * w) ** 2))

    return min(itertools.combinations(range(len(values)), size), key=rss)


def test_a_residual_whose_square_is_out_of_range_is_the_worst() -> None:
    """As 1/y has where y is a logistic function of a large argument."""
    _, x, values = draw(1)
    y = 1.0 + values[3]
    (target,) = targets(y, (SUMS[0],), is_product=False)
    far = replace(target, weights=target.weights * 1e200)
    with np.errstate(over="ignore"):
        base = basis(x, 1, is_product=False)
        matcher = Matcher(x, np.arange(POINTS), POINTS, base, [far, target], weighted=False)
        matcher.add(pool(values), logged=False)
    hits = rank(matcher.hits, len(matcher.hits))
    assert hits[0].target is target
    assert places(hits[0]) == (3,)
    assert {hit.score for hit in hits if hit.target is far} <= {np.inf}


# --- planted ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("log", [False, True])
@settings(max_examples=20)
@given(seed=st.integers(0, 2**32 - 1), place=st.integers(0, COUNT - 1))
def test_a_planted_feature_is_found(weighted: bool, log: bool, seed: int, place: int) -> None:
    _, x, values = draw(seed)
    core = 0.5 + x[:, 0] - 1.7 * values[place]
    found = matched(x, np.exp(core) if log else core, weighted=weighted, log=log)
    found.add(pool(values), logged=False)
    assert places(best(found)) == (place,)
    assert best(found).is_exact
    assert [p.feature for p in best(found).parts()] == [Expression.variable(f"f{place}")]


@pytest.mark.parametrize("weighted", [False, True])
def test_a_planted_logarithm_is_found(weighted: bool) -> None:
    _, x, values = draw(1)
    found = matched(x, 2 * np.log(np.abs(values[5])) + x[:, 1], weighted=weighted)
    found.add(pool(values), logged=True)
    assert places(best(found)) == (5,)
    assert best(found).is_exact
    assert best(found).parts()[0].logged


@pytest.mark.parametrize("weighted", [False, True])
@settings(max_examples=20)
@given(seed=st.integers(0, 2**32 - 1), size=st.integers(2, 3), data=st.data())
def test_planted_pairs_and_triples_are_found(weighted: bool, seed: int, size: int, data: st.DataObject) -> None:
    rng, x, values = draw(seed)
    chosen = data.draw(st.lists(st.integers(0, COUNT - 1), min_size=size, max_size=size, unique=True))
    y = 3.0 + rng.choice([-1.5, 0.7, 2.0], size) @ values[chosen]
    found = matched(x, y, weighted=weighted)
    (found.pairs if size == 2 else found.triples)([(pool(values), False)])
    assert places(best(found)) == tuple(sorted(chosen))
    assert best(found).is_exact


def test_features_of_several_blocks_are_paired() -> None:
    _, x, values = draw(3)
    first, second = pool(values[:6]), pool(values[6:])
    found = matched(x, values[2] + np.log(np.abs(values[9])), weighted=True)
    found.pairs([(first, False), (second, True)])
    hit = best(found)
    assert hit.is_exact
    assert {(id(block), i, logged) for block, i, logged in hit.features} == {
        (id(first), 2, False),
        (id(second), 3, True),
    }


# --- against least squares -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("size", [1, 2, 3])
@settings(max_examples=12)
@given(seed=st.integers(0, 2**32 - 1))
def test_the_best_is_that_of_least_squares(weighted: bool, size: int, seed: int) -> None:
    rng, x, values = draw(seed)
    y = np.exp(0.4 * values[3] + 0.3 * values[7] + 0.2 * values[1] + 0.3 * rng.normal(size=POINTS))
    found = matched(x, y, weighted=weighted, log=True)
    if size == 1:
        found.add(pool(values), logged=False)
    else:
        (found.pairs if size == 2 else found.triples)([(pool(values), False)])
    assert places(best(found)) == oracle(found, values, size)
    assert not best(found).is_exact


def test_scores_fall_with_what_is_left_and_rise_with_size() -> None:
    rng, x, values = draw(5)
    y = values[4] + 0.1 * rng.normal(size=POINTS)
    nodes = np.full(COUNT, 3, dtype=np.int64)
    twins = np.vstack([values, values[4]])
    block = Block(twins, np.append(nodes, 9), lambda i: Expression.variable(f"f{i}"))
    found = matched(x, y, weighted=True)
    found.add(block, logged=False)
    by_place = {places(h)[0]: h.score for h in found.hits}
    assert by_place[COUNT] - by_place[4] == pytest.approx(2.0 * 6)
    assert min(by_place, key=lambda p: by_place[p]) == 4


# --- what must do no harm --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("size", [1, 2, 3])
def test_collinear_features_do_no_harm(weighted: bool, size: int) -> None:
    _, x, values = draw(7)
    y = 1 + values[:size].sum(axis=0)
    awkward = [values, values[:size] * 2, x.T, (3 - x[:, :1] + 2 * x[:, 1:]).T, (values[0] + x[:, 0])[None]]
    together = np.concatenate(awkward)
    found = matched(x, y, weighted=weighted)
    if size == 1:
        found.add(pool(together), logged=False)
    else:
        (found.pairs if size == 2 else found.triples)([(pool(together), False)])
    hit = best(found)
    assert hit.is_exact
    assert np.isfinite(hit.score)
    Z = found.base.columns(x)
    A = np.column_stack([Z, *together[list(places(hit))]])
    assert np.linalg.lstsq(A, y, rcond=None)[1].sum() < 1e-20


def test_a_feature_that_the_columns_explain_is_no_hit() -> None:
    _, x, values = draw(8)
    for weighted in (False, True):
        found = matched(x, values[0], weighted=weighted)
        found.add(pool(np.stack([x[:, 0], values[0]])), logged=False)
        assert places(best(found)) == (1,)


def test_a_target_that_the_columns_explain_gives_no_hits() -> None:
    _, x, values = draw(9)
    found = matched(x, 1 + 2 * x[:, 0], weighted=True)
    found.add(pool(values), logged=False)
    found.pairs([(pool(values), False)])
    found.triples([(pool(values), False)])
    assert found.hits == []


def test_features_without_a_logarithm_are_passed_over() -> None:
    _, x, values = draw(10)
    values[2, 0] = 0.0
    for weighted in (False, True):
        found = matched(x, np.log(np.abs(values[6])), weighted=weighted)
        found.add(pool(values), logged=True)
        found.pairs([(pool(values), True)])
        assert 6 in places(best(found))
        assert all(2 not in places(h) for h in found.hits)


def test_too_few_points_give_no_hits() -> None:
    rng = np.random.default_rng(0)
    x, values = rng.normal(size=(6, 2)), rng.normal(size=(5, 6))
    found = matched(x, values[0], weighted=True)
    found.add(pool(values), logged=False)
    found.pairs([(pool(values), False)])
    assert found.hits == []


def test_exact_models_rank_first_and_the_small_ones_of_them() -> None:
    _, x, values = draw(11)
    twins = np.vstack([values[0], values[0], values[1]])
    block = Block(twins, np.array([9, 4, 1]), lambda i: Expression.variable(f"f{i}"))
    found = matched(x, values[0], weighted=False)
    found.add(block, logged=False)
    assert [places(h) for h in rank(found.hits, 2)] == [(1,), (0,)]
