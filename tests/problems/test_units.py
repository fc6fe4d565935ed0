"""Units: texts that people write, hostile ones, and where dimensions of a formula do not agree."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from srbench_lite import Expression, Sampling, Task, UsageError
from srbench_lite.problems.units import (
    dimension_fault,
    dimension_of,
    dimension_text,
    formula_dimension_fault,
    unit_fault,
)


@pytest.mark.parametrize(
    ("unit", "dimension"),
    [
        ("m/s", "length/time"), ("kg*m**2/s**2", "mass*length**2/time**2"), ("kg m^2 s**-2", "mass*length**2/time**2"),
        ("J", "mass*length**2/time**2"), ("N", "mass*length/time**2"), ("eV", "mass*length**2/time**2"),
        ("mol/L", "substance/length**3"), ("degC", "temperature"), ("°C", "temperature"), ("1/s", "1/time"),
        ("m²·s⁻¹", "length**2/time"), ("µm", "length"), ("Ω", "mass*length**2/(time**3*current**2)"),
        ("W/(m^2*K)", "mass/(time**3*temperature)"), ("m**(1/2)", "length**(1/2)"), ("m**0.5", "length**(1/2)"),
        ("", "a number"), ("1", "a number"), ("rad", "a number"), ("%", "a number"), ("m/km", "a number"),
    ],
)  # fmt: skip
def test_units_as_people_write_them(unit: str, dimension: str) -> None:
    assert unit_fault(unit) is None
    assert dimension_text(dimension_of(unit)) == dimension


def test_a_dimension_has_exact_exponents() -> None:
    assert dimension_of("m**(1/3)") == {"length": Fraction(1, 3)}


@pytest.mark.parametrize(
    ("unit", "words"),
    [
        ("metr", "unknown unit 'metr'. Did you mean: metre, meter? Write one such as m/s, "),
        ("KG*M/SEC", "unknown unit 'KG' in 'KG*M/SEC'. Did you mean: kg?"), ("Ohm", "Did you mean: ohm?"),
        ("kgg/s", "unknown unit 'kgg' in 'kgg/s'. Write one such as"),
        ("2 m", "'2 m' is no unit: write names of units with"),
        ("m s-1", "'m s-1' is no unit"), ("m+s", "'m+s' is no unit"), ("(((m", "'(((m' is no unit"),
        ("m**", "is no unit"), ("m//s", "is no unit"), ("nan", "is no unit"), ("[length]", "is no unit"),
        ("x" * 101, "a unit has at most 100 characters, got 'xxx"),
        # what pint itself would compute for ever, or with more memory than there is
        ("9**9**9**9", "is no unit"), ("m**9**9**9", "is no unit"), ("m**(9)**9**9", "is no unit"),
        ("m²**9**9", "is no unit"), ("m**999999999", "is no unit"), ("(9)**99", "is no unit"),
        ("__import__('os')", "is no unit"), ("m.__class__", "is no unit"),
    ],
)  # fmt: skip
def test_what_is_no_unit_is_said(unit: str, words: str) -> None:
    fault = unit_fault(unit)
    assert fault is not None
    assert words in fault
    assert "\n" not in fault


@given(st.text(alphabet="msKg19*/^()²⁻·%°_ .-+e\n", max_size=30))
@settings(max_examples=300, deadline=None)
def test_every_text_is_a_unit_or_a_fault(text: str) -> None:
    assert unit_fault(text) is None or dimension_text({}) == "a number"


@pytest.mark.parametrize(
    ("formula", "units", "target"),
    [
        ("2*pi*sqrt(l/g)", {"l": "m", "g": "m/s**2"}, "s"),
        ("m_0/sqrt(1 - v**2/c**2)", {"m_0": "kg", "v": "m/s", "c": "m/s"}, "kg"),
        ("q1*q2/(4*pi*eps*r**2)", {"q1": "C", "q2": "C", "eps": "F/m", "r": "m"}, "N"),
        ("sqrt((x2 - x1)**2 + y**2)", {"x1": "m", "x2": "km", "y": "cm"}, "inch"),
        ("a*exp(-t/tau)*cos(w*t + phi)", {"a": "V", "t": "s", "tau": "ms", "w": "rad/s", "phi": "rad"}, "V"),
        ("cbrt(v) + abs(x) - max(x, 0)", {"v": "L", "x": "m"}, "m"),
        ("ifelse(t, x, -x)*sign(t)", {"t": "s", "x": "m"}, "m"),
        ("p**n", {"p": "1", "n": "1"}, "1"),
        # numbers that carry the unit of a constant of nature
        ("9.81*m*h", {"m": "kg", "h": "m"}, "J"),
        ("6.674e-11*m1*m2/r**2", {"m1": "kg", "m2": "kg", "r": "m"}, "N"),
        ("T - 273.15", {"T": "K"}, "K"),
        ("sqrt(1 - v**2)", {"v": "m/s"}, "m/s"),
        # a variable of which nobody says the unit
        ("a*x + b", {"x": "m", "b": "kg"}, ""),
    ],
)
def test_laws_agree(formula: str, units: dict[str, str], target: str) -> None:
    assert formula_dimension_fault(Expression.parse(formula), units, target) is None


@pytest.mark.parametrize(
    ("formula", "units", "target", "fault"),
    [
        ("l + t", {"l": "m", "t": "s"}, "", "the dimensions do not agree in l + t: l is length, t is time"),
        ("sin(2*l)", {"l": "m"}, "", "the argument of sin in sin(2*l) must be a number, but 2*l is length"),
        ("2**t", {"t": "s"}, "", "the exponent in 2**t must be a number, but t is time"),
        ("l**n", {"l": "m"}, "", "the base of an exponent that varies in l**n must be a number, but l is length"),
        (
            "2*pi*sqrt(l/g)", {"l": "m", "g": "m/s**2"}, "m",
            "2*pi*sqrt(l/g) is time, but the unit of the target, 'm', is length",
        ),
        (
            "m/2*v**2 + h", {"m": "kg", "v": "m/s", "h": "m"}, "J",
            "the dimensions do not agree in m/2*v**2 + h: m/2*v**2 is mass*length**2/time**2, h is length",
        ),
        ("m_0/sqrt(1 - v**2)", {"m_0": "kg", "v": "m/s"}, "kg", "but the unit of the target, 'kg', is mass"),
        ("a*x + b + a", {"x": "m", "b": "m"}, "", "the dimensions do not agree in a*x + b + a: a*x + b is length"),
        ("x + y", {"x": "m"}, "s", "x + y is length, but the unit of the target, 's', is time"),
        ("max(t, x)", {"t": "s", "x": "m"}, "", "the dimensions do not agree in max(t, x)"),
    ],
)  # fmt: skip
def test_where_dimensions_do_not_agree_is_said(formula: str, units: dict[str, str], target: str, fault: str) -> None:
    assert fault in str(formula_dimension_fault(Expression.parse(formula), units, target))


def test_an_unknown_unit_of_a_variable_is_an_error() -> None:
    with pytest.raises(UsageError, match="the unit of x: unknown unit 'metr'"):
        formula_dimension_fault(Expression.parse("x"), {"x": "metr"})


def test_a_task_is_named_in_its_fault() -> None:
    domain = dict.fromkeys("xt", Sampling(low=1, high=2))
    task = Task(name="mine/sum", suite="mine", truth=Expression.parse("x + t"), variables=domain)
    assert dimension_fault(task) is None
    timed = replace(task, units={"x": "m", "t": "s"})
    assert dimension_fault(timed) == "task mine/sum: the dimensions do not agree in x + t: x is length, t is time"
    unknown = replace(task, target_unit="metr")
    assert str(dimension_fault(unknown)).startswith("task mine/sum: the unit of the target: unknown unit 'metr'.")
