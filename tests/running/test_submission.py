"""Sets of records for a public leaderboard: a good one, and one for each thing that can be wrong with it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import Any

import pytest
from records import NOTHING, key_of, record

from srbench_lite.methods.discovery import discover
from srbench_lite.recording.claim import CheckedClaim, Worth
from srbench_lite.recording.record import Record, Status
from srbench_lite.running.submission import Point, check_submission, check_verdicts

_SUITES = {"sin": discover().suites["sin"]}
_TASKS = {task.name: task for task in _SUITES["sin"].tasks}
_ENVIRONMENT = {"srbench_lite": "1.0", "commit": "0123456789ab", "cpu": "a", "host": "one"}


def _run(task: str, seed: int = 0, **changes: Any) -> Record:
    parts = {"task_fingerprint": _TASKS[task].fingerprint, "environment": _ENVIRONMENT} | changes
    return record(task=task, seed=seed, **parts)


def _good() -> list[Record]:
    return [_run(task, seed) for task in _TASKS for seed in (0, 1)]


def _changed(records: Iterable[Record], place: int = 3, **changes: Any) -> list[Record]:
    """Return the records, one with other fields, whose key fits."""
    made = list(records)
    new = dataclasses.replace(made[place], **changes)
    fields = {field.name: getattr(new, field.name) for field in dataclasses.fields(Record)}
    made[place] = dataclasses.replace(new, key=key_of(fields))
    return made


def _wrong(points: Iterable[Point]) -> dict[str, Point]:
    return {point.name: point for point in points if not point.is_right}


def test_a_set_that_is_complete_has_no_fault() -> None:
    """Every point is looked at, and the one about its completeness says what it is made of."""
    points = check_submission(_good(), _SUITES, wanted=["sin"], seeds=2)
    assert _wrong(points) == {}
    assert all(point.looked_at for point in points)
    (complete,) = [point for point in points if point.name == "complete"]
    assert complete.example == f"1 method, {len(_TASKS)} tasks, 2 seeds, 1 noise level"


_TASK = sorted(_TASKS)[1]


@pytest.mark.parametrize(
    ("changes", "point", "said"),
    [
        ({"task_fingerprint": "0" * 64}, "known tasks", "is of another definition"),
        ({"budget_seconds": 61.0}, "one set of limits", "good has 2 limits: 60 s"),
        ({"seconds": 66.0, "cpu_seconds": 1.0}, "within limits", "66.0 s with a limit of 60 s"),
        ({"peak_mb": 5000.0}, "within limits", "5000 MiB with a limit of 4096 MiB"),
        ({"cpu_seconds": 9.0}, "within limits", "9.0 s of CPU in 1.5 s with 1 threads"),
        ({"method_version": "2"}, "one version of each method", "good has 2 versions: 1, scored by 1.1"),
        ({"method_source": "f" * 16}, "one code of each method", "good has 2 codes"),
        ({"method_source": None}, "one code of each method", "unknown (1 runs)"),
        ({"environment": _ENVIRONMENT | {"commit": "01234567+dirty"}}, "clean checkout", "made by a changed checkout"),
        ({"environment": _ENVIRONMENT | {"srbench_lite": "2.0"}}, "one version of srbench-lite", "2 versions: 1.0"),
        ({"expression": None}, "plausible ends", "ended ok without a formula"),
        ({"reason": "no"}, "plausible ends", "ended ok for a reason, 'no'"),
        ({"status": Status.SKIPPED}, "plausible ends", "was skipped, and has a formula"),
        ({"status": Status.TIMEOUT, "reason": "slow"}, "plausible ends", "timed out after 1.5 s of 60 s"),
        ({"status": Status.FAILED, "expression": None}, "plausible ends", "is exact without a formula"),
        ({"expression": "sin(q)"}, "formulas can be read", "unknown variable 'q'"),
        ({"expression": "sin(x"}, "formulas can be read", "never closed"),
        ({"expression": "+".join("x" * 9000)}, "formulas can be read", "at most"),
    ],
)  # fmt: skip
def test_each_fault_is_named_with_its_run(changes: dict[str, Any], point: str, said: str) -> None:
    """One record is wrong in one way: one line has it."""
    wrong = _wrong(check_submission(_changed(_good(), **changes), _SUITES))
    assert [*wrong] == [point]
    assert wrong[point].wrong == 1
    assert said in wrong[point].example


def test_a_wrong_word_about_recovery_is_implausible() -> None:
    """The scores of a claim must fit each other."""
    scores = dataclasses.replace(_good()[0].scores, recovered_srbench=False)
    wrong = _wrong(check_submission(_changed(_good(), scores=scores), _SUITES))
    assert "recovered_srbench = False with the verdict exact" in wrong["plausible ends"].example


@pytest.mark.parametrize(
    ("left_out", "options", "wrong", "said"),
    [
        (1, {}, 1, "seed 1 is missing"),
        (2, {}, 2, "is missing"),
        (0, {"seeds": 3}, 1, "good was run with 2 seeds, and 3 are wanted"),
        (0, {"wanted": ["poly2"]}, 1, "no record is of the suite poly2"),
    ],
)
def test_what_is_missing_is_counted(left_out: int, options: dict[str, Any], wrong: int, said: str) -> None:
    """Every task of a suite has the same seeds at the same noise levels."""
    found = _wrong(check_submission(_good()[left_out:] if left_out != 1 else _good()[:-1], _SUITES, **options))
    assert [*found] == ["complete"]
    assert found["complete"].wrong == wrong
    assert said in found["complete"].example


def test_a_noise_level_must_be_everywhere() -> None:
    """One run at another level makes all others of that level missing."""
    found = _wrong(check_submission([*_good(), _run(_TASK, noise=0.1)], _SUITES))
    assert found["complete"].wrong == 2 * len(_TASKS) - 1


def test_a_run_that_is_there_twice_is_named() -> None:
    """Under other limits it has another key, and is the same run all the same."""
    found = _wrong(check_submission([*_good(), _run(_TASK, budget_seconds=5.0)], _SUITES))
    assert [*found] == ["no run twice", "one set of limits"]
    assert "is there 2 times" in found["no run twice"].example


def test_several_machines_are_a_remark() -> None:
    """A cluster has several, and that is no fault."""
    points = check_submission(_changed(_good(), environment=_ENVIRONMENT | {"cpu": "b", "host": "two"}), _SUITES)
    assert _wrong(points) == {}
    assert any("2 kinds of processors: a (" in point.example for point in points)


def test_runs_of_unknown_suites_are_unknown() -> None:
    """Nobody can say whether such a suite is complete."""
    found = _wrong(check_submission([record(suite="mine", task="mine/a", environment=_ENVIRONMENT)], _SUITES))
    assert [*found] == ["known tasks"]
    assert "--suite FILE.toml" in found["known tasks"].example


def test_memory_above_a_limit_that_ended_the_fit_is_right() -> None:
    """It is measured now and then, and the fit was ended for it."""
    changes = {"status": Status.MEMOUT, "reason": "4096 MiB", "peak_mb": 6000.0, **NOTHING}
    assert _wrong(check_submission(_changed(_good(), **changes), _SUITES)) == {}


def test_verdicts_are_counted_by_worth() -> None:
    """Rejected ones are wrong; what could not be judged is said."""
    claims = [
        CheckedClaim(submission="a", claim=one, judged=None, worth=worth, why=why)
        for one, (worth, why) in zip(
            _good(), [(Worth.REJECTED, "claimed exact, judged different"), (Worth.CLAIMED, "no time")], strict=False
        )
    ]
    point = check_verdicts(claims)
    assert (point.looked_at, point.wrong) == (2, 1)
    assert "claimed exact, judged different" in point.example
    assert "1 could not be judged" in check_verdicts(claims[1:]).example
