"""One draw of each kind: the form that the name asks for, and golden formulas."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from srbench_lite import Expression
from srbench_lite.problems.drawn_formulas import draw_formula, variable_names
from srbench_lite.problems.draws import Draws
from srbench_lite.problems.generator_name import GeneratorName


def drawn(text: str, seeds: int = 200) -> list[Expression]:
    name = GeneratorName.parse(text)
    return [formula for seed in range(seeds) if (formula := draw_formula(name, Draws(seed))) is not None]


@pytest.mark.parametrize("size", [1, 2, 3, 4, 7, 12])
def test_a_tree_has_the_size_that_is_asked_for(size: int) -> None:
    formulas = drawn(f"random:size={size},variables=1")
    assert formulas
    assert {formula.complexity for formula in formulas} == {size}


def test_a_tree_has_the_operators_that_are_asked_for() -> None:
    ops = Counter(node.op for f in drawn("random:size=9,operators=add+mul+tanh") for node in f.postorder())
    assert set(ops) == {"add", "mul", "tanh", "variable", "constant"}
    every = Counter(node.op for f in drawn("random:size=9,operators=all", 3000) for node in f.postorder())
    assert {"ifelse", "digamma", "min", "cbrt", "floor"} <= set(every)
    assert "neg" not in every


def test_functions_do_not_stand_in_their_own_family() -> None:
    for formula in drawn("random:size=13", 400):
        for node in formula.postorder():
            if node.op in ("sin", "cos"):
                assert not {"sin", "cos"} & {inner.op for inner in node.args[0].postorder()}


def test_a_polynomial_has_its_degree_and_terms() -> None:
    ray = np.arange(6.0)
    for formula in drawn("polynomial:degree=4,terms=3,variables=2"):
        values = formula({"x1": 1.1 * ray, "x2": 0.7 * ray})
        assert np.abs(np.diff(values, 5)).max() < 1e-9 * np.abs(values).max()
        assert np.abs(np.diff(values, 4)).max() > 1e-6 * np.abs(values).max()
        assert sum(node.op in ("add", "sub") for node in formula.postorder()) == 2


def test_a_sum_has_its_terms() -> None:
    for formula in drawn("sum:terms=4,variables=2"):
        assert formula.variables == ("x1", "x2")
        assert len(formula.constants) >= 4


def test_a_law_has_all_variables() -> None:
    for formula in drawn("physics:variables=5"):
        assert formula.variables == variable_names(GeneratorName.parse("physics:variables=5"))
        assert str(formula).count("sqrt") <= 2


def test_draws_are_the_same_on_every_machine() -> None:
    """Where this changes, `_VERSION` of `random_suite` must be raised: names would say other tasks than before."""
    found = {kind: [str(f) for f in drawn(f"{kind}:", 9)][:3] for kind in ("random", "polynomial", "sum", "physics")}
    assert found == {
        "random": ["sqrt(sin(x1)*(x1 + x2))", "x2 + exp(x1) - sin(x1)", "2*sqrt(x1)/exp(x2)"],
        "polynomial": ["1.4*x1**3 + 1.5*x1**2 + 1.6*x1", "1.4*x1**3 + 4.2 - 4*x1", "0.6*x1**3 + 3.1*x1**2 - 2.4"],
        "sum": ["3*sin(1.6*x1) - 2.6*sin(x1)", "0.3*sin(1.6*x1) + 2.3*x1 + 2.3", "1.3*x1 + 2.5*x1**4"],
        "physics": ["x1*x2*x3", "x1*x3/(2*pi*x2**2)", "2*x1**2*x2*x3**2"],
    }
