"""Formulas as MathML."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from strategies import expressions

from srbench_lite import Expression
from srbench_lite.reports.mathml import to_mathml


@pytest.mark.parametrize(
    ("text", "inside"),
    [
        ("x - (y - z)", "<mo>−</mo><mrow><mo>(</mo><mi>y</mi>"),
        ("-x**2", "<mo>−</mo><msup>"),
        ("(-x)**2", "<msup><mrow><mrow><mo>(</mo><mo>−</mo>"),
        ("x*1e-9", "<mn>1</mn><mo>·</mo><msup><mn>10</mn><mrow><mo>−</mo><mn>9</mn></mrow></msup>"),
        ("theta_1*pi", "<msub><mi>θ</mi><mn>1</mn></msub><mo>·</mo><mi>π</mi>"),
        ("log(x)/sqrt(2)", "<mfrac><mrow><mi>ln</mi>"),
    ],
)
def test_mathml(text, inside):
    assert inside in to_mathml(Expression.parse(text))


@given(expressions())
@settings(max_examples=60, deadline=None)
def test_mathml_is_xml(expression):
    ElementTree.fromstring(to_mathml(expression).replace("&#8289;", ""))


def test_a_large_formula_is_text():
    assert to_mathml(Expression.parse("+".join(["x"] * 300))).startswith("<math><mtext>x + x")
