"""An answer in the terminal, as a page, and in files."""

from __future__ import annotations

import json
import math
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from places import ROOT
from rich.cells import cell_len

from srbench_lite import Expression, Samples
from srbench_lite.fitting import Problem, refit
from srbench_lite.regression.answer import answer
from srbench_lite.regression.answer_text import (
    AnswerPage,
    answer_json,
    answer_markdown,
    front_table,
    latex_source,
    python_source,
    recommended_text,
    value_with_error,
    write_answer,
)
from srbench_lite.regression.labels import Labels

GOLDEN = ROOT / "tests/golden"


def swings(n: int = 40) -> tuple[Samples, Samples]:
    """Lengths on a grid and periods with an error that alternates: nothing is drawn."""
    length = np.linspace(0.1, 2.0, n)
    period = 2.006 * np.sqrt(length) + 0.01 * np.cos(7.0 * np.arange(n))
    samples = Samples(variables=("l",), x=length[:, None], y=period)
    chosen = np.arange(n) % 4 == 1
    return samples.rows(np.flatnonzero(~chosen)), samples.rows(np.flatnonzero(chosen))


def page(*further: str, held: bool = True, labels: Labels | None = None, target: float | None = None) -> AnswerPage:
    train, held_out = swings()
    if target is not None:
        train = Samples(variables=train.variables, x=train.x, y=np.full(len(train), target))
    formulas = [("lies", "2.01*sqrt(l)"), ("lasso", "0.9 + 0.75*l"), ("lasso", "1.8"), *(("lasso", f) for f in further)]
    found = [(method, Expression.parse(text)) for method, text in formulas]
    unseen = held_out if held else None
    labels = labels or Labels(target="T", headers={"l": "string length (m)", "T": "period"}, units={"T": "s"})
    return AnswerPage.of(
        answer(found, train, unseen), train, unseen, labels=labels, notes=("the separator is ';'", "2 rows dropped")
    )


def test_golden_terminal():
    shown = page("log(l - 0.2)", "2*sqrt(l) + 0.01")
    assert front_table(shown) + "\n" + recommended_text(shown) == (GOLDEN / "answer.txt").read_text(encoding="utf-8")


def test_golden_markdown():
    assert answer_markdown(page("log(l - 0.2)")) == (GOLDEN / "answer.md").read_text(encoding="utf-8")


def with_long(terms: int = 8, labels: Labels | None = None) -> AnswerPage:
    """A front that ends with a long formula."""
    train, _ = swings()
    text = " + ".join(f"0.0012345678*sin({1.234567 + 3 * k}*l + 0.1)" for k in range(terms))
    fitted = refit(Expression.parse(f"2.006*sqrt(l) + {text}"), Problem.of(train))
    return page(str(fitted.expression), held=False, labels=labels)


class TestFrontTable:
    @pytest.mark.parametrize("width", [60, 80, 120, 200])
    def test_fits_the_terminal(self, width):
        shown = with_long()
        assert len(shown.answer.rows) > 2
        assert max(map(cell_len, front_table(shown, width=width).splitlines())) <= width

    def test_long_formulas_are_wrapped_and_cut(self):
        short, long = front_table(with_long(1)), front_table(with_long(10))
        assert "..." not in short
        assert "..." in long
        assert len(long.splitlines()) <= 14

    def test_numbers_in_it_have_five_digits(self):
        assert not re.search(r"[1-9]\d*\.\d{6,}", front_table(with_long(2)))

    def test_only_one_row_has_the_arrow(self):
        assert front_table(with_long()).count("→") == 1

    def test_wide_letters_fit_too(self):
        labels = Labels(target="T", headers={"l": "糸の長さ", "T": "周期"})
        assert max(map(cell_len, front_table(with_long(labels=labels), width=80).splitlines())) <= 80

    def test_a_constant_target_shows_squared_errors(self):
        assert "MSE" in front_table(page(held=False, target=1.8))
        assert "NMSE" not in front_table(page(held=False, target=1.8))

    def test_what_is_left_out_is_counted(self):
        text = front_table(page("log(l - 0.2)", "log(l - 0.3)"))
        assert "2 formulas are left out: undefined on some rows (lasso)." in text

    def test_names_of_methods_are_no_markup(self):
        train, _ = swings()
        found = answer([("lasso [degree=2]", Expression.parse("2*sqrt(l)"))], train, None)
        assert "lasso [degree=2]" in front_table(AnswerPage.of(found, train, None, labels=Labels(target="T")))


class TestValueWithError:
    @pytest.mark.parametrize(
        ("value", "error", "text"),
        [
            (1.00312, 0.0035, "1.0031 ± 0.0035"),
            (1.00312, 0.0041, "1.003 ± 0.004"),
            (9.81, 0.03, "9.810 ± 0.030"),
            (12345.0, 67.0, "12340 ± 70"),
            (123456789.0, 6543.0, "(1.23457 ± 0.00007)e8"),
            (3.2e-8, 2e-10, "(3.200 ± 0.020)e-8"),
            (0.001, 5.0, "0 ± 5"),
            (99.96, 0.0999, "99.96 ± 0.10"),
            (-1.5, 0.0096, "-1.500 ± 0.010"),
            (5.0, 0.0, "5 (exact)"),
            (2.5, 1e-16, "2.5 (exact)"),
        ],
    )
    def test_digits(self, value, error, text):
        assert value_with_error(value, error) == text

    @given(
        st.floats(-1e12, 1e12, allow_subnormal=False),
        st.floats(1e-12, 1e12),
    )
    def test_what_is_lost_is_small_beside_the_error(self, value, error):
        text = value_with_error(value, error)
        if text.endswith("(exact)"):
            assert error <= 1e-13 * abs(value)
            return
        match = re.fullmatch(r"\(?(-?[\d.]+) ± ([\d.]+)(?:\)e(-?\d+))?", text)
        assert match is not None, text
        scale = 10.0 ** int(match[3] or 0)
        assert abs(float(match[1]) * scale - value) <= 0.15 * error + 1e-14 * abs(value)
        assert math.isclose(float(match[2]) * scale, error, rel_tol=0.15)


class TestRecommended:
    def test_constants_stand_with_their_errors(self):
        text = recommended_text(page())
        assert 'period = 2.01*sqrt("string length")' in text
        assert re.search(r"2\.01 {2}2\.00\d+ ± 0\.00\d+ {2}\(2\.0\d+ to 2\.0\d+\)", text)

    def test_a_constant_without_error_says_why(self):
        train, _ = swings()
        found = answer([("m", Expression.parse("1.313*exp(0.5*log(l) + 0.423)"))], train, None)
        text = recommended_text(AnswerPage.of(found, train, None, labels=Labels(target="T")))
        assert "0.423  no error: the rows tell only a combination of it and others" in text

    def test_without_held_out_rows_only_the_fit_is_said(self):
        text = recommended_text(page(held=False))
        assert "held out" not in text


class TestFiles:
    def test_the_function_gives_the_values_of_the_formula(self):
        shown = page()
        space: dict[str, object] = {}
        exec(python_source(shown), space)  # our own source: what a user would run
        train, _ = swings()
        values = space["predict"](train.x[:, 0])  # type: ignore[operator]
        assert values == pytest.approx(shown.answer.recommended.expression(train.columns), rel=1e-15)

    @pytest.mark.parametrize("header", ['"""', "a\nimport os", "back\\slash", "# x", "import", "%s {0}"])
    def test_no_header_becomes_code(self, header):
        labels = Labels(target="T", headers={"l": header, "T": header})
        space: dict[str, object] = {}
        exec(python_source(page(labels=labels)), space)  # our own source, whatever headers say
        assert set(space) == {"__builtins__", "np", "predict"}

    def test_latex_is_one_equation(self):
        text = latex_source(page())
        assert text.endswith("\\[\n  \\mathrm{period} = 2.01 \\, \\sqrt{\\mathrm{string\\ length}}\n\\]\n")
        assert all(line.startswith("%") for line in text.splitlines()[:-3])

    def test_json_holds_all_of_it(self):
        shown = page("log(l - 0.2)")
        read = json.loads(json.dumps(answer_json(shown), allow_nan=False))
        assert read["recommended"]["formula"] == "2.01*sqrt(l)"
        assert [row["recommended"] for row in read["front"]].count(True) == 1
        assert read["columns"] == {"T": {"name": "period", "unit": "s"}, "l": {"name": "string length", "unit": "m"}}
        assert read["rows"] == {"fitted": 30, "held_out": 10}
        (constant,) = read["recommended"]["constants"]
        low, high = constant["interval"]
        assert low < constant["fitted"] < high
        assert Expression.parse(read["recommended"]["refitted"]).constants == (constant["fitted"],)

    def test_all_files_are_written(self, tmp_path):
        written = write_answer(page(), tmp_path / "made")
        assert [path.name for path in written] == ["answer.json", "answer.md", "formula.py", "formula.tex"]
        assert all(path.read_text(encoding="utf-8") for path in written)
