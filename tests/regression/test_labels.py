"""What people call their columns, in text and LaTeX."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from srbench_lite import Expression
from srbench_lite.problems.column_names import identifiers
from srbench_lite.regression.labels import Labels


def test_a_column_without_a_header_is_called_by_its_identifier():
    labels = Labels(target="y")
    assert (labels.name("x"), labels.unit("x"), labels.with_unit("x")) == ("x", "", "x")
    assert labels.equation(Expression.parse("2*x")) == "y = 2*x"
    assert labels.latex_equation(Expression.parse("2*x_1")) == r"y = 2 \, x_{1}"


def test_units_come_from_the_header_or_are_said():
    labels = Labels(target="T", headers={"v": "v [m/s]", "flow": "flow (l/s)"}, units={"T": "s", "flow": "m^3/s"})
    assert labels.with_unit("v") == "v [m/s]"
    assert labels.with_unit("flow") == "flow [m^3/s]"
    assert labels.with_unit("T") == "T [s]"


def test_names_that_are_no_identifiers_are_in_quotes():
    labels = Labels(target="T", headers={"flow_rate": "flow rate", "T": "time\nspent"})
    assert labels.equation(Expression.parse("2*flow_rate + v")) == 'time spent = 2*"flow rate" + v'


@pytest.mark.parametrize(
    ("header", "latex"),
    [
        ("flow rate", r"\mathrm{flow\ rate}"),
        ("50% share", r"\mathrm{50\%\ share}"),
        ("Größe", r"\mathrm{Größe}"),
        ("a_b", r"\mathrm{a\_b}"),
        ("x-y", r"\mathrm{x{-}y}"),
        ("α", r"\alpha"),
        (r"back\slash", r"\mathrm{back\_slash}"),
        ("温度", "x_{0}"),
    ],
)
def test_names_in_latex(header, latex):
    (identifier,) = identifiers([header])
    labels = Labels(headers={identifier: header})
    assert labels.latex(Expression.variable(identifier)) == latex


@given(st.lists(st.text(min_size=1, max_size=20), min_size=1, max_size=12, unique=True))
def test_any_names_give_text_and_balanced_latex(headers):
    names = identifiers(headers)
    labels = Labels(target=names[0], headers=dict(zip(names, headers, strict=True)))
    total = Expression.parse(" + ".join(names), variables=names)
    latex = labels.latex_equation(total)
    opened = latex.replace(r"\{", "").replace(r"\}", "")
    assert opened.count("{") == opened.count("}")
    assert "stand" not in latex or any("stand" in header for header in headers)
    assert "\n" not in labels.equation(total)


def test_more_than_ten_names_are_told_apart():
    headers = {f"v{k}": f"name {k}" for k in range(12)}
    total = Expression.parse(" + ".join(headers))
    assert Labels(headers=headers).latex(total) == " + ".join(rf"\mathrm{{name\ {k}}}" for k in range(12))
