"""The operator table: every row works in every library that it names, and means the same there."""

from __future__ import annotations

import math
import subprocess
import sys

import mpmath
import numpy as np
import pytest
import sympy

from srbench_lite.expressions.expression import Expression
from srbench_lite.expressions.operators import (
    ALIASES,
    NAMED_CONSTANTS,
    OPERATORS,
    array_function,
    mpmath_function,
)

#: Where every operator is defined, but for acosh.
_POINT = (0.3, 0.7, -0.4)
_BEYOND_ONE = (1.3,)


def point_of(name: str) -> tuple[float, ...]:
    return _BEYOND_ONE if name == "acosh" else _POINT[: OPERATORS[name].arity]


def test_the_table_has_the_operators_of_the_field() -> None:
    wanted = "add sub mul div neg pow sin cos tan asin acos atan sinh cosh tanh exp log sqrt abs sign min max"
    wanted += " asinh acosh atanh cbrt floor ceil erf gamma digamma ifelse"
    assert list(OPERATORS) == wanted.split()
    assert all(name == op.name for name, op in OPERATORS.items())


@pytest.mark.parametrize("name", OPERATORS)
def test_numpy_sympy_and_mpmath_agree(name: str) -> None:
    """Oracle: three libraries, one number."""
    args = point_of(name)
    ours = float(array_function(name)(*args))
    precise = float(mpmath_function(name, mpmath.MPContext())(*args))
    tree = Expression.call(name, *[Expression.variable(v) for v in "abc"[: len(args)]])
    symbols = [sympy.Symbol(v, real=True) for v in "abc"]
    symbolic = float(tree.to_sympy().subs(dict(zip(symbols, args, strict=False))))
    assert precise == pytest.approx(ours, rel=1e-14)
    assert symbolic == pytest.approx(ours, rel=1e-14)
    assert float(tree({v: np.array([a]) for v, a in zip("abc", args, strict=False)})[0]) == ours


@pytest.mark.parametrize("x", [-8.0, -1e-300, 0.0, 2.0, 27.0])
def test_cbrt_is_the_real_root_everywhere(x: float) -> None:
    root = math.copysign(abs(x) ** (1 / 3), x)
    tree = Expression.call("cbrt", Expression.variable("a"))
    assert float(tree({"a": np.array([x])})[0]) == pytest.approx(root, rel=1e-15)
    assert float(mpmath_function("cbrt", mpmath.MPContext())(mpmath.mpf(x))) == pytest.approx(root, rel=1e-15)
    symbolic = tree.to_sympy().subs({sympy.Symbol("a", real=True): sympy.Float(x, 30)})
    assert complex(symbolic) == pytest.approx(complex(root), rel=1e-14)


def test_what_is_not_chosen_need_not_be_defined() -> None:
    tree = Expression.parse("ifelse(x, log(x), x)")
    assert tree({"x": np.array([-2.0, 0.0, 1.0, np.nan])}).tolist()[:3] == [-2.0, 0.0, 0.0]
    assert np.isnan(tree({"x": np.array([np.nan])})[0])


@pytest.mark.parametrize("name", OPERATORS)
def test_every_operator_has_a_text_that_reads_back(name: str) -> None:
    op = OPERATORS[name]
    tree = Expression.call(name, *[Expression.variable(v) for v in "abc"[: op.arity]])
    assert Expression.parse(str(tree)) == tree


@pytest.mark.parametrize("name", OPERATORS)
def test_latex_templates_take_exactly_the_arguments(name: str) -> None:
    op = OPERATORS[name]
    text = op.latex.format(*["ARG0", "ARG1", "ARG2"][: op.arity])
    assert all(f"ARG{i}" in text for i in range(op.arity))
    assert text.count("{") == text.count("}")


def test_aliases_lead_to_operators_and_shadow_none() -> None:
    assert set(ALIASES.values()) <= set(OPERATORS)
    assert not set(ALIASES) & (set(OPERATORS) | set(NAMED_CONSTANTS))


def test_named_constants_have_their_values() -> None:
    assert {name: value for name, (value, _) in NAMED_CONSTANTS.items()} == {"pi": np.pi, "e": np.e}


def test_only_operators_with_kinks_and_jumps_are_not_analytic() -> None:
    assert {name for name, op in OPERATORS.items() if not op.analytic} == {
        "abs", "sign", "min", "max", "cbrt", "floor", "ceil", "ifelse"
    }  # fmt: skip


def test_special_functions_are_loaded_when_they_are_used() -> None:
    program = (
        "import sys; from srbench_lite import Expression; f = Expression.parse('sin(x) + erf(x)', variables=['x']);"
        "assert 'numpy' not in sys.modules and 'scipy' not in sys.modules;"
        "import numpy as np; f.args[0]({'x': np.zeros(1)}); assert 'scipy' not in sys.modules;"
        "f({'x': np.zeros(1)}); assert 'scipy.special' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
