"""The sentences at the top of the page."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from srbench_lite.comparing.statistics import wilson_interval
from srbench_lite.reports.page.answers import answers_of

STANDING = {
    "noise": 0.0,
    "perturbation": "none",
    "metric": "recovery",
    "lines": [{"method": "a"}, {"method": "b"}],
    "duels": [[None, [3, 1, 2, 0.1, -0.05, 0.25, 0.3]]],
}


def weakness(cells, costs=()):
    table = {"by": "variables", "total": {"a": [0.8, 0.7, 0.9, 40]}, "cells": cells}
    return {"noise": 0.0, "perturbation": "none", "breakdowns": [table], "costs": list(costs)}


def kind(level, rate, tasks):
    return [level, "a", rate, *wilson_interval(rate, tasks), tasks]


def sentences(*arguments, standing=STANDING):
    return [sentence for one in answers_of([standing], [weakness(*arguments)]) for sentence in one["sentences"]]


def test_the_weakest_kind_is_one_that_is_surely_below_the_average():
    cells = [
        ["1", "a", 1.0, 0.9, 1.0, 20], kind("2", 0.4, 12), ["9", "a", 0.0, 0.0, 0.5, 4],
        ["7", "a", 0.4, 0.2, 0.85, 6], ["3", "b", 0.0, 0.0, 0.1, 30],
    ]  # fmt: skip
    assert sentences(cells) == [
        "a recovers least of the tasks with 2 variables: 40 % of 12 (95 %: 18 to 67), against 80 % of all formulas."
    ]
    assert sentences(cells[:1]) == ["No kind of task can be named of which a recovers surely less than of all."]


def test_one_variable_is_no_plural():
    assert "with 1 variable:" in sentences([kind("1", 0.4, 12)])[0]


def test_the_worst_of_many_kinds_must_lie_farther_below():
    many = [kind(str(number), 0.8, 20) for number in range(2, 40)]
    below = kind("1", 0.55, 20)
    assert below[4] < 0.8
    assert "with 1 variable:" in sentences([below])[0]
    assert sentences([below, *many]) == sentences(many)
    assert "with 1 variable:" in sentences([kind("1", 0.3, 20), *many])[0]


@given(st.integers(5, 200), st.floats(0, 1), st.floats(0, 1))
def test_of_one_kind_it_is_the_interval_that_decides(tasks, rate, whole):
    table = weakness([kind("1", rate, tasks)])
    table["breakdowns"][0]["total"]["a"][0] = whole
    (said,) = answers_of([STANDING], [table])
    high = wilson_interval(rate, tasks).high
    if abs(high - whole) > 1e-9 and high > rate and whole < 1:
        assert ("recovers least" in said["sentences"][0]) == (high < whole)


def test_what_a_fit_costs_is_said_beside_the_cheapest_and_the_dearest():
    costs = [{"method": m, "seconds": s, "memory": b} for m, s, b in (("a", 1.5, 200.4), ("b", 0.25, None))]
    assert sentences([], costs[:1])[1] == "A fit of a takes 1.5 s and 200 MiB in the median."
    assert sentences([], costs)[1] == "A fit of a takes 1.5 s and 200 MiB in the median; the other, b, 0.25 s."
    dear = {"method": "c", "seconds": 40.0, "memory": None}
    assert sentences([], [*costs, dear])[1].endswith("; the quickest other, b, 0.25 s, the slowest, c, 40 s.")


def test_data_without_a_truth_have_no_weakest_kind_but_a_cost():
    accuracy = STANDING | {"metric": "accuracy"}
    assert sentences([], standing=accuracy) == []
    assert sentences([], [{"method": "a", "seconds": 1.5, "memory": None}], standing=accuracy) == [
        "A fit of a takes 1.5 s in the median."
    ]
    assert sentences([], standing=STANDING | {"lines": []}) == []
    assert [one["metric"] for one in answers_of([STANDING, accuracy], [weakness([])])] == ["recovery"]


def test_the_first_that_is_surely_behind_is_named_where_it_is_not_the_next():
    lines = [{"method": name} for name in "abc"]
    unsure, sure = [3, 1, 2, 0.1, -0.05, 0.25, 0.3], [9, 1, 2, 0.186, 0.123, 0.25, 0.001]
    tied = STANDING | {"lines": lines, "duels": [[None, unsure, sure]]}
    assert sentences([], standing=tied)[0] == (
        "The first that is surely behind a is c, with 18.6 points less (95 %: 12.3 to 25.0)."
    )
    ahead = STANDING | {"lines": lines, "duels": [[None, sure, sure]]}
    assert not any("behind" in sentence for sentence in sentences([], standing=ahead))
