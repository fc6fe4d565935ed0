"""Short names of variants."""

from __future__ import annotations

import pytest
from ablated_runs import DEFAULTS, four_variants, variant
from records import record

from srbench_lite.comparing.runs import RunTable
from srbench_lite.reports.page.content import COLUMNS
from srbench_lite.reports.page.variant_names import named_by_base


def names(records, defaults=None):
    table, remarks = named_by_base(RunTable.from_records(records, COLUMNS), defaults or {})
    assert list(table.runs["method"].cat.categories) == sorted(set(table.runs["method"]))
    return sorted(set(table.runs["method"])), remarks


@pytest.mark.parametrize("defaults", [{}, {"parts": DEFAULTS}])
def test_the_base_is_called_as_the_method_and_others_by_what_differs(defaults):
    found, remarks = names([*four_variants(), record(method="other")], defaults)
    assert found == ["other", "parts", "parts [prune=False]", "parts [restarts=1]", "parts [snap=False]"]
    assert remarks == [
        "Variants of parts are named by what tells them from the base, prune=True, restarts=8, snap=True."
    ]


def test_versions_and_limits_stay_in_the_names():
    shared = {"suite": "s", "task": "s/0", "method": "parts"}
    runs = [
        record(**shared, method_version=version, budget_seconds=seconds, parameters=DEFAULTS | changes)
        for version, seconds, changes in (("1", 60.0, {}), ("2", 60.0, {}), ("2", 10.0, {"snap": False}))
    ]
    assert names(runs, {"parts": DEFAULTS})[0] == [
        "parts [version 1, 60 s]", "parts [version 2, 60 s]", "parts [version 2, snap=False, 10 s]",
    ]  # fmt: skip


def test_names_stay_where_nothing_varies_or_no_base_can_be_told():
    assert names(variant((0,))) == (["parts"], [])
    either = [*variant((0,), snap=True), *variant((0,), snap=False)]
    assert names(either) == (["parts [snap=False]", "parts [snap=True]"], [])
