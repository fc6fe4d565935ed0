"""Every hyper-parameter of every installed method: a wrong value is a `UsageError` that names method and parameter."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from srbench_lite.errors import UsageError
from srbench_lite.methods.discovery import discover
from srbench_lite.methods.method import Method

METHODS = discover().methods
PARAMETERS = [(name, parameter) for name, method in METHODS.items() for parameter in method.parameters()]
#: Values that no number is to have, and no choice; a switch has no wrong value of its own type.
OUT_OF_RANGE: dict[type, tuple[Any, ...]] = {
    int: (-1, -(10**12)), float: (-1.0, -1e300, float("nan")), str: ("no such word",), bool: (),
    tuple: (("no such word",),),
}  # fmt: skip
#: Texts that are no choice: a file, which is looked for when it is needed, and a device, which torch knows.
FREE_TEXTS = {
    ("workshop-network", "weights"),
    *((method, name) for method in ("transformer", "diffusion", "planning", "refined", "goals")
      for name in ("weights", "device")),
}  # fmt: skip
#: Numbers that may be below zero.
ANY_NUMBER = {("gplearn", "const_low")}
#: Numbers below zero that stand for something.
WORDS = {("eggp", "nParams", -1), ("psrn", "const_low", -1)}
WRONG_KIND: dict[type, Any] = {int: "many", float: "much", str: 3, bool: "perhaps", tuple: 3}


def test_there_are_methods_and_parameters():
    assert {"lasso", "lies", "gplearn", "operon", "hroch", "transformer"} <= set(METHODS)
    assert len(PARAMETERS) > 90


@pytest.mark.parametrize(("name", "parameter"), PARAMETERS)
def test_a_value_of_the_wrong_type_is_refused(name: str, parameter: str) -> None:
    method = METHODS[name]
    with pytest.raises(UsageError) as caught:
        method.with_parameters({parameter: WRONG_KIND[type(getattr(method, parameter))]})
    assert str(caught.value).startswith(f"{name}.{parameter} must be ")
    assert ", got " in str(caught.value)


@pytest.mark.parametrize(
    ("name", "parameter", "value"),
    [
        (name, parameter, value)
        for name, parameter in PARAMETERS
        if (name, parameter) not in FREE_TEXTS
        for value in OUT_OF_RANGE[type(getattr(METHODS[name], parameter))]
        if ((name, parameter) not in ANY_NUMBER or value != value) and (name, parameter, value) not in WORDS
    ],
)
def test_a_value_out_of_range_is_refused(name: str, parameter: str, value: Any) -> None:
    """However the method is made: from a command line, or in Python."""
    method = METHODS[name]
    for make in (lambda: method.with_parameters({parameter: value}), lambda: _made(method, parameter, value)):
        with pytest.raises(UsageError) as caught:
            make()
        said = str(caught.value)
        assert said.startswith(f"{name}.{parameter} must be ")
        assert said.endswith(f", got {value!r}")


@pytest.mark.parametrize("name", METHODS)
def test_a_parameter_that_it_does_not_have_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match=f"^unknown hyper-parameter of {name} 'no_such_parameter'"):
        METHODS[name].with_parameters({"no_such_parameter": 1})


def test_values_that_make_no_sense_together_are_refused_by_the_methods_name() -> None:
    with pytest.raises(UsageError, match=r"^lies: closed_form, search and network are all off"):
        METHODS["lies"].with_parameters(dict.fromkeys(("closed_form", "search", "network"), False))


def _made(method: Method, parameter: str, value: Any) -> Method:
    return dataclasses.replace(method, **{parameter: value})
