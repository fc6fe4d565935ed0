"""What is known of hyper-parameters: from the class's source, and from what a method says when it refuses a value."""

from __future__ import annotations

from dataclasses import dataclass, make_dataclass
from typing import ClassVar, Literal

import pytest

from srbench_lite.expressions.expression import Expression
from srbench_lite.methods.discovery import discover
from srbench_lite.methods.method import Budget, Fit, Method, Report
from srbench_lite.methods.parameter_card import ParameterCard, parameter_cards
from srbench_lite.problems.data import Samples


@dataclass(frozen=True, kw_only=True)
class Documented(Method):
    """Has parameters of all kinds."""

    name: ClassVar[str] = "documented"
    summary: ClassVar[str] = "tests"
    source: ClassVar[str] = "tests"

    rate: float = 0.5  # of each step
    # how many there are,
    # in all
    count: int = 3

    kind: Literal["a", "b"] = (
        "a"  # which of the two
    )  # fmt: skip
    words: tuple[str, ...] = ("x", "y")  # noqa: RUF100
    sizes: tuple[int, ...] = (8, 8)
    most: int | None = None
    fewest: int | None = 1
    switch: bool = True  # noqa: RUF100 - whether it is on
    silent: str = "plain"

    def __post_init__(self) -> None:
        self.require(0 < self.rate < 1, "rate", "above 0\nand below 1, got it")
        self.require(self.count > 0, "count", "at least 1")
        self.require(self.kind in ("a", "b"), "kind", '"a" or "b"')
        self.require(set(self.words) <= {"x", "y", "z"}, "words", "some of x, y, z")
        if self.sizes and self.sizes[0] < 0:
            raise KeyError("refuses in an odd way")

    def fit(self, samples: Samples, *, seed: int, budget: Budget, report: Report) -> Fit:
        return Fit(expression=Expression.constant(self.rate))


@dataclass(frozen=True, kw_only=True)
class Derived(Documented):
    count: int = 4  # as before
    more: float = 1.0


CARDS = {
    "rate": ParameterCard(
        name="rate", value=0.5, type="float", allowed="above 0\nand below 1, got it", help="of each step"
    ),
    "count": ParameterCard(name="count", value=3, type="int", allowed="at least 1", help="how many there are, in all"),
    "kind": ParameterCard(name="kind", value="a", type="str", allowed='"a" or "b"', help="which of the two"),
    "words": ParameterCard(name="words", value=("x", "y"), type="list of str", allowed="some of x, y, z"),
    "sizes": ParameterCard(name="sizes", value=(8, 8), type="list of int"),
    "most": ParameterCard(name="most", value=None, type="none"),
    "fewest": ParameterCard(name="fewest", value=1, type="int or none"),
    "switch": ParameterCard(name="switch", value=True, type="bool", help="whether it is on"),
    "silent": ParameterCard(name="silent", value="plain", type="str"),
}


def test_each_parameter_has_its_comment_and_what_the_method_says_of_it():
    assert {card.name: card for card in parameter_cards(Documented())} == CARDS


def test_a_value_that_was_changed_and_a_base_class():
    cards = {card.name: card for card in parameter_cards(Derived(rate=0.25))}
    assert list(cards) == [*CARDS, "more"]
    assert (cards["rate"].value, cards["rate"].help) == (0.25, "of each step")
    assert (cards["count"].value, cards["count"].help) == (4, "as before")
    assert cards["more"].help == ""


def test_a_class_without_a_source_has_no_comments():
    typed = make_dataclass("Typed", [("rate", float, 0.5)], bases=(Derived,), frozen=True, kw_only=True)
    assert {card.name: card.help for card in parameter_cards(typed())}["rate"] == "of each step"
    alone = type("Alone", (Method,), {"name": "a", "fit": Documented.fit})
    assert parameter_cards(alone()) == ()


@pytest.mark.parametrize("name", ["gplearn", "lasso", "lies-fast", "transformer", "weight-decoder"])
def test_what_ships_says_what_most_of_its_parameters_are(name):
    method = discover(suites=False).method(name)
    cards = parameter_cards(method)
    assert {card.name: card.value for card in cards} == method.parameters()
    assert sum(bool(card.help) for card in cards) > 0.6 * len(cards)
    assert all(card.help or card.allowed or card.type == "bool" for card in cards)
