"""The page that says how to hand in results."""

from __future__ import annotations

from made_sites import Seen, claim, content

from srbench_lite.reports.site.submitting import submit_page


def test_it_says_where_to_send_a_submission_and_how_the_site_was_made():
    site = content([claim("a")], contact="board@example.org", command="srbench site --out s a.json")
    seen = Seen(submit_page(site))
    assert seen.headings == [
        "Submit", "What is verified", "What is the submission's word", "Suites that are known here",
        "How this site is made",
    ]  # fmt: skip
    assert "Send it to: board@example.org" in seen.text
    assert "srbench site --out s a.json" in seen.text
    assert ["sin", "2"] in seen.rows
    assert "Send it to" not in Seen(submit_page(content([claim("a")]))).text
