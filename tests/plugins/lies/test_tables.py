"""The scripts that measure `lies`: what they plan, how they sort records, and what stands in their tables."""

from __future__ import annotations

from typing import Any

import ablate_lies
import measure_lies
import pytest
import records
from records import record

from srbench_lite.errors import UsageError
from srbench_lite.judging.scores import Scores
from srbench_lite.methods.discovery import discover
from srbench_lite.recording.record import Record, Status


@pytest.fixture(name="scripts", scope="module")
def _scripts() -> tuple[Any, Any]:
    return measure_lies, ablate_lies


def lost(**changes: Any) -> Record:
    return record(**{**records.NOTHING, "scores": Scores(verdict="different", recovered=False)} | changes)


PARAMETERS = {"restarts": 64, "sparsify": True, "prune": True, "snap": True, "closed_form": True, "network": True}


def of(method: str = "lies", found: bool = True, **changes: Any) -> Record:
    parameters = PARAMETERS | changes.pop("parameters", {})
    made: Record = (record if found else lost)(method=method, parameters=parameters, **changes)
    return made


# --- what is measured -----------------------------------------------------------------------------------------------


def test_every_promise_of_the_method_is_a_part(scripts):
    parts = scripts[0].PARTS
    aims = {name: round(part.aim, 3) for name, part in parts.items() if part.aim is not None}
    assert aims == {
        "poly2": 1, "sin": 1, "composite": 0.85, "nguyen": 0.917, "gaussian": 1, "feynman60": 0.55, "feynman12": 0.45,
        "feynman-noise": 0.35,
    }  # fmt: skip
    assert (parts["feynman12"].seconds, parts["feynman-noise"].noise, parts["gaussian"].seconds) == (12, 0.01, 10)


def test_a_part_plans_its_cells_and_knows_its_records(scripts):
    registry = discover()
    part = scripts[0].Part(suites=("nguyen",), method="lasso", seeds=3)
    cells = part.cells(registry)
    assert len(cells) == 36
    assert {cell.budget.seconds for cell in cells} == {60.0}
    mine = {"method": "lasso", "suite": "nguyen", "task": "nguyen/nguyen-8"}
    assert part.has(record(**mine, seed=2))
    for other in ({"seed": 3}, {"noise": 0.01}, {"budget_seconds": 12.0}, {"suite": "sin"}, {"method": "lies"}):
        assert not part.has(record(**mine | other))
    single = scripts[0].Part(suites=("feynman",), method="lasso", task="feynman/I.6.2a")
    assert [cell.task.name for cell in single.cells(registry)] == ["feynman/I.6.2a"]
    assert not single.has(record(**mine | {"suite": "feynman", "task": "feynman/I.8.14"}))


def test_figures_are_over_tasks_and_count_failures(scripts):
    figures = scripts[0].Figures(
        [
            of(task="sin/a", seed=0, seconds=1.0),
            of(task="sin/a", seed=1, seconds=2.0),
            of(task="sin/b", seed=0, seconds=3.0, found=False),
            of(task="sin/c", seed=0, seconds=60.0, found=False, status=Status.TIMEOUT),
        ]
    )
    assert figures.by_task == {"sin/a": 1.0, "sin/b": 0.0, "sin/c": 0.0}
    assert figures.found == "2 of 4"
    assert figures.rate == "33 % [6, 79]"  # Wilson for one of three
    assert figures.seconds == ("2.5", "16.5", "60.0")
    assert figures.failures == "1 timeout"


def test_the_tables_of_the_suites(scripts):
    script = scripts[0]
    runs = [
        of(suite="feynman", task=f"feynman/{name}", budget_seconds=limit, found=found)
        for name, limit, found in (("a", 60.0, True), ("b", 60.0, False), ("a", 12.0, True), ("b", 12.0, True))
    ]
    rows = list(script.table(runs))
    assert all(len(row) == len(script.HEADERS) for row in rows)
    assert [(row[0], row[1], row[3], row[4], row[6]) for row in rows] == [
        ("`lies`", "feynman", "60", "1 of 2", "55 %"),
        ("`lies`", "feynman", "12", "2 of 2", "45 %"),
    ]
    assert list(script.missed(runs)) == [("feynman", "0", "60", "b"), ("feynman", "0", "12", "–")]
    assert list(script.table([])) == list(script.missed([])) == []


def test_records_that_are_not_there_are_none(scripts, tmp_path):
    assert scripts[0].committed(tmp_path / "none.json") == []


# --- the ablation ---------------------------------------------------------------------------------------------------


def test_every_method_has_one_row_as_it_is(scripts):
    rows = scripts[1].ROWS
    assert [method for method, changes in rows.values() if not changes] == ["lies", "lies-fast", "lies-paper"]
    assert len({(method, *changes.items()) for method, changes in rows.values()}) == len(rows)


@pytest.mark.parametrize("backwards", [False, True])
def test_records_are_sorted_into_rows(scripts, backwards):
    """Of two variants the whole method is the one from which a row leads to the other."""
    runs = [
        of(task="g/a"), of(task="g/b", found=False), of(task="g/c"),
        of(task="g/a", found=False, parameters={"snap": False}), of(task="g/b", parameters={"snap": False}),
        of(task="g/c", parameters={"snap": False}),
        of("lies-paper", task="g/a"),
    ]  # fmt: skip
    if backwards:
        runs.reverse()
    rows = scripts[1].rows_of(runs)
    assert {name: len(some) for name, some in rows.items()} == {"lies": 3, "no snapping": 3, "lies-paper": 1}
    shown = {row[0]: row[1:] for row in scripts[1].table(runs)}
    assert shown["lies"] == ("0", "2 of 3", "67 % [21, 94]", "–", "–", "–", "–", "–", "1.5", "–")
    assert shown["no snapping"][:3] == ("0", "2 of 3", "67 % [21, 94]")
    assert shown["no snapping"][3].startswith("+0.0 [")
    assert shown["no snapping"][4:] == ("1.00", "undecided", "1 / 1", "×1", "1.5", "–")
    assert all(len(row) == len(scripts[1].HEADERS) for row in scripts[1].table(runs))


def test_records_of_no_row_are_refused(scripts):
    unknown = [of(), of(parameters={"depth": 7})]
    with pytest.raises(UsageError, match="the records of lies are not those of the rows"):
        scripts[1].rows_of(unknown)


def test_a_row_must_change_something(scripts, monkeypatch):
    registry = discover()
    pairs = registry.method("lasso").parameters()["pairs"]
    monkeypatch.setitem(scripts[1].ROWS, "idle", ("lasso", {"pairs": pairs}))
    monkeypatch.setitem(scripts[1].ROWS, "no pairs", ("lasso", {"pairs": 0}))
    assert scripts[1].variant(registry, "no pairs").parameters()["pairs"] == 0
    with pytest.raises(UsageError, match="are its defaults"):
        scripts[1].variant(registry, "idle")


def test_the_runs_are_on_the_ablation_tasks(scripts, monkeypatch):
    monkeypatch.setitem(scripts[1].ROWS, "no pairs", ("lasso", {"pairs": 0}))
    cells = scripts[1].cells(discover(), ["no pairs"], seconds=12, noise=0.01)
    assert len(cells) == 60
    assert {(c.budget.seconds, c.noise, c.seed, c.task.suite) for c in cells} == {(12, 0.01, 0, "lies-generated")}


def test_what_the_leaderboard_shows_is_kept_apart(scripts, tmp_path):
    board, rest = tmp_path / "board.json", tmp_path / "rest.json"
    measure = scripts[0]
    old, other = of(task="sin/old"), of(method="lasso", task="sin/a")
    measure.publish([old], board, rest)
    measure.publish([other], board, rest)
    new = [of(task="sin/a"), of(task="sin/a", noise=0.01), of(task="sin/a", budget_seconds=12.0)]
    measure.publish(new, board, rest)
    assert [(r.method, r.task) for r in measure.committed(board)] == [("lasso", "sin/a"), ("lies", "sin/a")]
    assert [(r.noise, r.budget_seconds) for r in measure.committed(rest)] == [(0.01, 60.0), (0.0, 12.0)]
