"""Families of features: the values looked at are those of the formula written, and none is undefined or constant."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from srbench_lies.families import Families, Size, signs
from srbench_lies.features import (
    FUNCTIONS,
    Block,
    all_pairs,
    exponent_sets,
    join,
    monomials,
    one_plus,
    powers,
    products,
    sums,
    units,
    unordered,
)

from srbench_lite.expressions.building import monomial

Array = NDArray[np.float64]

SMALL = Size(small=12, middle=20, large=60, most=200, pairs=120, triples=60, divisors=10, coefficients=3)
KINDS = ("positive", "signed", "touching", "mixed")


def points(rng: np.random.Generator, kind: str, d: int, m: int = 24) -> Array:
    """Inputs of moderate size, shape (m, d)."""
    x = rng.uniform(0.5, 2.5, (m, d))
    if kind != "positive":
        x = x * rng.choice([-1.0, 1.0], (m, d))
    if kind == "touching":
        x[rng.random((m, d)) < 0.2] = 0.0
    if kind == "mixed":
        x[:, 0] = np.abs(x[:, 0])
    return x


def check(block: Block, x: Array, names: Sequence[str], places: Sequence[int]) -> None:
    """Values equal the formulas', up to what rounding of the inputs does to them; none is a constant."""
    assert block.values.shape == (len(block), len(x))
    assert block.nodes.shape == (len(block),)
    assert np.isfinite(block.values).all()
    assert (np.ptp(block.values, axis=1) > 0).all()
    plain = {n: x[:, i] for i, n in enumerate(names)}
    moved = {n: c * (1 + 1e-12) for n, c in plain.items()}
    for i in places:
        expression = block.write(i)
        assert set(expression.variables) <= set(names)
        with np.errstate(all="ignore"):
            values, others = expression(plain), expression(moved)
        slack = 1e-9 * np.abs(values).max() + np.nan_to_num(np.abs(others - values).max(), nan=np.inf)
        assert np.abs(values - block.values[i]).max() <= slack, str(expression)


def some(block: Block, rng: np.random.Generator, count: int) -> list[int]:
    return rng.permutation(len(block))[:count].tolist()


@pytest.mark.parametrize("compounds", [True, False])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("d", [1, 2, 4])
def test_every_family_writes_what_it_computes(kind: str, d: int, compounds: bool) -> None:
    rng = np.random.default_rng(d)
    x = points(rng, kind, d)
    names = tuple(f"v{i}" for i in range(d))
    families = Families(x, names, signs(x), SMALL, compounds=compounds)
    blocks = [block for block, _ in families.for_products()]
    blocks += list(families.for_sums())
    blocks += [b for b, _ in itertools.chain(families.for_pairs(product=True), families.for_pairs(product=False))]
    blocks += [b for b, _ in families.for_triples()]
    blocks += [families.small, families.middle, families.large, families.lines, families.shifted, families.nested]
    assert sum(len(b) > 0 for b in blocks) > len(blocks) // 2
    for block in blocks:
        check(block, x, names, some(block, rng, 12))


def test_families_of_a_constant_column_are_empty_and_do_no_harm() -> None:
    x = np.ones((10, 2))
    families = Families(x, ("a", "b"), signs(x), SMALL, compounds=True)
    for block in [*(b for b, _ in families.for_products()), *families.for_sums()]:
        assert len(block) == 0
        assert block.values.shape == (0, 10)


def test_families_are_the_same_every_time() -> None:
    x = points(np.random.default_rng(3), "mixed", 3)
    texts = []
    for _ in range(2):
        families = Families(x, ("a", "b", "c"), signs(x), SMALL, compounds=True)
        texts.append([str(b.write(i)) for b in families.for_sums() for i in range(0, len(b), 17)])
    assert texts[0] == texts[1]


# --- random blocks --------------------------------------------------------------------------------------------------

STEPS = ("unit", "one_plus", "sum", "product", "power", "take", "first", "in_order", "join")


def _step(word: str, block: Block, rng: np.random.Generator) -> Block:
    n = len(block)
    match word:
        case "unit":
            name = str(rng.choice(sorted(FUNCTIONS)))
            return units(block, name, ((1.0,), (0.5, -1.0), (-2.0, 1.0))[rng.integers(3)])
        case "one_plus":
            return one_plus(block, ((1.0, -1.0), (-0.5, 3.0))[rng.integers(2)])
        case "sum":
            return sums(block, block, float(rng.choice([-1.0, 1.0])), unordered(n, 30))
        case "product":
            power = float(rng.choice([1.0, -1.0, 0.5, -0.5, 2.0]))
            return products(block, block.first(5), all_pairs(n, min(n, 5), 30), power)
        case "power":
            return powers(block, float(rng.choice([2.0, 0.5, -1.0, -0.5])))
        case "take":
            return block.take(rng.permutation(n)[: n // 2 + 1])
        case "first":
            return block.first(n // 2 + 1)
        case "in_order":
            return block.in_order()
        case _:
            return join([block, block.take(np.arange(n)[::-1]), block.first(0)])


@settings(max_examples=80)
@given(
    seed=st.integers(0, 2**32 - 1),
    kind=st.sampled_from(KINDS),
    d=st.integers(1, 3),
    words=st.lists(st.sampled_from(STEPS), max_size=4),
)
def test_blocks_made_of_blocks_write_what_they_compute(seed: int, kind: str, d: int, words: list[str]) -> None:
    rng = np.random.default_rng(seed)
    x = points(rng, kind, d)
    names = tuple("abc"[:d])
    block = monomials(x, names, exponent_sets(signs(x), 12, (1.0, -1.0, 2.0, 0.5, -0.5), spread=2))
    for word in words:
        block = _step(word, block, rng).first(60)
        check(block, x, names, some(block, rng, 8))


def test_taking_keeps_the_order_and_first_the_simplest() -> None:
    x = points(np.random.default_rng(0), "positive", 2)
    block = monomials(x, "ab", exponent_sets(signs(x), 30, (1.0, -1.0, 2.0, -2.0), spread=2))
    chosen = block.take(np.array([4, 0, 9]))
    assert [str(chosen.write(i)) for i in range(3)] == [str(block.write(i)) for i in (4, 0, 9)]
    nodes = block.in_order().nodes
    assert (np.diff(nodes) >= 0).all()
    np.testing.assert_array_equal(block.first(7).nodes, nodes[:7])
    assert len(block.first(10_000)) == len(block)


def test_undefined_and_constant_features_are_left_out() -> None:
    x = np.array([[-1.0], [0.5], [2.0], [3.0]])
    line = monomials(x, "x", np.array([[1.0]]))
    assert len(units(line, "log")) == 0
    assert len(powers(line, 0.5)) == 0
    assert len(powers(line.first(1), -0.5)) == 0
    assert len(units(line, "exp", (1e3, 1.0))) == 1  # beyond any use
    assert len(sums(line, line, -1.0, (np.array([0]), np.array([0])))) == 0
    assert len(products(line, line, (np.array([0]), np.array([0])), -1.0)) == 0
    touching = np.array([[0.0], [1.0], [2.0]])
    assert len(monomials(touching, "x", np.array([[-1.0], [2.0]]))) == 1


# --- exponents and text ----------------------------------------------------------------------------------------------


@given(
    words=st.lists(st.sampled_from(["positive", "nonzero", "zero"]), min_size=1, max_size=5),
    most=st.integers(1, 200),
    spread=st.integers(1, 4),
)
def test_exponents_are_few_distinct_and_allowed(words: list[str], most: int, spread: int) -> None:
    exponents = exponent_sets(words, most, (1.0, -1.0, 2.0, 0.5, -0.5), spread=spread)
    assert exponents.shape[1] == len(words)
    assert 0 < len(exponents) <= most
    assert len({tuple(row) for row in exponents.tolist()}) == len(exponents)
    used = (exponents != 0).sum(axis=1)
    assert (used >= 1).all()
    assert (used <= spread).all()
    whole = exponents == np.round(exponents)
    assert whole[:, [w != "positive" for w in words]].all()


def test_simple_exponents_come_first() -> None:
    names = ["a", "b"]
    found = [str(monomial(names, e)) for e in exponent_sets(["positive"] * 2, 8, (1.0, -1.0, 2.0), spread=2).tolist()]
    assert set(found[:2]) == {"a", "b"}
    assert "a*b" in found
    assert found.index("a*b") < found.index("a/b")


@pytest.mark.parametrize(("left", "right", "most"), [(3, 4, 100), (50, 40, 200), (1, 1, 1), (7, 0, 5), (1000, 3, 90)])
def test_pairs_are_distinct_and_few(left: int, right: int, most: int) -> None:
    i, j = all_pairs(left, right, most)
    found = set(zip(i.tolist(), j.tolist(), strict=True))
    assert len(found) == len(i) <= most
    assert all(0 <= a < left and 0 <= b < right for a, b in found)
    if left * right <= most:
        assert len(found) == left * right
    else:
        assert (0, 0) in found
        assert len(found) >= 0.5 * most


@pytest.mark.parametrize(("count", "most"), [(6, 100), (200, 300), (1, 5), (0, 5)])
def test_unordered_pairs_have_no_twins(count: int, most: int) -> None:
    i, j = unordered(count, most)
    assert (i < j).all()
    assert len(set(zip(i.tolist(), j.tolist(), strict=True))) == len(i) <= most
    if count * count <= 2 * most:
        assert len(i) == count * (count - 1) // 2


def test_signs_of_columns() -> None:
    x = np.array([[1.0, -1.0, 0.0, -2.0], [2.0, 1.0, 1.0, -3.0]])
    assert signs(x) == ["positive", "nonzero", "zero", "nonzero"]
