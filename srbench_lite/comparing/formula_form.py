"""`form_of`: a formula without its constants, so that a right form with wrong constants can be told from a wrong one.

Both formulas are written as sums of products: products are multiplied out, equal terms gathered with their numbers,
terms that cancel dropped. Then the factor of each term is left out, and a term without a variable becomes `C`. What is
left is the form. Two formulas with one form differ in their constants only:

    2.5*sin(3*x + 1) + 0.2*x**2      x**2 + sin(x) is another form: nothing is added inside of its sine
    sin(2.9*x + 0.8)/3 - x*x         the same form as the first

Whole and half exponents belong to the form: x**2 is not x**3, nor x**1.98. Other exponents are constants. The rule
errs on one side: a form that it calls right is right, one that is written in another way (sin(x)**2 for 1 - cos(x)**2)
it may not recognise.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, Final

import numpy as np

from srbench_lite.errors import ExpressionError
from srbench_lite.expressions.expression import Expression
from srbench_lite.expressions.operators import NAMED_CONSTANTS, array_function

__all__ = ["form_of", "is_same_form"]

#: A formula of more nodes, or with more terms when it is multiplied out, has no form.
_MAX_NODES: Final = 300
_MAX_TERMS: Final = 200
#: Sums are raised to whole powers up to this one by multiplying out.
_MAX_EXPANDED_POWER: Final = 6
#: Terms that add up to less than this share of their sizes cancel.
_MIN_SUM: Final = 1e-12
_PLACEHOLDER: Final = "C"
_MAX_CACHED: Final = 4096


class _NoFormError(Exception):
    """A formula is too large, or has a number that does not exist."""


class _Atom:
    """What terms are products of: a variable, an operator with its arguments, or a sum in a power.

    Attributes:
        exact: its text with the constants; equal atoms have equal texts.
        form: its text without them.
        exponent: of an exponential, what stands in it; None for other atoms.
    """

    __slots__ = ("exact", "exponent", "form")

    def __init__(self, exact: str, form: str, exponent: _Sum | None = None) -> None:
        self.exact = exact
        self.form = form
        self.exponent = exponent

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Atom) and self.exact == other.exact

    def __hash__(self) -> int:
        return hash(self.exact)


#: A product of atoms, each with its exponent; and a sum of products, each with its factor.
_Product = frozenset[tuple[_Atom, float]]
_Sum = dict[_Product, float]
_ONE: Final[_Product] = frozenset()


def is_same_form(found: str, truth: str) -> bool:
    """Return whether two formulas differ in their constants only; not where one cannot be read or has no form.

    Args:
        found, truth: texts of formulas in the same variables.
    """
    form = form_of(truth)
    return form is not None and form == form_of(found)


@lru_cache(maxsize=_MAX_CACHED)
def form_of(text: str) -> str | None:
    """Return the form of a formula as text: equal forms have equal texts. None where there is none.

    Args:
        text: of the formula.
    """
    try:
        expression = Expression.parse(text)
        return None if expression.complexity > _MAX_NODES else _form(expression.fold(_leaf, _inner))
    except (ExpressionError, _NoFormError):
        return None


def _leaf(node: Expression) -> _Sum:
    if node.name is not None:
        return {frozenset([(_Atom(node.name, node.name), 1.0)]): 1.0}
    return _constant(NAMED_CONSTANTS[node.op][0] if node.value is None else node.value)


def _inner(node: Expression, args: list[_Sum]) -> _Sum:
    numbers: list[Any] = [_value(arg) for arg in args]
    if None not in numbers:
        with np.errstate(all="ignore"):
            return _constant(float(array_function(node.op)(*(np.float64(number) for number in numbers))))
    match node.op:
        case "add":
            return _added(args[0], args[1])
        case "sub":
            return _added(args[0], _scaled(args[1], -1.0))
        case "neg":
            return _scaled(args[0], -1.0)
        case "mul":
            return _multiplied(args[0], args[1])
        case "div":
            return _multiplied(args[0], _raised(args[1], -1.0))
        case "sqrt":
            return _raised(args[0], 0.5)
        case "exp":
            return _exponential(args[0])
        case "pow":
            return _power(args[0], args[1], numbers)
        case "min" | "max":
            return _called(node.op, sorted(args, key=lambda arg: (_form(arg), _exact(arg))))
        case _:
            return _called(node.op, args)


def _value(terms: _Sum) -> float | None:
    """Return the number that a sum is; None where it has a variable."""
    return sum(terms.values()) if all(product == _ONE for product in terms) else None


def _constant(value: float) -> _Sum:
    if not math.isfinite(value):
        raise _NoFormError
    return {_ONE: value} if value else {}


def _called(op: str, args: Iterable[_Sum]) -> _Sum:
    args = list(args)
    exact, form = (f"{op}({', '.join(text(arg) for arg in args)})" for text in (_exact, _form))
    return {frozenset([(_Atom(exact, form), 1.0)]): 1.0}


def _exponential(terms: _Sum) -> _Sum:
    """Return exp of a sum: its number becomes a factor."""
    rest = {product: factor for product, factor in terms.items() if product != _ONE}
    return _scaled({frozenset([(_exp_atom(rest), 1.0)]): 1.0}, _exp(terms.get(_ONE, 0.0)))


def _exp_atom(terms: _Sum) -> _Atom:
    return _Atom(f"exp({_exact(terms)})", f"exp({_form(terms)})", terms)


def _exp(value: float) -> float:
    try:
        return math.exp(value)
    except OverflowError:
        raise _NoFormError from None


def _power(base: _Sum, exponent: _Sum, numbers: list[float | None]) -> _Sum:
    if numbers[1] is not None:
        return _raised(base, numbers[1])
    if numbers[0] is not None and numbers[0] > 0:
        return _exponential(_scaled(exponent, math.log(numbers[0])))
    return _called("pow", [base, exponent])


def _scaled(terms: _Sum, factor: float) -> _Sum:
    return _finite({product: factor * own for product, own in terms.items()}) if factor else {}


def _finite(terms: _Sum) -> _Sum:
    if not all(math.isfinite(factor) for factor in terms.values()):
        raise _NoFormError
    return {product: factor for product, factor in terms.items() if factor}


def _added(one: _Sum, other: _Sum) -> _Sum:
    return _gathered([*one.items(), *other.items()])


def _gathered(terms: Iterable[tuple[_Product, float]]) -> _Sum:
    """Return the sum of terms, those left out that cancel."""
    total: dict[_Product, float] = {}
    size: dict[_Product, float] = {}
    for product, factor in terms:
        total[product] = total.get(product, 0.0) + factor
        size[product] = size.get(product, 0.0) + abs(factor)
    if len(total) > _MAX_TERMS:
        raise _NoFormError
    return _finite({product: own for product, own in total.items() if abs(own) > _MIN_SUM * size[product]})


def _multiplied(one: _Sum, other: _Sum) -> _Sum:
    if len(one) * len(other) > _MAX_TERMS:
        raise _NoFormError
    return _gathered([(_joined([*a, *b]), x * y) for a, x in one.items() for b, y in other.items()])


def _joined(factors: Iterable[tuple[_Atom, float]]) -> _Product:
    """Return the product of powers of atoms: those of one atom, and all exponentials, are gathered."""
    powers: dict[_Atom, float] = {}
    inside: _Sum = {}
    for atom, power in factors:
        if atom.exponent is not None:
            inside = _added(inside, _scaled(atom.exponent, power))
        else:
            powers[atom] = powers.get(atom, 0.0) + power
    product = {(atom, power) for atom, power in powers.items() if power}
    return frozenset(product | ({(_exp_atom(inside), 1.0)} if inside else set()))


def _raised(base: _Sum, power: float) -> _Sum:
    """Return a sum to the power of a number."""
    if not base and power <= 0:
        raise _NoFormError
    if power == 0:
        return {_ONE: 1.0}
    if len(base) == 1:
        (product, factor) = next(iter(base.items()))
        if power.is_integer() or not _may_hide_a_sign(product):
            return _finite({_joined((atom, power * own) for atom, own in product): _number_raised(factor, power)})
    if power.is_integer() and 1 < power <= _MAX_EXPANDED_POWER:
        result = base
        for _ in range(int(power) - 1):
            result = _multiplied(result, base)
        return result
    atom = _Atom(f"({_exact(base)})", f"({_form(base)})")
    return base if power == 1 else {frozenset([(atom, power)]): 1.0}


def _may_hide_a_sign(product: _Product) -> bool:
    """Whether a broken power of this may not be taken factor by factor: sqrt(x**2) is abs(x)."""
    return any(atom.exponent is None and (own % 2 == 0) for atom, own in product)


def _number_raised(factor: float, power: float) -> float:
    """Return the factor of a power; of a negative one in a broken power only the size, since its form is the same."""
    try:
        return float(factor**power) if power.is_integer() else float(abs(factor) ** power)
    except OverflowError:
        raise _NoFormError from None


def _exact(terms: _Sum) -> str:
    return " + ".join(sorted(f"{factor!r}*{_text(product, form=False)}" for product, factor in terms.items()))


def _form(terms: _Sum) -> str:
    return " + ".join(sorted(_text(product, form=True) for product in terms)) or "0"


def _text(product: _Product, *, form: bool) -> str:
    """Return a product as text, its factors sorted."""
    if product == _ONE:
        return _PLACEHOLDER
    factors = []
    for atom, power in product:
        name = atom.form if form else atom.exact
        shown = f"{power:g}" if (2 * power).is_integer() else _PLACEHOLDER if form else repr(power)
        factors.append(name if power == 1 else f"{name}^{shown}")
    return "*".join(sorted(factors))
