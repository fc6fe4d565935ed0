"""The pages with runs: what is said of each beside what was found, in pages of a thousand."""

from __future__ import annotations

import dataclasses

from made_sites import Seen, claim, content, usual

from srbench_lite.recording.claim import Worth
from srbench_lite.reports.site.runs import run_pages


def test_the_list_counts_what_claims_are_worth():
    rows = Seen(dict(run_pages(content(usual())))["runs/index.html"]).rows
    assert rows[0] == ["method", "runs", "verified", "rejected", "claimed"]
    assert ["forger", "1", "0", "1", "0"] in rows
    assert ["far away", "1", "0", "0", "1"] in rows


def test_a_run_shows_both_verdicts_and_why_it_was_not_judged():
    claims = [
        claim("a", Worth.REJECTED, why="claimed exact, judged different", expression="x"),
        claim("b", Worth.CLAIMED, why="the task is not known here", method="other", task="else/where"),
    ]
    pages = dict(run_pages(content(claims)))
    (row,) = Seen(pages["runs/good.html"]).rows[1:]
    assert row == [
        "sin/plain", "0", "0", "rejected claimed exact, judged different", "exact", "different", "5.0e-01", "2", "1.5",
        "a", "x",
    ]  # fmt: skip
    (row,) = Seen(pages["runs/other.html"]).rows[1:]
    assert row[3:8] == ["claimed the task is not known here", "exact", "–", "–", "–"]


def test_a_thousand_runs_stand_on_a_page():
    first = claim("a")
    claims = [
        dataclasses.replace(first, claim=one, judged=one)
        for seed in range(2_001)
        for one in (dataclasses.replace(first.claim, seed=seed),)
    ]
    pages = {address: Seen(page) for address, page in run_pages(content(claims))}
    counts = {address: len(page.rows) - 1 for address, page in pages.items() if address.startswith("runs/good")}
    assert counts == {"runs/good.html": 1_000, "runs/good/2.html": 1_000, "runs/good/3.html": 1}
    assert "../../runs/good/3.html" in pages["runs/good/2.html"].links()
    assert pages["runs/good/2.html"].rows[1][2] == "1000"


def test_a_long_formula_is_cut():
    text = "+".join(["x"] * 200)
    pages = dict(run_pages(content([claim("a", expression=text, perturbation={"rescale": True})])))
    row = Seen(pages["runs/good.html"]).rows[1]
    assert row[1] == "rescaled"
    assert row[-1] == f"{text[:160]} …"
