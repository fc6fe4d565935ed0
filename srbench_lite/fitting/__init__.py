"""What a method may borrow to fit, round and choose formulas.

A search proposes formulas; what remains is alike in all methods, and is here: constants fitted by least squares
(`refit`, and `fit_separable` from many starts at once), rounded to what people write (`round_constants`), and the
choice by description length (`ParetoFront` of a `Problem`, until a `Deadline`). Names are imported when first used, so
importing the package is free; each is documented in its module.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from srbench_lite.expressions.building import above_and_below as above_and_below
    from srbench_lite.expressions.building import leading_multiple as leading_multiple
    from srbench_lite.expressions.building import monomial as monomial
    from srbench_lite.expressions.building import multiple as multiple
    from srbench_lite.expressions.building import power_of as power_of
    from srbench_lite.expressions.building import power_product as power_product
    from srbench_lite.expressions.building import product_of as product_of
    from srbench_lite.expressions.building import quotient as quotient
    from srbench_lite.expressions.building import scaled as scaled
    from srbench_lite.expressions.building import sum_by_sign as sum_by_sign
    from srbench_lite.expressions.building import sum_constant_last as sum_constant_last
    from srbench_lite.expressions.building import sum_in_order as sum_in_order
    from srbench_lite.fitting.canonical_form import tidy as tidy
    from srbench_lite.fitting.column_gains import gains_of_columns as gains_of_columns
    from srbench_lite.fitting.constant_target import constant_formula as constant_formula
    from srbench_lite.fitting.constant_target import varying_columns as varying_columns
    from srbench_lite.fitting.deadline import Deadline as Deadline
    from srbench_lite.fitting.equivalent_forms import equivalent_forms as equivalent_forms
    from srbench_lite.fitting.equivalent_forms import rephased as rephased
    from srbench_lite.fitting.finiteness import finite_formula as finite_formula
    from srbench_lite.fitting.levenberg_marquardt import Fitted as Fitted
    from srbench_lite.fitting.levenberg_marquardt import fit_constants as fit_constants
    from srbench_lite.fitting.levenberg_marquardt import is_structural as is_structural
    from srbench_lite.fitting.levenberg_marquardt import refit as refit
    from srbench_lite.fitting.monomials import Monomials as Monomials
    from srbench_lite.fitting.orthonormal import orthonormal_columns as orthonormal_columns
    from srbench_lite.fitting.orthonormal import orthonormal_rows as orthonormal_rows
    from srbench_lite.fitting.pareto_front import ParetoFront as ParetoFront
    from srbench_lite.fitting.problem import DIGIT_PRICE as DIGIT_PRICE
    from srbench_lite.fitting.problem import MAX_CONSTANT_SPREAD as MAX_CONSTANT_SPREAD
    from srbench_lite.fitting.problem import MIN_RESIDUAL_SHARE as MIN_RESIDUAL_SHARE
    from srbench_lite.fitting.problem import MIN_SINGULAR_SHARE as MIN_SINGULAR_SHARE
    from srbench_lite.fitting.problem import MIN_USEFUL_SPREAD as MIN_USEFUL_SPREAD
    from srbench_lite.fitting.problem import NODE_PRICE as NODE_PRICE
    from srbench_lite.fitting.problem import Problem as Problem
    from srbench_lite.fitting.problem import check_range as check_range
    from srbench_lite.fitting.rounding import RoundedFormula as RoundedFormula
    from srbench_lite.fitting.rounding import round_constants as round_constants
    from srbench_lite.fitting.short_constants import MAX_DECIMAL_DIGITS as MAX_DECIMAL_DIGITS
    from srbench_lite.fitting.short_constants import MAX_DENOMINATOR as MAX_DENOMINATOR
    from srbench_lite.fitting.short_constants import Spelling as Spelling
    from srbench_lite.fitting.short_constants import formula_digits as formula_digits
    from srbench_lite.fitting.short_constants import known_digits as known_digits
    from srbench_lite.fitting.short_constants import number_digits as number_digits
    from srbench_lite.fitting.short_constants import shortest_decimal as shortest_decimal
    from srbench_lite.fitting.short_constants import significant_digits as significant_digits
    from srbench_lite.fitting.short_constants import spellings as spellings
    from srbench_lite.fitting.variable_projection import Separable as Separable
    from srbench_lite.fitting.variable_projection import Solution as Solution
    from srbench_lite.fitting.variable_projection import fit_separable as fit_separable
    from srbench_lite.fitting.work_clock import count_evaluation as count_evaluation
    from srbench_lite.fitting.work_clock import count_work as count_work
    from srbench_lite.fitting.work_clock import counted_work as counted_work

_HOMES: Final = {
    "DIGIT_PRICE": "fitting.problem",
    "Deadline": "fitting.deadline",
    "Fitted": "fitting.levenberg_marquardt",
    "MAX_CONSTANT_SPREAD": "fitting.problem",
    "MAX_DECIMAL_DIGITS": "fitting.short_constants",
    "MAX_DENOMINATOR": "fitting.short_constants",
    "MIN_RESIDUAL_SHARE": "fitting.problem",
    "MIN_SINGULAR_SHARE": "fitting.problem",
    "MIN_USEFUL_SPREAD": "fitting.problem",
    "Monomials": "fitting.monomials",
    "NODE_PRICE": "fitting.problem",
    "ParetoFront": "fitting.pareto_front",
    "Problem": "fitting.problem",
    "RoundedFormula": "fitting.rounding",
    "Separable": "fitting.variable_projection",
    "Solution": "fitting.variable_projection",
    "Spelling": "fitting.short_constants",
    "above_and_below": "expressions.building",
    "check_range": "fitting.problem",
    "constant_formula": "fitting.constant_target",
    "count_evaluation": "fitting.work_clock",
    "count_work": "fitting.work_clock",
    "counted_work": "fitting.work_clock",
    "equivalent_forms": "fitting.equivalent_forms",
    "finite_formula": "fitting.finiteness",
    "fit_constants": "fitting.levenberg_marquardt",
    "fit_separable": "fitting.variable_projection",
    "formula_digits": "fitting.short_constants",
    "gains_of_columns": "fitting.column_gains",
    "is_structural": "fitting.levenberg_marquardt",
    "known_digits": "fitting.short_constants",
    "leading_multiple": "expressions.building",
    "monomial": "expressions.building",
    "multiple": "expressions.building",
    "number_digits": "fitting.short_constants",
    "orthonormal_columns": "fitting.orthonormal",
    "orthonormal_rows": "fitting.orthonormal",
    "power_of": "expressions.building",
    "power_product": "expressions.building",
    "product_of": "expressions.building",
    "quotient": "expressions.building",
    "refit": "fitting.levenberg_marquardt",
    "rephased": "fitting.equivalent_forms",
    "round_constants": "fitting.rounding",
    "scaled": "expressions.building",
    "shortest_decimal": "fitting.short_constants",
    "significant_digits": "fitting.short_constants",
    "spellings": "fitting.short_constants",
    "sum_by_sign": "expressions.building",
    "sum_constant_last": "expressions.building",
    "sum_in_order": "expressions.building",
    "tidy": "fitting.canonical_form",
    "varying_columns": "fitting.constant_target",
}

__all__ = [*sorted(_HOMES)]  # pyright: ignore[reportUnsupportedDunderAll]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(importlib.import_module(f"srbench_lite.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'srbench_lite.fitting' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
