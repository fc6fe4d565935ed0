"""Who is who on a site, and which runs its tables count."""

from __future__ import annotations

from made_sites import claim, content, usual

from srbench_lite.recording.claim import Worth


def test_a_method_of_two_submissions_stands_once_for_each():
    site = content(usual())
    assert list(site.methods) == ["far away", "forger", "good (one)", "good (two)", "old"]
    assert {one.checked.submission for one in site.methods["good (one)"]} == {"one"}
    rows = {(row.method, row.suite): row.runs for row in site.board.rows}
    assert rows[("good (one)", "sin")] == 4
    assert rows[("good (two)", "sin")] == 2


def test_a_claim_that_was_not_judged_counts_nowhere():
    site = content(usual())
    assert "far away" not in {row.method for row in site.board.rows}
    assert "else/where" not in site.groups


def test_a_forged_run_counts_with_the_scores_that_were_found():
    (row,) = (row for row in content(usual()).board.rows if row.method == "forger")
    assert row.recovery == 0
    assert row.nmse_test == 0.5


def test_the_newest_version_counts_and_the_others_are_history():
    site = content(usual())
    (row,) = (row for row in site.board.rows if row.method == "old")
    assert (row.runs, row.recovery) == (1, 1.0)
    _, board, began = site.history("old")
    assert list(began) == ["old [version 1]", "old [version 2]"]
    assert {row.method: row.recovery for row in board.rows} == {"old [version 1]": 0.0, "old [version 2]": 1.0}
    assert site.history("forger") is None


def test_versions_of_which_one_was_not_judged_are_no_history():
    claims = [claim("a", seed=0), claim("a", Worth.CLAIMED, method_version="9", seed=1)]
    assert content(claims).history("good") is None


def test_groups_hold_the_best_run_of_each_method_with_its_record():
    site = content([claim("a", seed=0, expression="x", verdict="different", recovered=False), claim("a", seed=1)])
    (group,) = site.groups["sin/plain"]
    assert (group["hits"], group["n"], group["record"].expression) == (1, 2, "sin(x)")


def test_a_site_of_nothing_has_empty_tables():
    site = content([])
    assert site.board.rows == ()
    assert site.groups == {}
    assert site.methods == {}
