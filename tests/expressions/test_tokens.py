"""The pieces of a formula's text."""

from __future__ import annotations

import pytest

from srbench_lite.errors import ExpressionError
from srbench_lite.expressions.tokens import fault, tokens


def pieces(text: str) -> list[tuple[str, str]]:
    return [(kind, piece) for kind, piece, _, _ in tokens(text, lambda name: name in ("Sin", "max"))]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("2.5e-3*x", [("number", "2.5e-3"), ("symbol", "*"), ("name", "x")]),
        ("1D+3", [("number", "1e+3")]),
        ("sin (x)", [("call", "sin"), ("symbol", "("), ("name", "x"), ("symbol", ")")]),
        ("Sin[x]", [("call", "Sin"), ("symbol", "["), ("name", "x"), ("symbol", "]")]),
        ("x[0]", [("name", "x[0]")]),
        ("x[..., 2]", [("name", "x[..., 2]")]),
        ("scipy.special.erf(t)", [("call", "scipy.special.erf"), ("symbol", "("), ("name", "t"), ("symbol", ")")]),
        ("std::sin(t)", [("call", "std.sin"), ("symbol", "("), ("name", "t"), ("symbol", ")")]),
        ("np.pi", [("name", "np.pi")]),
        ("1.5*^-3", [("number", "1.5e-3")]),
        ("x₁₂*2", [("name", "x₁₂"), ("symbol", "*"), ("number", "2")]),
        ('"a b"≤π', [("name", '"a b"'), ("symbol", "<="), ("name", "pi")]),
    ],
)
def test_pieces(text, wanted):
    assert pieces(text) == wanted


def test_places_are_those_of_the_text():
    assert [start for _, _, start, _ in tokens("  x +  sin( y )", bool)] == [2, 4, 7, 10, 12, 14]


@pytest.mark.parametrize(("text", "place"), [("x $ y", 3), ("x.y", 2), ("'x'", 1), ("x\0", 2), ("np.", 3), ("٣", 1)])
def test_what_is_no_piece(text, place):
    with pytest.raises(ExpressionError, match=f"unexpected character at character {place}"):
        list(tokens(text, bool))


def test_an_equation_is_pointed_out():
    with pytest.raises(ExpressionError, match="at character 3, near 'y = x'; of an equation, write only what stands"):
        list(tokens("y = x", bool))


def test_an_error_shows_the_text_around_its_place():
    error = fault("a" * 50 + "$" + "b" * 50, "odd", 50, "; do this")
    assert str(error) == f"odd at character 51, near '{'a' * 20}${'b' * 19}'; do this"
