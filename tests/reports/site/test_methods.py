"""The page of a method: its card, its scores, its history, and what was rejected."""

from __future__ import annotations

import pytest
from made_sites import Seen, claim, content, usual

from srbench_lite.methods.discovery import discover
from srbench_lite.reports.method_card import MethodCard
from srbench_lite.reports.site.methods import method_pages


@pytest.fixture(name="pages", scope="module")
def _pages() -> dict[str, Seen]:
    return {address: Seen(page) for address, page in method_pages(content(usual()))}


def test_the_list_has_every_method(pages):
    assert [row[0] for row in pages["methods/index.html"].rows] == [
        "method", "far away", "forger", "good (one)", "good (two)", "old"
    ]  # fmt: skip


def test_a_forged_verdict_stands_with_both_words(pages):
    page = pages["methods/forger.html"]
    assert page.headings == ["forger", "Scores", "Rejected claims"]
    assert page.rows[-1][:7] == [
        "sin/plain", "0", "0", "rejected claimed exact, judged different", "exact", "different", "5.0e-01"
    ]  # fmt: skip


def test_versions_are_history_the_oldest_first(pages):
    page = pages["methods/old.html"]
    assert page.headings == ["old", "Scores", "History", "Without noise"]
    assert [row[0] for row in page.rows[-2:]] == [
        "old [version 1] since 2026-01-01",
        "old [version 2] since 2026-02-01",
    ]
    assert [row[1] for row in page.rows[-2:]] == ["2 [1, 2]", "1 [1, 2]"]
    assert [row[3] for row in page.rows[-2:]] == ["0 % [0, 79]", "100 % [21, 100]"]


def test_a_method_without_a_judged_run_says_so(pages):
    (page,) = (page for page in pages.values() if page.headings[:1] == ["far away"])
    assert "No run of it could be judged here." in page.text


def test_an_installed_method_shows_its_card():
    registry = discover()
    card = MethodCard.of(registry.method("lasso"), registry)
    pages = dict(method_pages(content([claim("a", method="lasso")], cards={"lasso": card})))
    seen = Seen(pages["methods/lasso.html"])
    assert card.method.summary in seen.text
    assert card.method.source in seen.text
    assert ["degree", "3"] in seen.rows  # of the run's parameters
