"""Formulas as functions in Python, NumPy and C: compiled, called, and compared with the formula."""

from __future__ import annotations

import ctypes
import keyword
import re
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from strategies import expressions, tame_number

from srbench_lite.errors import ExpressionError
from srbench_lite.expressions.expression import MAX_DEPTH, Expression
from srbench_lite.expressions.operators import OPERATORS

COMPILER = shutil.which("cc")
WITHOUT_DIGAMMA = tuple(name for name in OPERATORS if name != "digamma")
_RNG = np.random.default_rng(7)
POINTS = {"x": _RNG.uniform(-2, 2, 30), "y": _RNG.uniform(0.3, 3, 30), "lambda": _RNG.uniform(-3, 3, 30)}


def python_function(source: str, name: str = "f") -> Callable[..., Any]:
    """Compile the source; that is done here and nowhere in the package."""
    scope: dict[str, Any] = {}
    exec(compile(source, "formula", "exec"), scope)
    return scope[name]  # type: ignore[no-any-return]


def close(found: Any, wanted: Any) -> None:
    np.testing.assert_allclose(found, wanted, rtol=1e-12, atol=1e-300)


FORMULAS = [
    *[
        f"{name}({', '.join(['x', 'y', 'lambda'][: op.arity])})"
        for name, op in OPERATORS.items()
        if not op.symbol and name not in ("acosh", "digamma")
    ],
    "acosh(1 + y)", "x - (y - lambda) - 1", "x/(y/lambda)/2", "-(x + y)**2 - -x", "(-2)**3*x", "x*(-2)*-y", "2 - (-3)",
    "x**y**0.5 + (x**2)**y", "1/3*x + 1e-300 + 123456789.12345679*y", "pi*e*x", "min(max(x, y), -x)*sign(-y)",
    "ifelse(x, log(x), y)/ifelse(y - 1, 1, 2)", "x - (y + lambda)*(x - y)", "-x**2", "-(x*y)/-(x/y)", "x*(y/lambda)",
    "3",
]  # fmt: skip


@pytest.mark.parametrize("text", [*FORMULAS, "digamma(x)"])
def test_numpy(text):
    formula = Expression.parse(text)
    f = python_function(formula.to_numpy(arguments=[*POINTS]))
    with np.errstate(all="ignore"):
        close(np.broadcast_to(f(*POINTS.values()), 30), formula(POINTS))


@pytest.mark.parametrize("text", FORMULAS)
def test_python(text):
    formula = Expression.parse(text)
    f = python_function(formula.to_python(arguments=[*POINTS]))
    wanted = formula(POINTS)
    for place in range(30):
        try:
            found = f(*[float(column[place]) for column in POINTS.values()])
        except (ValueError, ZeroDivisionError):
            assert not np.isfinite(wanted[place])
        else:
            close(found, wanted[place])


def c_functions(formulas: Sequence[Expression], folder: Path) -> list[Callable[..., float]]:
    """Compile all in one file."""
    sources = [formula.to_c(f"f{place}", arguments=[*POINTS]) for place, formula in enumerate(formulas)]
    helpers = sorted({line for source in sources for line in source.splitlines() if line.startswith("static ")})
    bodies = ["\n".join(line for line in source.splitlines() if not line.startswith("static ")) for source in sources]
    (folder / "f.c").write_text("#include <math.h>\n" + "\n".join([*helpers, *bodies]))
    flags = ["-O0", "-std=c11", "-Wall", "-Werror", "-Wno-unused-function", "-ffp-contract=off"]
    subprocess.run([str(COMPILER), *flags, "-shared", "-fPIC", "-o", "f.so", "f.c", "-lm"], cwd=folder, check=True)
    library = ctypes.CDLL(str(folder / "f.so"))
    functions = []
    for place in range(len(formulas)):
        function = library[f"f{place}"]
        function.restype, function.argtypes = ctypes.c_double, [ctypes.c_double] * len(POINTS)
        functions.append(function)
    return functions


@pytest.mark.skipif(COMPILER is None, reason="no C compiler")
def test_c(tmp_path):
    deep = Expression.parse("x")
    for _ in range(300):
        deep = Expression.call("atan", deep) + Expression.variable("y")
    formulas = [*[Expression.parse(text) for text in FORMULAS], deep]
    for formula, f in zip(formulas, c_functions(formulas, tmp_path), strict=True):
        found = [f(*[column[place] for column in POINTS.values()]) for place in range(30)]
        wanted = formula(POINTS)
        infinite = np.isinf(wanted)
        close(np.where(infinite, np.inf, found), np.where(infinite, np.inf, wanted))


@pytest.mark.skipif(COMPILER is None, reason="no C compiler")
def test_one_c_source_compiles_by_itself(tmp_path):
    (tmp_path / "f.c").write_text(Expression.parse("sign(x)*min(x, max(y, 1)) + ifelse(x, y, erf(x))").to_c("model"))
    command = [str(COMPILER), "-std=c99", "-Wall", "-Wextra", "-Werror", "-pedantic", "-c", "f.c"]
    subprocess.run(command, cwd=tmp_path, check=True)


@settings(max_examples=60)
@example(Expression.parse("0/0"))
@example(Expression.parse("x + 10**400"))
@given(expressions(("x", "y", "lambda"), operators=WITHOUT_DIGAMMA, constants=tame_number))
def test_any_formula_is_the_same_function_in_numpy(tree):
    f = python_function(tree.to_numpy(arguments=[*POINTS]))
    with np.errstate(all="ignore"):
        np.testing.assert_allclose(np.broadcast_to(f(*POINTS.values()), 30), tree(POINTS), rtol=1e-9)


@given(expressions(("x", "y"), operators=WITHOUT_DIGAMMA, constants=tame_number))
def test_what_is_written_reads_back_in_the_dialect(tree):
    """The value that the NumPy function returns is a formula of that dialect."""
    body = re.sub(r".*return ", "", tree.to_numpy().splitlines()[-1])
    if "_chosen" not in body and not re.search(r"\bt[0-9]+\b", body):
        back = Expression.parse(body, variables=["x", "y"], dialect="numpy")
        np.testing.assert_allclose(back(POINTS), tree(POINTS), rtol=1e-12)


def test_names_that_the_language_has_taken_get_an_underscore():
    names = ["lambda", "lambda_", "double", "sin", "math", "t1", "f"]
    tree = Expression.variable(names[0])
    for name in names[1:]:
        tree = tree + Expression.variable(name)
    source = tree.to_python()
    assert "def f(double, f_, lambda__, lambda_, math_, sin, t1):" in source
    assert "# lambda__: lambda\n" in source
    assert python_function(source)(1, 2, 3, 4, 5, 6, 7) == 28
    assert "double f(double double_, double f_, double lambda, double lambda_, double math, double sin_" in tree.to_c()
    assert "def f(double, f_, lambda__, lambda_, math, sin, t1):" in tree.to_numpy()


@given(st.sampled_from(keyword.kwlist))
def test_keywords_are_no_arguments(name):
    if name.isidentifier():
        assert python_function((2 * Expression.variable(name)).to_python())(3) == 6


def test_numbers_have_all_their_digits():
    tree = Expression.parse("0.1 + 1e22*x - 123456789.12345679/x**3")
    for source in (tree.to_python(), tree.to_numpy(), tree.to_c()):
        for digits in ("0.1", "1e+22", "123456789.12345679", "3.0"):
            assert digits in source


def test_the_deepest_tree_is_written_in_steps():
    tree = Expression.variable("t1")
    for _ in range(MAX_DEPTH - 1):
        tree = Expression.call("atan", tree)
    source = tree.to_python("deep")
    assert source.count("    t") == (MAX_DEPTH - 2) // 31
    assert python_function(source, "deep")(0.5) == pytest.approx(float(tree({"t1": np.array([0.5])})[0]), rel=1e-12)


def test_what_cannot_be_written_is_refused():
    tree = Expression.parse("x + y")
    with pytest.raises(ExpressionError, match="the formula's variables, each once: y missing"):
        tree.to_c(arguments=["x"])
    with pytest.raises(ExpressionError, match="one is there twice"):
        tree.to_c(arguments=["x", "y", "x"])
    for name in ("2f", "", "é", "lambda", "a b"):
        with pytest.raises(ExpressionError, match="cannot be the name of a function in Python"):
            tree.to_python(name)
    with pytest.raises(ExpressionError, match="C has no function for digamma"):
        Expression.parse("digamma(x)").to_c()
    assert "def f(y, x, z):" in tree.to_python(arguments=["y", "x", "z"])
