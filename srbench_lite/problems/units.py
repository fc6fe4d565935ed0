"""Units of measurement as people write them, and whether the dimensions of a formula agree.

pint reads the text of a unit. What reaches it is checked first, because pint would compute 9**9**9: a unit is a bounded
text of names of units, `*`, `/`, brackets and small exponents.
"""

from __future__ import annotations

import difflib
import re
import tokenize
from collections.abc import Mapping
from fractions import Fraction
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, Final

from srbench_lite.errors import ExpressionError, UsageError
from srbench_lite.expressions.expression import Expression

if TYPE_CHECKING:
    from srbench_lite.problems.task import Task

__all__ = ["Dimension", "dimension_fault", "dimension_of", "dimension_text", "formula_dimension_fault", "unit_fault"]

#: Exponents of base dimensions such as `length`; those that are zero are left out.
Dimension = Mapping[str, Fraction]

_MAX_LENGTH: Final = 100
_EXAMPLES: Final = "such as m/s, kg*m**2/s**2, N, eV, mol, degC, rad, or 1 for a number"
_NUMBER: Final = r"[+-]?[0-9]{1,2}(?:\.[0-9]{1,3})?"
#: An exponent: small, and not raised itself.
_EXPONENT: Final = re.compile(
    rf"(?:(?:\*\*|\^) *(?:{_NUMBER}(?![0-9.])|\( *{_NUMBER}(?: */ *[1-9][0-9]?)? *\))"
    r"|[⁺⁻]?[⁰¹²³⁴⁵⁶⁷⁸⁹]{1,2}(?![⁰¹²³⁴⁵⁶⁷⁸⁹]))(?! *(?:\*\*|\^|[⁺⁻⁰¹²³⁴⁵⁶⁷⁸⁹]))"
)  # fmt: skip
#: What is left of a unit without its exponents; 1 is the only number.
_REST: Final = re.compile(r"(?:[A-Za-z_°µμΩΩÅ%][A-Za-z_0-9°µμΩΩÅ%]*|1(?![0-9.A-Za-z_])|[*/·⋅() ])*")
#: A factor that is a multiple of 1/4 and at most this is a number of the law; others may stand for a measured constant.
_MAX_PLAIN_FACTOR: Final = 64
_MAX_DENOMINATOR: Final = 1000
_SHOWN: Final = 60


def unit_fault(text: str) -> str | None:
    """Return what is wrong with the text of a unit, or None. An empty text is no unit, and no fault."""
    try:
        dimension_of(text)
    except UsageError as error:
        return str(error)
    return None


@lru_cache(maxsize=4096)
def dimension_of(text: str) -> Dimension:
    """Return the dimension of a unit: `m/s` has length 1 and time -1; `1`, `rad`, `%` and an empty text have none.

    Raises:
        UsageError: the text is no unit; the message shows it and says what is.
    """
    shown = repr(text if len(text) <= _SHOWN else f"{text[: _SHOWN - 3]}...")
    if len(text) > _MAX_LENGTH:
        raise UsageError(f"a unit has at most {_MAX_LENGTH} characters, got {shown}")
    rest = _EXPONENT.sub(" ", text)
    if not _REST.fullmatch(rest) or "**" in rest or "//" in rest:
        raise UsageError(
            f"{shown} is no unit: write names of units with * and / between them and exponents behind them, {_EXAMPLES}"
        )
    import pint

    registry = _registry()
    try:
        container = registry.parse_units(text)
        powers = dict(registry.get_dimensionality(container))
    except pint.UndefinedUnitError as error:
        raise UsageError(_unknown(text, shown, error)) from None
    except (
        pint.PintError, ValueError, TypeError, ArithmeticError, LookupError, AttributeError, SyntaxError,
        AssertionError, tokenize.TokenError,
    ):  # fmt: skip
        raise UsageError(f"{shown} is no unit: write one {_EXAMPLES}") from None
    exact = {name.strip("[]"): Fraction(power).limit_denominator(_MAX_DENOMINATOR) for name, power in powers.items()}
    return {name: power for name, power in sorted(exact.items()) if power}


@cache
def _registry() -> Any:
    import pint

    return pint.UnitRegistry()


def _unknown(text: str, shown: str, error: Any) -> str:
    """Return the message for a text with a name that is no unit."""
    names = [error.unit_names] if isinstance(error.unit_names, str) else list(error.unit_names)
    name = str(names[0]) if names else text
    close = _otherwise_written(name)
    if not close:
        known = [word for word in dir(_registry()) if word.isascii() and not word.startswith("_")]  # methods among them
        near = difflib.get_close_matches(name, known, n=8, cutoff=0.7)
        close = [unit for unit in near if _registry().parse_unit_name(unit)][:3]
    guess = f" Did you mean: {', '.join(close)}?" if close else ""
    where = "" if name == text else f" in {shown}"
    return f"unknown unit {name!r}{where}.{guess} Write one {_EXAMPLES}"


def _otherwise_written(name: str) -> list[str]:
    """Return the units that a name is but for capital letters: kg for KG."""
    registry = _registry()
    found = registry.parse_unit_name(name, case_sensitive=False) or registry.parse_unit_name(name.lower())
    symbols = [registry.get_symbol(f"{prefix}{unit}") for prefix, unit, _ in found]
    names = [
        symbol if symbol.isascii() else f"{prefix}{unit}"
        for symbol, (prefix, unit, _) in zip(symbols, found, strict=True)
    ]
    return list(dict.fromkeys(names))[:3]


def dimension_text(dimension: Dimension) -> str:
    """Return a dimension for people: `mass*length/time**2`, or `a number`."""
    order = ["mass", "length", "time", "current", "temperature"]
    powers = sorted(dimension.items(), key=lambda item: (order.index(item[0]) if item[0] in order else 9, item[0]))
    above = "*".join(_power(name, power) for name, power in powers if power > 0)
    below = [_power(name, -power) for name, power in powers if power < 0]
    if not above and not below:
        return "a number"
    divisor = "".join(below) if len(below) == 1 else f"({'*'.join(below)})"
    return f"{above or 1}/{divisor}" if below else above


def _power(name: str, power: Fraction) -> str:
    if power == 1:
        return name
    return f"{name}**{power}" if power.denominator == 1 else f"{name}**({power})"


def dimension_fault(task: Task) -> str | None:
    """Return where the dimensions of a task's truth, its variables and its target do not agree, or None.

    A unit that is none is such a fault. See `formula_dimension_fault` for what is known of a variable without a unit,
    and of numbers.
    """
    if task.truth is None:
        return None
    try:
        fault = formula_dimension_fault(task.truth, task.units, task.target_unit)
    except UsageError as error:
        fault = str(error)
    return None if fault is None else f"task {task.name}: {fault}"


def formula_dimension_fault(formula: Expression, units: Mapping[str, str], target_unit: str = "") -> str | None:
    """Return where dimensions do not agree in a formula, or None where they may.

    A variable without a unit may have any. So may a number that is a summand, and a factor that is no multiple of 1/4:
    it may stand for a constant of nature. Exponents, other factors, pi and e are numbers without a unit.

    Args:
        formula: the formula.
        units: of its variables, by name.
        target_unit: of its value; empty where nobody says it.

    Raises:
        UsageError: a unit is none; the message names the variable.
    """
    known = {name: _named(f"the unit of {name}", unit) for name, unit in units.items() if unit.strip()}
    target = _named("the unit of the target", target_unit) if target_unit.strip() else None
    check = _Check(known)
    try:
        value = formula.fold(check.leaf, check.inner)
        if target is not None and not check.agree(value.form, target):
            return (
                f"{_shown(formula)} is {check.text(value.form)}, but the unit of the target, {target_unit.strip()!r}, "
                f"is {dimension_text(target)}"
            )
    except _DisagreementError as error:
        return str(error)
    return None


def _named(what: str, unit: str) -> Dimension:
    try:
        return dimension_of(unit.strip())
    except UsageError as error:
        raise UsageError(f"{what}: {error}") from None


def _shown(node: Expression) -> str:
    text = str(node)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 3]}..."


class _DisagreementError(ValueError):
    """Dimensions that do not agree; the text says where."""


#: A dimension that may depend on unknown ones: exponents of base dimensions, and of unknowns, whose names begin with ?.
_Form = dict[str, Fraction]


class _Value:
    """A part of a formula: its tree, its dimension, and for a plain number what that is as a summand."""

    __slots__ = ("form", "node", "summand")

    def __init__(self, node: Expression, form: Dimension, summand: _Form | None = None) -> None:
        self.node = node
        self.form = dict(form)
        self.summand = summand


class _Check:
    """Walks a formula bottom-up, and finds out unknown dimensions where others decide them."""

    def __init__(self, units: Mapping[str, Dimension]) -> None:
        self._units = units
        self._found: dict[str, _Form] = {}
        self._count = 0
        self._variables: dict[str, _Form] = {}

    def leaf(self, node: Expression) -> _Value:
        if node.name is not None:
            if node.name in self._units:
                return _Value(node, self._units[node.name])
            return _Value(node, self._variables.setdefault(node.name, self._unknown()))
        if node.value is None:  # pi and e
            return _Value(node, {})
        size = abs(node.value)
        if size <= _MAX_PLAIN_FACTOR and (4 * size).is_integer() and size > 0:
            return _Value(node, {}, summand=self._unknown())
        return _Value(node, self._unknown())

    def inner(self, node: Expression, args: list[_Value]) -> _Value:
        first = args[0]
        match node.op:
            case "mul" | "div":
                sign = 1 if node.op == "mul" else -1
                both = _sum(first.form, args[1].form, sign)
                plain = first.summand is not None and args[1].summand is not None  # 2/3 is as plain as 2
                return _Value(node, both, summand=self._unknown() if plain else None)
            case "add" | "sub" | "min" | "max":
                return _Value(node, self._equal(node, *args))
            case "ifelse":
                return _Value(node, self._equal(node, args[1], args[2]))
            case "neg" | "abs":
                return _Value(node, first.form, summand=first.summand)
            case "sqrt" | "cbrt":
                root = Fraction(1, 2 if node.op == "sqrt" else 3)
                return _Value(node, {name: power * root for name, power in first.form.items()})
            case "pow":
                return self._raised(node, first, args[1])
            case "sign":
                return _Value(node, {})
            case _:
                self._number(first, f"the argument of {node.op} in {_shown(node)}")
                return _Value(node, {})

    def agree(self, form: Dimension, other: Dimension) -> bool:
        """Return whether two dimensions are or can be the same; then an unknown one of them is known from now on."""
        difference = self._resolved(_sum(form, other, -1))
        unknown = next((name for name in difference if name.startswith("?")), None)
        if unknown is None:
            return not difference
        power = difference.pop(unknown)
        self._found[unknown] = {name: -other / power for name, other in difference.items()}
        return True

    def text(self, form: Dimension) -> str:
        return dimension_text({k: v for k, v in self._resolved(form).items() if not k.startswith("?")})

    def _equal(self, node: Expression, first: _Value, second: _Value) -> _Form:
        forms = [value.form if value.summand is None else value.summand for value in (first, second)]
        if not self.agree(*forms):
            raise _DisagreementError(
                f"the dimensions do not agree in {_shown(node)}: {_shown(first.node)} is {self.text(forms[0])}, "
                f"{_shown(second.node)} is {self.text(forms[1])}"
            )
        return forms[0]

    def _raised(self, node: Expression, base: _Value, exponent: _Value) -> _Value:
        self._number(exponent, f"the exponent in {_shown(node)}")
        power = _constant_value(exponent.node)
        if power is not None:
            return _Value(node, {name: value * power for name, value in base.form.items()})
        self._number(base, f"the base of an exponent that varies in {_shown(node)}")
        return _Value(node, {})

    def _number(self, value: _Value, what: str) -> None:
        if not self.agree(value.form, {}):
            raise _DisagreementError(f"{what} must be a number, but {_shown(value.node)} is {self.text(value.form)}")

    def _unknown(self) -> _Form:
        self._count += 1
        return {f"?{self._count}": Fraction(1)}

    def _resolved(self, form: Dimension) -> _Form:
        """Return a dimension in which every unknown that is found out is written out."""
        result: _Form = {}
        left = list(form.items())
        while left:
            name, power = left.pop()
            if name in self._found:
                left += [(other, power * share) for other, share in self._found[name].items()]
            else:
                result = _sum(result, {name: power}, 1)
        return result


def _sum(form: Dimension, other: Dimension, sign: int) -> _Form:
    total = {name: form.get(name, Fraction(0)) + sign * other.get(name, Fraction(0)) for name in {**form, **other}}
    return {name: power for name, power in total.items() if power}


def _constant_value(node: Expression) -> Fraction | None:
    """Return the value of a formula without variables; None where it has some, or no value."""
    if node.variables:
        return None
    try:
        return Fraction(float(node({})[0])).limit_denominator(_MAX_DENOMINATOR)
    except (ExpressionError, ValueError, OverflowError):
        return None
