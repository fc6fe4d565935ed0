"""Names of columns as people write them to identifiers, and units."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from srbench_lite.expressions.expression import Expression
from srbench_lite.problems.column_names import identifiers, left_out_notes, quoted, split_unit, with_headers


@pytest.mark.parametrize(
    ("headers", "names"),
    [
        (("x", "y_1", "_z"), ("x", "y_1", "_z")),
        (("flow rate", "v [m/s]", "T (°C)"), ("flow_rate", "v", "T")),
        (("x-1", "x_1", "x.1"), ("x_1_2", "x_1", "x_1_3")),
        (("x", "x", "x"), ("x", "x_2", "x_3")),
        (("x_2", "x", "x"), ("x_2", "x", "x_3")),
        (("", "日本", "%"), ("x0", "x1", "percent")),
        (("θ", "Θ", "µ", "ς", "x²", "x₀"), ("theta", "Theta", "mu", "sigma", "x2", "x0")),
        (("Größe", "Ærø", "Łódź", "naïve"), ("Grosse", "aero", "lodz", "naive")),
        (("1st", "2", "v[0]", "$p$"), ("x_1st", "x_2", "v_0", "p")),
    ],
)
def test_names_by_hand(headers: tuple[str, ...], names: tuple[str, ...]) -> None:
    assert identifiers(headers) == names


@pytest.mark.parametrize(
    ("header", "parts"),
    [
        ("v [m/s]", ("v", "m/s")), ("T (°C)", ("T", "°C")), ("mass(kg) ", ("mass", "kg")), ("v[0]", ("v[0]", None)),
        ("x", ("x", None)), ("[m]", ("[m]", None)), ("", ("", None)), ("a (b) c", ("a (b) c", None)),
    ],
)  # fmt: skip
def test_units_are_split_off(header: str, parts: tuple[str, str | None]) -> None:
    assert split_unit(header) == parts


def test_long_headers_are_shortened_in_messages() -> None:
    assert quoted("flow rate") == "'flow rate'"
    assert quoted("x" * 300) == repr("x" * 57 + "...")


def test_formulas_are_shown_with_the_names_of_the_file() -> None:
    headers = {"flow_rate": "flow rate [l/s]", "theta": "θ", "x0": "", "sin": "sin²"}
    assert with_headers("2.5e3*flow_rate + sin(theta)/flow_rate_2 - x0", headers) == (
        '2.5e3*"flow rate [l/s]" + sin("θ")/flow_rate_2 - x0'
    )
    assert with_headers("1e5*e5", {"e5": "E"}) == '1e5*"E"'


@given(st.lists(st.text(max_size=120) | st.sampled_from(["x", "x_2", "x-2", "", "nan", "pi"]), max_size=8))
def test_any_headers_become_different_variables(headers: list[str]) -> None:
    names = identifiers(headers)
    assert len(set(names)) == len(names) == len(headers)
    for header, name in zip(headers, names, strict=True):
        assert Expression.variable(name).variables == (name,)
        assert name == header or re.fullmatch("[A-Za-z_][A-Za-z0-9_]*", name)


def test_columns_that_are_left_out_have_a_line_each_or_one_for_many() -> None:
    reasons = [(f"c{i}", f"it is equal to 'b{i}'") for i in range(200)]
    two = left_out_notes([("c d", "text, such as 'x'"), ("e", "empty")], "which hold no numbers")

    assert two == [
        "column 'c d' left out: text, such as 'x' (leave_out = ['c d'])",
        "column 'e' left out: empty (leave_out = ['e'])",
    ]
    assert left_out_notes(reasons, "which are equal to others") == [
        "200 columns left out, which are equal to others: 'c0', 'c1', 'c2', 'c3', 'c4', ... (leave_out = ['c0', ...])"
    ]
    assert left_out_notes([], "which hold no numbers") == []
