"""The site as a whole: every link leads somewhere, nothing hostile acts, no page is large, the browser is content."""

from __future__ import annotations

import posixpath
import re
from pathlib import Path

import pytest
from browser import browse, needs_chromium
from made_sites import HOSTILE, Seen, claim, content, made, usual

from srbench_lite.recording.claim import Worth

HOSTILE_PARTS = {
    "method": HOSTILE, "method_version": HOSTILE, "expression": HOSTILE, "complaint": HOSTILE,
    "parameters": {HOSTILE: HOSTILE},
    "method_source": HOSTILE, "environment": {"cpu": HOSTILE}, "started_at": HOSTILE,
}  # fmt: skip


@pytest.fixture(name="site", scope="module")
def _site() -> dict[str, bytes]:
    return made(content(usual()))


@pytest.fixture(name="hostile", scope="module")
def _hostile() -> dict[str, bytes]:
    claims = [
        claim(HOSTILE, **HOSTILE_PARTS),
        claim("b", **HOSTILE_PARTS | {"method_version": "2"}),
        claim("b", Worth.REJECTED, why=HOSTILE, seed=1, **HOSTILE_PARTS),
        claim(HOSTILE, Worth.CLAIMED, why=HOSTILE, task=f"{HOSTILE.replace('/', '')}/{HOSTILE}", **HOSTILE_PARTS),
    ]  # fmt: skip
    return made(content(claims, title=HOSTILE, command=HOSTILE, contact=HOSTILE))


def broken_links(site: dict[str, bytes]) -> list[tuple[str, str]]:
    """Return the links that lead to no file of the site, each with its page."""
    broken = []
    for name, file in site.items():
        if not name.endswith(".html"):
            continue
        for address in Seen(file).links():
            if address.startswith(("#", "data:,")):
                continue
            if posixpath.normpath(posixpath.join(posixpath.dirname(name), address)) not in site:
                broken.append((name, address))
    return broken


def test_the_files_of_a_site(site):
    assert sorted(re.sub("-[0-9a-f]{8}", "-#", name) for name in site) == [
        "data/formulas/poly.csv", "data/formulas/sin.csv", "data/history/old.csv", "data/methods.csv",
        "data/runs/far-away-#.csv", "data/runs/forger.csv", "data/runs/good-one-#.csv",
        "data/runs/good-two-#.csv", "data/runs/old.csv", "data/scores.csv", "data/submissions.csv",
        "data/suites.csv", "data/time.csv",
        "index.html",
        "methods/far-away-#.html", "methods/forger.html", "methods/good-one-#.html", "methods/good-two-#.html",
        "methods/index.html", "methods/old.html",
        "runs/far-away-#.html", "runs/forger.html", "runs/good-one-#.html", "runs/good-two-#.html",
        "runs/index.html", "runs/old.html",
        "site.css", "site.js", "submit.html",
        "tasks/index.html", "tasks/poly.html", "tasks/poly/square-#.html", "tasks/sin.html",
        "tasks/sin/double.html", "tasks/sin/plain.html",
    ]  # fmt: skip


def test_all_links_lead_somewhere(site, hostile):
    assert broken_links(site) == []
    assert broken_links(hostile) == []


def test_the_same_claims_make_the_same_bytes(site):
    assert made(content(usual())) == site


def test_nothing_hostile_becomes_a_tag(hostile):
    for name, page in hostile.items():
        if name.endswith(".html"):
            seen = Seen(page)
            tags = [tag for tag, _ in seen.tags]
            assert tags.count("script") == 1
            assert "img" not in tags
            assert not [key for _, attributes in seen.tags for key in attributes if key.startswith("on")]
            assert "\u202e" not in page.decode()
            assert "\x00" not in page.decode()


def test_large_claims_make_no_large_page():
    formula = " + ".join(f"x*{k}.5" for k in range(2_000))
    claims = [claim("a", seed=k, method=f"m{k % 40}", expression=formula, complexity=10) for k in range(1_500)]
    assert max(len(file) for name, file in made(content(claims)).items() if name.endswith(".html")) < 2_000_000


def test_a_site_of_nothing_says_so():
    empty = made(content([]))
    assert broken_links(empty) == []
    assert "No run could be judged here" in Seen(empty["index.html"]).text


@needs_chromium
def test_the_browser_is_content_on_a_phone_and_tables_can_be_sorted(site, hostile, tmp_path: Path):
    script = """
    found.outside = performance.getEntriesByType('resource').map((e) => e.name).filter((n) => !n.startsWith('file:'));
    found.charts = all('.chart svg').filter((svg) => svg.getBoundingClientRect().height > 50).length;
    found.wide = document.documentElement.scrollWidth > innerWidth;
    const heads = all('table')[0].tHead.rows[0].cells;
    const column = (n) => [...all('table')[0].tBodies[0].rows].map((row) => row.cells[n].textContent);
    if (heads[1].querySelector('button')) { heads[1].querySelector('button').click(); found.runs = column(1); }
    if (heads[1].querySelector('button')) { heads[0].querySelector('button').click(); found.names = column(0); }
    """
    for name, files, address in (("usual", site, "runs/index.html"), ("hostile", hostile, "index.html")):
        folder = tmp_path / name
        for path, file in files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(file)
        found, console = browse(folder / address, script, tmp_path, width=500, through=folder / "site.js")
        assert console == ""
        assert found["outside"] == []
        assert not found["wide"]
        assert bool(found["charts"]) == (address == "index.html")
        if name == "usual":
            assert found["runs"] == ["6", "2", "2", "1", "1"]
            assert found["names"] == ["far away", "forger", "good (one)", "good (two)", "old"]
