"""Warnings that methods printed, as the page has them."""

from __future__ import annotations

import pytest
from browser import browse, needs_chromium
from pages import written
from records import record

from srbench_lite.comparing.runs import RunTable
from srbench_lite.recording.store import Store
from srbench_lite.reports.page.content import COLUMNS, content_of
from srbench_lite.reports.page.printed_warnings import warnings_of

LOUD = (
    "a.py:1: RuntimeWarning: <b>overflow\x1b[2J\nb.py:2: RuntimeWarning: <b>overflow\x1b[2J\nc.py:1: UserWarning: x\n"
)


@pytest.fixture(name="store")
def _store(tmp_path):
    counted = {"warnings": {"RuntimeWarning": 2, "UserWarning": 1}}
    with Store(tmp_path / "runs.db") as store:
        store.add_all([
            record(method="loud", output=LOUD, extras=counted),
            record(method="loud", seed=1, output="fine"),
            record(method="loud", seed=2, output="a.py:1: UserWarning: x\n", extras={"warnings": {"UserWarning": 1}}),
            record(method="from a file", extras={"warnings": {"UserWarning": 5}}),
            record(method="own word", extras={"warnings": "none", "note": "warnings"}),
            record(method="left out", extras=counted),
        ])  # fmt: skip
        yield store


def test_warnings_are_counted_and_the_commonest_is_named(store):
    run_table = RunTable.from_store(store, COLUMNS, methods=["loud", "from a file", "own word"])
    assert warnings_of(store, run_table.runs) == [
        {
            "method": "from a file", "count": 5, "runs": 1, "of": 1, "categories": "UserWarning", "text": None,
        },
        {
            "method": "loud", "count": 4, "runs": 2, "of": 3, "categories": "RuntimeWarning, UserWarning",
            "text": "RuntimeWarning: <b>overflow\\x1b[2J",
        },
    ]  # fmt: skip


@needs_chromium
def test_the_page_shows_them_of_the_chosen_methods(store, tmp_path):
    run_table = RunTable.from_store(store, COLUMNS, methods=["loud", "own word"])
    content = content_of(run_table, {}, {}) | {"warnings": warnings_of(store, run_table.runs)}
    page = written(content, tmp_path / "page.html")
    script = """
      found.cells = all('#warnings tbody tr > *').map((c) => c.textContent);
      found.bold = all('#warnings b').length;
      document.querySelector('#methods input').click();
      found.hidden = document.getElementById('warned').hidden;
    """
    found, console = browse(page, script, tmp_path)
    text = "RuntimeWarning: <b>overflow\\x1b[2J"
    assert found["cells"] == ["loud", "4", "2 of 3", "RuntimeWarning, UserWarning", text]
    assert (found["bold"], found["hidden"], console) == (0, True, "")
