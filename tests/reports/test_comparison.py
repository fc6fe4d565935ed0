"""Comparisons in words and tables: the right word for each verdict, and names that are no markup."""

from __future__ import annotations

from dataclasses import replace

import pytest

from srbench_lite.comparing.comparison import Change, Comparison, Line
from srbench_lite.comparing.statistics import Interval, Judgement
from srbench_lite.reports.comparison import (
    amount,
    conclusion,
    difference,
    escaped,
    level,
    margin_of,
    markdown_table,
    p_value,
    render_markdown,
    render_plain,
    shortened,
)

LINE = Line(
    metric="recovery", suite=None, noise=None, tasks=20, runs=40, before=0.5, after=0.25, difference=-0.25,
    interval=Interval(-0.4, -0.1), narrow=Interval(-0.35, -0.15), error=0.08, least=0.1, p_value=0.00001, p_less=0.004,
    p_greater=0.99, effect=-0.5, verdict=Judgement.WORSE, margin=0.03, detectable=0.2,
)  # fmt: skip
TIME = replace(LINE, metric="time", before=0.0, after=1.0, difference=1.0, interval=Interval(0.5, 2.0), margin=0.3)


def comparison(*lines: Line, changes: int = 0, **settings: object) -> Comparison:
    tasks = tuple(
        Change(suite="s", task=f"s/{k}", noise=0.1, seeds=5, before=5 - k % 5, after=0) for k in range(changes)
    )
    return Comparison(before="old", after="new", lines=lines, changes=tasks, failures=(0, 0), **settings)


def test_numbers_are_in_the_units_that_people_read():
    assert level(LINE, 0.123) == "12.3 %"
    assert level(TIME, 2.0) == "100"
    assert level(replace(LINE, metric="accuracy"), 3.14) == "3.1"
    assert amount(LINE, 0.1) == "+10.0"
    assert amount(TIME, -1.0) == "×0.10"
    assert amount(replace(LINE, metric="accuracy"), -0.5) == "-0.50"
    assert difference(LINE) == "-25.0 [-40.0, -10.0]"
    assert difference(replace(LINE, interval=None)) == "-25.0 [–]"
    assert margin_of(LINE) == "3.0 points"
    assert margin_of(TIME) == "a factor of 2.00"
    assert margin_of(replace(LINE, metric="accuracy", margin=0.5)) == "0.50 digits"
    assert margin_of(LINE, 0.2) == "20.0 points"


@pytest.mark.parametrize(
    ("p", "text"),
    [(1e-9, "<0.0001"), (1e-4, "0.0001"), (0.01234, "0.012"), (0.0999, "0.1"), (0.456, "0.46"), (1.0, "1.00")],
)
def test_p_values_have_two_digits(p, text):
    assert p_value(p) == text


@pytest.mark.parametrize(
    ("verdict", "words"),
    [
        (Judgement.IDENTICAL, "new and old do not differ on any task"),
        (Judgement.EQUIVALENT, "new is equivalent to old"),
        (Judgement.BETTER, "new is better than old"),
        (Judgement.WORSE, "new is worse than old"),
        (Judgement.UNDECIDED, "whether new is better or worse than old is undecided"),
    ],
)
def test_each_verdict_is_a_sentence(verdict, words):
    text = conclusion(comparison(replace(LINE, verdict=verdict)), "recovery")
    assert text.startswith(f"recovery rate: {words} (-25.0 [-40.0, -10.0], margin 3.0 points")
    assert text.endswith(").")
    told = "these 20 tasks would show a difference of 20.0 points" in text
    assert told == (verdict in (Judgement.UNDECIDED, Judgement.IDENTICAL))


def test_a_metric_that_no_task_has_is_said():
    assert conclusion(comparison(LINE), "accuracy") == "digits of accuracy: no task has it on both sides."


def test_of_many_changes_the_largest_losses_and_gains_are_shown():
    changes = comparison(changes=9).changes
    shown, hidden = shortened(changes, 4)
    assert ([change.task for change in shown], hidden) == (["s/0", "s/1", "s/7", "s/8"], 5)
    assert shortened(changes, 9) == (list(changes), 0)
    assert shortened(changes, 0) == ([], 9)


def test_plain_text_has_conclusions_a_table_remarks_and_changes(monkeypatch):
    monkeypatch.setenv("COLUMNS", "120")
    found = comparison(LINE, TIME, replace(LINE, suite="s", noise=0.1), changes=3, unpaired=1)
    text = render_plain(replace(found, failures=(1, 2)), most=2)
    assert text.startswith("old -> new\n\nrecovery rate: new is worse than old")
    assert "\nseconds: new is worse than old (×10.00 [×3.16, ×100.00], margin a factor of 2.00).\n" in text
    assert "1 run without a partner is left out.\n" in text
    assert "1 run of old crashed or gave no valid formula, which counts as not recovered.\n" in text
    assert "2 runs of new crashed" in text
    assert "Tasks whose recovery changed (3):" in text
    assert "s/0     0.1  5 of 5  0 of 5" in text
    assert text.endswith("... and 1 more; --changes N lists more of them\n")


def test_markdown_folds_the_tasks():
    text = render_markdown(comparison(LINE, changes=3, unpaired=2), most=2)
    assert text.startswith("## old → new\n\n- recovery rate: new is worse than old")
    assert "2 runs without a partner are left out." in text
    assert "<summary>Tasks whose recovery changed: 3</summary>" in text
    assert "| s/0 | 0.1 | 5 of 5 | 0 of 5 |" in text
    assert "... and 1 more." in text
    assert "<details>" not in render_markdown(comparison(LINE), most=2)


def test_nothing_in_a_name_is_markup():
    assert escaped("a|b<c>`d`&\n") == r"a\|b&lt;c>'d'&amp; "
    table = markdown_table(["a|b"], [["<i>"], ["x\ny"]])
    assert table == "| a\\|b |\n| --- |\n| &lt;i> |\n| x y |"


def test_the_perturbation_is_a_column_where_there_is_one(monkeypatch):
    monkeypatch.setenv("COLUMNS", "160")
    line = replace(LINE, suite="s", noise=0.0, perturbation="train 20")
    change = Change(suite="s", task="s/0", noise=0.0, seeds=5, before=5, after=0, perturbation="train 20")
    plain, perturbed = comparison(LINE, changes=1), replace(comparison(LINE, line), changes=(change,))
    for render in (render_plain, render_markdown):
        assert "perturbation" not in render(plain, most=5)
        text = render(perturbed, most=5)
        assert text.count("perturbation") == 2
        assert text.count("train 20") == 2
