"""`srbench leaderboard`: formats, files and `--check`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from commands import LINES
from compared_runs import store
from places import HOSTILE
from records import record

from srbench_lite.recording.exchange import write_records
from srbench_lite.recording.record import Record


def test_a_format_that_fails_is_named(filled, tmp_path):
    (tmp_path / "formats.py").write_text(
        "from srbench_lite import Reporter, hookimpl\n@hookimpl\ndef srbench_reporters():\n"
        "    return [Reporter(name='none', summary='x', render=lambda b: None),\n"
        "            Reporter(name='bad', summary='x', render=lambda b: 1 / 0)]\n"
    )
    none = filled("leaderboard", "--plugin", "formats.py", "--format", "none")
    bad = filled("leaderboard", "--plugin", "formats.py", "--format", "bad")

    assert (none.code, bad.code) == (1, 1)
    assert "the format none must return a text" in none.err
    assert "the format bad failed: ZeroDivisionError" in bad.err


@pytest.mark.parametrize("form", ["terminal", "markdown", "csv", "latex", "json"])
def test_every_format_has_every_method(filled, form):
    said = filled("leaderboard", "--format", form)

    assert said.code == 0
    assert "good" in said.out
    assert "finds-nothing" in said.out


def test_leaderboard_check_notices_a_stale_file(filled, tmp_path):
    command = ["leaderboard", "--format", "markdown", "--out", "board.md"]
    filled(*command)
    current = filled(*command, "--check")
    (tmp_path / "board.md").write_text("old")
    stale = filled(*command, "--check")

    assert (current.code, stale.code) == (0, 1)
    assert "not current" in stale.err
    assert (tmp_path / "board.md").read_text() == "old"


def test_tasks_that_points_cannot_show_can_be_left_out(call, monkeypatch):
    monkeypatch.setattr("srbench_lite.reports.paper.document.draw", lambda *_: [])  # figures show nothing of it
    records = [
        record(task="sin/hidden", method=method, identifiable=False, recovered=False, verdict="different")
        for method in ("a", "b")
    ] + [record(task=f"sin/{k}", method=method, identifiable=True) for k in range(2) for method in ("a", "b")]
    path = store("a.db", *records)
    write_records(records, Path("a.json"), form="json")
    said = "1 task whose truth points in float64 cannot show is left out."
    for source in (("--store", path), ("--from", "a.json")):
        every, some = call("leaderboard", *source), call("leaderboard", *source, "--identifiable")
        assert "sin, noise 0, 3 tasks" in every.out
        assert said not in every.out
        assert "sin, noise 0, 2 tasks" in some.out
        assert said in some.out
        assert "100 %" in some.out.split("recovery")[1]
    assert said in call("paper", "--store", path, "--identifiable").err
    assert said in call("compare", "a", "b", "--store", path, "--identifiable").err
    assert call("report", "--store", path, "--identifiable", "--out", "page.html").code == 0
    assert said in Path("page.html").read_text()


def _standing(*methods: str) -> list[Record]:
    """Return runs on three tasks in two suites; each method but the first recovers one less."""
    return [
        record(method=method, suite=suite, task=f"{suite}/{k}", truth=f"x**{k + 2} + {suite}", recovered=k >= place,
               verdict="exact" if k >= place else "different")
        for place, method in enumerate(methods) for suite, k in (("r", 0), ("r", 1), ("s", 2))
    ]  # fmt: skip


@pytest.mark.parametrize("form", ["terminal", "markdown", "csv", "latex", "json"])
def test_overall_of_a_store_and_of_a_file(call, form):
    records = _standing("a", "b")
    path = store("a.db", *records)
    write_records(records, Path("a.json"), form="json")
    of_store = call("leaderboard", "--overall", "--format", form, "--store", path)
    of_file = call("leaderboard", "--overall", "--format", form, "--from", "a.json")
    assert (of_store.code, of_file.code) == (0, 0)
    claims = "6 verdicts as in the file, not judged here"
    assert (claims in of_file.out) is (form != "csv")
    assert claims not in of_store.out
    assert "75" in of_store.out


def test_overall_ranks_what_all_have_where_asked(call):
    path = store("a.db", *_standing("a", "b"), record(method="c", suite="r", task="r/1", truth="x**3 + r"))
    plain, common = (call("leaderboard", "--overall", "--store", path, *more) for more in ((), ("--common",)))
    assert "Not ranked, since they did not run on every task: c lacks 2 of 3 (r 1 of 2, s 1 of 1)." in plain.out
    assert "1 suite, 1 task, 1 formula" in common.out
    assert "2 tasks are left out" in common.out
    assert "Not ranked" not in common.out


def test_overall_by_another_metric_and_of_some(call):
    path = store("a.db", *_standing("a", "b"))
    by_error = call("leaderboard", "--overall", "--metric", "accuracy", "--store", path)
    assert "digits of accuracy" in by_error.out
    assert "12.00 digits of accuracy" in by_error.out
    some = call("leaderboard", "--overall", "--suite", "r", "--method", "b", "--store", path)
    assert "b recovers 50.0 %" in some.out
    assert "in r; no other method" in some.out


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--common"], "--common is an option of --overall; give both"),
        (["--metric", "accuracy"], "--metric is an option of --overall; give both"),
        (["--overall", "--metric", "acuracy"], "Did you mean: accuracy?"),
        (["--overall", "--format", "terminall"], "Did you mean: terminal?"),
    ],
)
def test_options_that_do_not_go_together_are_refused(call, options, said):
    path = store("a.db", *_standing("a"))
    found = call("leaderboard", "--store", path, *options)
    assert found.code == 2
    assert said in found.err


def test_a_format_without_overall_says_which_have_it(call):
    path = store("a.db", *_standing("a"))
    Path("formats.py").write_text(
        "from srbench_lite import Reporter, hookimpl\n@hookimpl\ndef srbench_reporters():\n"
        "    return [Reporter(name='names', summary='x', render=str),\n"
        "            Reporter(name='both', summary='x', render=str, render_overall=lambda t: t.tables[0].verdict)]\n"
    )
    options = ["--overall", "--store", path, "--plugin", "formats.py", "--format"]
    none, both = call("leaderboard", *options, "names"), call("leaderboard", *options, "both")
    assert none.code == 2
    assert "the format names has no tables of --overall; those that have: both, csv, json" in none.err
    assert both.out.startswith("a recovers 100.0 %")


def test_overall_of_nothing_says_how_to_begin(call):
    empty = store("a.db")
    found = call("leaderboard", "--overall", "--store", empty)
    assert found.code == 5
    assert "There are no such records." in found.out


def test_overall_is_written_and_checked(call):
    path = store("a.db", *_standing("a", "b"))
    command = ["leaderboard", "--overall", "--format", "markdown", "--out", "overall.md", "--store", path]
    assert call(*command).code == 0
    assert "None can be called best: a recovers 100.0 %" in Path("overall.md").read_text()
    assert call(*command, "--check").code == 0


SUITE = """
[suite]
name = "toys"

[[tasks]]
name = "line"
truth = "x"
variables.x = { low = -1, high = 1 }
"""


@pytest.mark.parametrize("more", [[], ["--overall"]], ids=" ".join)
def test_suites_by_their_file_noise_levels_and_perturbations_are_chosen(call, more):
    Path("toys.toml").write_text(SUITE)
    records = [
        record(suite=suite, task=f"{suite}/line", method=method, noise=noise, perturbation=perturbation)
        for suite in ("toys", "sin") for method in ("a", "b")
        for noise, perturbation in ((0.0, {}), (0.1, {}), (0.1, {"dummies": 2}))
    ]  # fmt: skip
    path = store("a.db", *records)
    write_records(records, Path("a.json"), form="json")
    for source in (("--store", path), ("--from", "a.json")):
        own = call(
            "leaderboard", *source, "--suite", "toys.toml", "--noise", "0.1", "--perturbation", "2 dummies", *more
        )
        assert (own.code, own.err) == (0, "")
        heads = [line.lower() for line in own.out.splitlines() if "noise" in line]
        assert heads
        assert all("noise 0.1" in head for head in heads)
        assert "2 dummies" in own.out
        assert "sin" not in "".join(heads)
        wrong = call("leaderboard", *source, "--noise", "0.5", *more)
        assert (wrong.code, "no run has the noise level 0.5." in wrong.err, "Known: 0, 0.1" in wrong.err) == (
            2,
            True,
            True,
        )
    missing = call("leaderboard", "--store", path, "--suite", "absent.toml", *more)
    assert (missing.code, "absent.toml" in missing.err) == (2, True)


def test_runs_with_a_tag_make_a_leaderboard_and_an_export_of_their_own(srbench, tmp_path):
    """A tag of one command goes to what it runs and to what was there before; the other runs have none."""
    (tmp_path / "toy.toml").write_text(LINES)
    command = ("run", "--plugin", str(HOSTILE), "-s", "toy.toml", "-q", "-m")
    assert srbench(*command, "good").code == 0
    assert srbench(*command, "random", "-m", "good", "--task", "toy/line", "--tag", "one").code == 0
    rows = json.loads(srbench("leaderboard", "--tag", "one", "--format", "json").out)["rows"]
    overall = srbench("leaderboard", "--tag", "one", "--overall", "--format", "json")
    exported = srbench("export", "--tag", "one", "--out", "one.json")

    assert {(row["method"], row["runs"]) for row in rows} == {("good", 1), ("random", 1)}
    assert overall.code == 0
    assert exported.out == "2 records written to one.json\n"
    assert "unknown tag 'on'. Did you mean: one?" in srbench("export", "--tag", "on", "--out", "one.json").err
    assert "--from is a file" in srbench("leaderboard", "--tag", "one", "--from", "one.json").err
    assert "a tag has letters" in srbench(*command, "good", "--tag", "two words").err
