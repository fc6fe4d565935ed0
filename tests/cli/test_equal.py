"""`srbench equal`: its words, its exit codes, and what it makes of formulas that nobody should write."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from commands import Said, srbench


@pytest.fixture(name="equal")
def _equal(monkeypatch, capsys, tmp_path) -> Callable[..., Said]:
    monkeypatch.chdir(tmp_path)

    def call(*arguments: str) -> Said:
        return srbench(monkeypatch, capsys, "equal", *arguments)

    return call


PAIRS = [
    (("sin(x)*2", "2*sin(x)"), "exact", 0),
    (("2.9971*sin(x)", "3*sin(x)"), "recovered", 0),
    (("x**2 + 5", "x**2"), "affine", 1),
    (("x**2", "sin(x)"), "different", 1),
    (("x + 1", "1 + x", "--time-limit", "0"), "undecided", 3),
]


@pytest.mark.parametrize(("arguments", "word", "code"), PAIRS)
def test_five_verdicts_and_their_exit_codes(equal, arguments, word, code):
    said = equal(*arguments, "--var", "x=-3:3")
    assert said.code == code
    assert said.err == ""
    lines = said.out.splitlines()
    assert lines[0] == f"verdict    {word}"
    assert [line[:11] for line in lines[1:]] == ["decided by ", "aligned    ", "seconds    "]


@pytest.mark.parametrize(("arguments", "word", "code"), PAIRS)
def test_json_is_one_object(equal, arguments, word, code):
    said = equal(*arguments, "--var", "x=-3:3", "--json")
    assert said.code == code
    content = json.loads(said.out)
    assert list(content) == ["verdict", "by", "aligned", "seconds", "recovered", "recovered_srbench"]
    assert content["verdict"] == word
    assert content["recovered"] is (code == 0)
    assert content["recovered_srbench"] is (code == 0 or word == "affine")


def test_the_aligned_formula_is_printed(equal):
    assert "aligned    3*sin(x)\n" in equal("2.9971*sin(x)", "3*sin(x)").out


# --- variables --------------------------------------------------------------------------------------------------------


def test_the_domain_decides(equal):
    assert equal("abs(x)", "x", "--var", "x=0.1:3").code == 0
    assert equal("abs(x)", "x", "--var", "x=-3:3").code == 1
    assert equal("sqrt(x**2)", "-x", "--var", "x=log:0.01:1:negative").code == 0
    assert equal("sqrt(x**2)", "-x", "--var", "x=log:0.01:1:both").code == 1


def test_variables_without_a_sampling_are_named(equal):
    said = equal("log(x)*y", "y*log(x) + 0*z", "--var", "x=grid:1:2", "--json")
    assert said.code == 0
    assert said.err == "y, z: the range is 0.1:3; --var y=LOW:HIGH gives another\n"
    json.loads(said.out)


def test_a_variable_that_the_truth_has_not(equal):
    said = equal("x + y", "x")
    assert said.code == 1
    assert "x, y: the range is 0.1:3" in said.err


@pytest.mark.parametrize("name", ["e", "pi", "E", "I", "N", "S", "sin", "_"])
def test_names_of_constants_and_functions_are_variables_where_var_says_so(equal, name):
    said = equal(f"{name} + {name}", f"2*{name}", "--var", f"{name}=1:2")
    assert (said.code, said.err) == (0, "")
    assert name in said.out
    assert equal(f"{name}**2", f"2*{name}", "--var", f"{name}=1:2").code == 1


def test_without_it_e_and_pi_are_constants(equal):
    assert equal("2.718281828459045*x", "e*x").code == 0
    assert equal("2 + 3", "5").code == 0


# --- formulas and options ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("found", "truth"),
    [("-x", "0 - x"), ("-h", "-h*2/2"), ("--x", "x"), ("-3", "-3"), ("-(x)", "-x"), ("-j+s", "s-j"), ("+x", "x")],
)
def test_a_formula_may_begin_with_a_minus(equal, found, truth):
    for options in ([], ["--json"]):
        assert equal(*options, found, truth).code == 0
        assert equal(found, truth, *options).code == 0
    assert equal("--", found, truth).code == 0


def test_formulas_from_files(equal, tmp_path):
    (tmp_path / "found.txt").write_text("  2.9971 *\nsin(x)\n")
    said = equal("@found.txt", "3*sin(x)")
    assert said.code == 0
    assert "recovered" in said.out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["x +", "x"], ["FOUND is not a formula", "ends where a value should follow", "'x +'"]),
        (["x", "sen(x)"], ["TRUTH is not a formula", "unknown function 'sen'", "Did you mean: sin?"]),
        (["x", ""], ["TRUTH is not a formula", "must not be empty"]),
        (["x", "__import__('os')"], ["TRUTH is not a formula", "unknown function '__import__'"]),
        (["@none.txt", "x"], ["FOUND: cannot read none.txt: No such file"]),
        (["x", "@."], ["TRUTH: cannot read .: Is a directory"]),
        (["x", "@/dev/zero"], ["TRUTH: /dev/zero has more than 600,000 characters"]),
        (["x", "x", "--var", "x"], ["--var must be NAME=LOW:HIGH", "got 'x'"]),
        (["x", "x", "--var", "=1:2"], ["--var must be NAME=LOW:HIGH", "got '=1:2'"]),
        (["x", "x", "--var", "2x=1:2"], ["'2x=1:2'", "must be an ASCII identifier", "'2x'"]),
        (["x", "x", "--var", "x=3:-3"], ["'x=3:-3'", "low must be below high, got low = 3, high = -3"]),
        (["x", "x", "--var", "x=1:2", "--var", "x=1:3"], ["--var gives x twice"]),
        (["x", "x", "--var", "x=log:-1:2"], ["'x=log:-1:2'", "log sampling needs low > 0"]),
        (["x", "x", "--var", "x=1\n:a"], [r"'x=1\n:a'", "LOW:HIGH", r"got '1\n:a'"]),
        (["x", "x", "--var", "x=1:inf"], ["'x=1:inf'", "high must be a number between", "got inf"]),
        (["x", "x", "--time-limit", "-1"], ["-1.0 is not in the range"]),
        (["x", "x", "--tim-limit", "1"], ["--tim-limit", "Did you mean: --time-limit?"]),
        (["x"], ["Missing argument 'TRUTH'"]),
        (["div(a, b)", "a/b"], ["FOUND is not a formula", "'div' is ambiguous", "in gplearn it is 1 where"]),
        (["2.000 a", "2*a"], ["at character 7", "a product is written '2.000*a'", "--implicit-products"]),
        (["besselj(x)", "x"], ["'besselj' is a known function, but not supported"]),
        (["nan*x", "x"], ["nan is not a number and no variable", "--var"]),
        (["x", "zoo"], ["TRUTH is not a formula: zoo is no finite number"]),
        (["x", "x", "--dialect", "maple"], ["'maple' is not one of"]),
        (["x", "x", "--map", "X1"], ["--map must be PRINTED=NAME", "got 'X1'"]),
        (["x", "x", "--map", "X1=2x"], ["'X1=2x'", "must be an ASCII identifier"]),
        (["x", "x", "--map", "X1=x", "--map", "X1=y"], ["--map gives X1 twice"]),
        (["x", "x", "--var", "x=1:2", "--var", "`x`=1:3"], ["--var gives x twice"]),
    ],
)
def test_bad_input_is_one_line_and_exit_2(equal, arguments, words):
    said = equal(*arguments)
    assert said.code == 2
    assert said.out == ""
    for word in words:
        assert word in said.err
    assert "Traceback" not in said.err
    assert sum("Error:" in line for line in said.err.splitlines()) == 1
    assert len([line for line in said.err.splitlines() if line and not line.startswith(("Usage:", "Try "))]) == 1


def test_a_file_that_is_no_text_is_refused(equal, tmp_path):
    (tmp_path / "binary").write_bytes(b"\xff\xfe x")
    said = equal("@binary", "x")
    assert (said.code, len(said.err.splitlines())) == (2, 1)
    assert "FOUND: binary is not UTF-8 text" in said.err


# --- formulas of other programs -------------------------------------------------------------------------------------


def test_the_dialects_of_the_help_are_those_that_there_are():
    from srbench_lite.cli.equal import _DIALECTS
    from srbench_lite.expressions.dialects import DIALECTS

    assert list(DIALECTS) == list(_DIALECTS)


@pytest.mark.parametrize(
    ("arguments", "notes"),
    [
        (["div(X0, X1)", "x/y", "--dialect", "gplearn", "--var", "x=1:3", "--var", "y=1:2"],
         ["div is 1 where abs(b) <= 0.001", "X0 is x, variable 1 of 2", "X1 is y, variable 2 of 2"]),
        (["2.5 x y", "2.5*x*y", "--implicit-products"], ["values beside each other are read as products"]),
        (["X1*2", "2*x", "--map", "X1=x"], []),
        (["2*X1", "2*x", "--dialect", "operon", "--var", "x=1:2"], ["X1 is x, variable 1 of 1"]),
        (["'2*\"flow rate\"'".strip("'"), "2*q", "--map", "flow rate=q"], []),
        (["2*`flow rate`", "2*flow_rate", "--var", "flow rate=1:2"], []),
        (["np.log10(x[:, 0])", "log(a)/log(10)", "--dialect", "numpy", "--var", "a=1:2"],
         ["x[:, 0] is a, variable 1 of 1"]),
        ([r"\frac{1}{2} m v^{2}", "0.5*m*v**2", "--dialect", "latex"], []),
        (["E**x", "exp(x)", "--dialect", "sympy"], []),
        (["EXP(x)", "exp(x)"], ["EXP is read as exp"]),
    ],
)  # fmt: skip
def test_what_other_programs_print_is_the_same_function(equal, arguments, notes):
    said = equal(*arguments)
    assert (said.code, said.out.splitlines()[0]) == (0, "verdict    exact")
    assert [line for line in said.err.splitlines() if ": the range is" not in line] == [f"FOUND: {n}" for n in notes]


def test_the_truth_is_read_in_the_dialect_where_it_is_no_formula_otherwise(equal):
    said = equal(r"\frac{x}{2}", r"\frac{1}{2} x", "--dialect", "latex", "--var", "x=1:2")
    assert (said.code, said.err) == (0, "TRUTH: is read as a formula of latex, too\n")
    assert equal("sqrt(x)", "sqrt(abs(x))", "--dialect", "gplearn", "--var", "x=-3:3").code == 0
    assert equal("sqrt(x)", "sqrt(x)", "--dialect", "gplearn", "--var", "x=1:3").code == 0


# --- hostile formulas -------------------------------------------------------------------------------------------------

NESTED = "(" * 100_000 + "x" + ")" * 100_000
LONG = "x+" * 500_000 + "x"
SUM = "+".join(f"{i / 7}*x" for i in range(900))
HOSTILE = {"tower": "9**9**9**9", "nested": NESTED, "long": LONG, "exp": "exp(exp(exp(x)))", "sum": SUM, "e": "e**x**x"}


@pytest.mark.parametrize("formula", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_formulas_get_an_answer_or_one_line(equal, formula):
    """There is no clock here: one that hangs, hangs the test."""
    for found, truth in ((formula, "x"), ("x", formula), (formula, f"{formula} + 1"), (formula, formula)):
        said = equal(found, truth, "--var", "x=-3:3", "--time-limit", "1")
        assert said.code in (0, 1, 2, 3)
        assert len(said.err) < 300
        assert (said.out == "") == (said.code == 2)
        assert len(said.err.splitlines()) == (said.code == 2)


def test_a_megabyte_from_a_file_is_refused(equal, tmp_path):
    (tmp_path / "long.txt").write_text(LONG)
    said = equal("@long.txt", "x")
    assert (said.code, said.out) == (2, "")
    assert said.err == "Error: FOUND: long.txt has more than 600,000 characters, the most of a formula; shorten it\n"


def test_ctrl_c_is_130(equal, monkeypatch):
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("srbench_lite.judging.judge.judge", interrupted)
    said = equal("x", "x + 1")
    assert said.code == 130
    assert "interrupted" in said.err
