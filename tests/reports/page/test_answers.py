"""The sentences at the top of the page."""

from __future__ import annotations

from srbench_lite.reports.page.answers import answers_of

STANDING = {"noise": 0.0, "perturbation": "none", "metric": "recovery", "lines": [{"method": "a"}, {"method": "b"}]}


def weakness(cells, costs=()):
    table = {"by": "variables", "total": {"a": [0.8, 0.7, 0.9, 40]}, "cells": cells}
    return {"noise": 0.0, "perturbation": "none", "breakdowns": [table], "costs": list(costs)}


def sentences(*arguments, standing=STANDING):
    return [sentence for one in answers_of([standing], [weakness(*arguments)]) for sentence in one["sentences"]]


def test_the_weakest_kind_is_one_that_is_surely_below_the_average():
    cells = [
        ["1", "a", 1.0, 0.9, 1.0, 20], ["2", "a", 0.5, 0.3, 0.7, 12], ["9", "a", 0.0, 0.0, 0.5, 4],
        ["7", "a", 0.4, 0.2, 0.85, 6], ["3", "b", 0.0, 0.0, 0.1, 30],
    ]  # fmt: skip
    assert sentences(cells) == [
        "a recovers least of the tasks with 2 variables: 50 % of 12 (95 %: 30 to 70), against 80 % of all."
    ]
    assert sentences(cells[:1]) == ["No kind of task can be named of which a recovers surely less than of all."]


def test_one_variable_is_no_plural():
    assert "with 1 variable:" in sentences([["1", "a", 0.5, 0.3, 0.7, 12]])[0]


def test_what_a_fit_costs_is_said_beside_the_cheapest_and_the_dearest():
    costs = [{"method": m, "seconds": s, "memory": b} for m, s, b in (("a", 1.5, 200.4), ("b", 0.25, None))]
    assert sentences([], costs[:1])[1] == "A fit of a takes 1.5 s and 200 MiB in the median."
    assert sentences([], costs)[1] == "A fit of a takes 1.5 s and 200 MiB in the median; that of b 0.25 s."
    dear = {"method": "c", "seconds": 40.0, "memory": None}
    assert sentences([], [*costs, dear])[1].endswith("; that of b 0.25 s, of c 40 s.")


def test_data_without_a_truth_have_no_weakest_kind():
    assert sentences([], standing=STANDING | {"metric": "accuracy"}) == []
    assert sentences([], standing=STANDING | {"lines": []}) == []
