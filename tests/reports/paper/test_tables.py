"""Tables of single suites, and of methods."""

from __future__ import annotations

from papers import MISSED, grid, results_of
from records import record

from srbench_lite.methods.discovery import discover
from srbench_lite.reports.paper import tables


def test_perturbed_runs_have_lines_of_their_own():
    few = {"perturbation": {"train_size": 20, "dummies": 3}}
    summary = tables.summary(results_of([*grid(), *grid(**few)]))
    assert summary.count("train 20, 3 dummies") == 2
    assert summary.count("\\bfseries") == 4


def test_the_best_is_bold_what_is_close_is_marked_and_candidates_have_a_column():
    summary = tables.summary(results_of([*grid("a"), *grid("b", tasks=2), record(task="sin/2", method="b", **MISSED)]))
    assert r"a & \bfseries 100.0 & [44, 100]" in summary
    assert r"b & 66.7\textsuperscript{\dag}" in summary
    assert "{any" not in summary
    assert r"{any, \%}" in tables.summary(results_of(grid(recovered_any=True)))


def test_methods_are_cited_and_short_names_explained():
    known = {"lasso": discover().methods["lasso"]}
    table = tables.methods(known, ["lasso", "other_one"], {"lasso": "4"})
    assert r"\citep{friedman2010regularization," in table
    assert r"other\_one &  & not installed & --" in table
    assert tables.variants({}) == ""
    assert r"m (1) & m [a\_b=1]" in tables.variants({"m (1)": "m [a_b=1]"})


def test_hyper_parameters_are_all_there_and_can_be_broken():
    text = tables.hyper_parameters({"a_b": '{"rate": 0.5, "many_words": [8, 16]}', "c": "{}"})
    assert r"\item[a\_b] \texttt{rate=\allowbreak{}0.5}, \texttt{many\_\allowbreak{}words=\allowbreak{}[8," in text
    assert r"\item[c] none" in text
