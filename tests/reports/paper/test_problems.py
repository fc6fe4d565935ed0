"""The tables of tasks."""

from __future__ import annotations

from srbench_lite.reports.paper.problems import problems


def group(task, method, hits, **more):
    return {
        "task": task,
        "method": method,
        "hits": hits,
        "n": 2,
        "truth": "x",
        "id": len(task),
        "odd": "",
        "status": "ok",
    } | more


GROUPS = [
    group("s/1", "a", 2),
    group("s/1", "b", 0),
    group("s/22", "a", 0),
    group("s/22", "b", 0, odd="unlike", status="failed"),
]


def test_the_tasks_that_nobody_recovered():
    text = problems(GROUPS, {4: (None, "no points_"), 3: ("x + 1", None)}, "missed")
    assert "The 1 task of 2 that no method recovered" in text
    assert r"\texttt{s/22}" in text
    assert r"\texttt{s/1}" not in text
    assert r"\emph{no points\_}" in text


def test_all_tasks_with_the_best_formulas():
    text = problems(GROUPS, {3: ("x + 1", None), 4: ("x", None)}, "all")
    assert "All 2 tasks" in text
    assert r"\quad a & 2/2 & $\displaystyle x + 1$ \\[2pt]" in text
    assert r"$\displaystyle x$ \emph{(unlike)}" in text


def test_there_is_a_sentence_where_there_are_none():
    assert problems(GROUPS[:2], {}, "missed").startswith("Every task was recovered by some method.")
    assert problems([group("s/1", "a", None)], {}, "missed").startswith("No task has a known truth.")
