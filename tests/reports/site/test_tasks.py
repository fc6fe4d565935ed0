"""The pages of suites and tasks: the truth, who recovered it, and the formulas."""

from __future__ import annotations

import pytest
from made_sites import Seen, claim, content, usual

from srbench_lite.reports.site.tasks import task_pages


@pytest.fixture(name="pages", scope="module")
def _pages() -> dict[str, Seen]:
    return {address: Seen(page) for address, page in task_pages(content(usual()))}


def test_suites_say_how_many_tasks_somebody_recovered(pages):
    assert pages["tasks/index.html"].rows == [
        ["suite", "tasks", "recovered by somebody"], ["poly", "1", "1"], ["sin", "2", "2"]
    ]  # fmt: skip


def test_a_suite_says_who_recovered_each_task(pages):
    rows = {row[0]: row[2:] for row in pages["tasks/sin.html"].rows}
    assert rows["double"] == ["2 of 3", "good (one)"]
    assert rows["plain"] == ["4 of 5", "good (one), good (two), old"]
    assert "2 tasks with a known truth, each recovered by somebody" in pages["tasks/sin.html"].text


def test_a_task_shows_its_truth_and_the_formula_of_each_method(pages):
    page = pages["tasks/sin/plain.html"]
    assert "truth: sin" in page.text
    assert "x: -1 to 1" in page.text
    assert [row[0] for row in page.rows[1:]] == ["forger", "good (one)", "good (two)", "old"]
    assert page.rows[1][2:4] == ["0 of 1", "different 1 rejected"]
    assert page.rows[2][2:4] == ["2 of 2", "exact"]


def test_a_run_without_a_formula_says_how_it_ended(pages):
    row = pages["tasks/sin/double.html"].rows[2]
    assert row[0] == "good (two)"
    assert row[2:] == ["0 of 1", "crashed", "–", "–", "ValueError: no"]


def test_a_perturbation_has_a_column_where_there_is_one():
    claims = [claim("a"), claim("a", perturbation={"dummies": 1}, truth="sin(x2)")]
    pages = {address: Seen(page) for address, page in task_pages(content(claims))}
    assert [row[2] for row in pages["tasks/sin/plain.html"].rows] == ["perturbation", "none", "1 dummy"]
