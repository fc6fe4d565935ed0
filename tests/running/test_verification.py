"""Claims are judged anew: what is true stands, what is not is rejected with both verdicts, and nothing is believed."""

from __future__ import annotations

import dataclasses

import pytest
from records import failure, record

from srbench_lite import Expression, Sampling, Task, UsageError
from srbench_lite.judging.scores import Scores
from srbench_lite.judging.scoring import SCORING_VERSION, errors_on
from srbench_lite.problems.drawn_task import DrawnTask
from srbench_lite.problems.perturbation import Perturbation
from srbench_lite.recording.claim import CheckedClaim, Worth
from srbench_lite.recording.record import Record
from srbench_lite.running.verdict_cache import VerdictCache
from srbench_lite.running.verification import Finding, verify

LINE = Task(
    name="made/line", suite="made", truth=Expression.parse("3*x + y"), n_train=20, n_test=30,
    variables={"x": Sampling(low=-2, high=2), "y": Sampling(low=1, high=2)},
)  # fmt: skip
OTHER = dataclasses.replace(LINE, name="made/other", truth=Expression.parse("x*y"))
NO_CLAIM = Scores()
RESCALED = {"rescale": True}


def of(of_task: Task, text: str | None, **changes) -> Record:
    """A record of a formula on a task that claims nothing, but for the changes."""
    parts = {
        "suite": of_task.suite, "task": of_task.name, "task_fingerprint": of_task.fingerprint, "expression": text,
        "truth": "x", "scores": NO_CLAIM,
    }  # fmt: skip
    return record(**(parts | changes))


def errors(text: str, seed: int) -> tuple[float | None, ...]:
    return errors_on(Expression.parse(text, variables=("x", "y")), DrawnTask.of(LINE, seed=seed).dataset.test)


def true_in_other_units() -> str:
    return str(DrawnTask.of(LINE, seed=3, perturbation=Perturbation(rescale=True)).truth)


GOOD = {"verdict": "exact", "recovered": True, "nmse_test": 0.0, "r2_test": 1.0}
WRONG = {"verdict": "different", "recovered": False}
CLAIMS = {
    "true": of(LINE, "3*x + y", **GOOD),
    "the same on other points": of(LINE, "3*x + y", seed=1, **GOOD),
    "modest": of(LINE, "y + 3*x"),
    "forged": of(LINE, "3*x", **GOOD),
    "forged error": of(LINE, "2*x + y", nmse_test=1e-12, r2_test=1.0, **WRONG),
    "true error": of(LINE, "2*x + y", seed=2, nmse_test=errors("2*x + y", 2)[1], **WRONG),
    "too modest": of(LINE, "y + x*3", seed=4, **WRONG),
    "undecided elsewhere": of(LINE, "x*3 + y", verdict="undecided", recovered=False),
    "no formula": of(LINE, "__import__('os').system('echo')", **GOOD),
    "another variable": of(LINE, "z + 1", **GOOD),
    "nothing found": failure(
        suite="made", task="made/line", task_fingerprint=LINE.fingerprint, status="timeout", seed=5
    ),
    "verdict without a formula": of(LINE, None, **GOOD),
    "unknown task": of(dataclasses.replace(LINE, name="made/unknown"), "3*x + y", **GOOD),
    "older definition": of(dataclasses.replace(LINE, version=7), "3*x + y", **GOOD),
    "under a false name": of(LINE, "x*y", task="made/other", **GOOD),
    "other units": of(LINE, true_in_other_units(), seed=3, perturbation=RESCALED, **GOOD),
    "the units of another seed": of(LINE, true_in_other_units(), seed=8, perturbation=RESCALED, **GOOD),
    "too many points": of(LINE, "3*x + y", perturbation={"train_size": 9_000_000}, **GOOD),
}


@pytest.fixture(name="cache", scope="module")
def _cache(tmp_path_factory):
    with VerdictCache(tmp_path_factory.mktemp("cache") / "verdicts.db") as cache:
        yield cache


@pytest.fixture(name="heard", scope="module")
def _heard() -> list[tuple[int, int]]:
    return []


@pytest.fixture(name="checked", scope="module")
def _checked(cache, heard) -> dict[str, CheckedClaim]:
    found = verify(
        {"mine": list(CLAIMS.values())}, [LINE, OTHER], cache=cache, jobs=2,
        on_result=lambda done, total: heard.append((done, total)),
    )  # fmt: skip
    return dict(zip(CLAIMS, found, strict=True))


def test_every_claim_stands_as_it_deserves(checked):
    verified = {name for name, one in checked.items() if one.worth is Worth.VERIFIED}
    claimed = {name: one.why for name, one in checked.items() if one.worth is Worth.CLAIMED}
    rejected = {name: one.why for name, one in checked.items() if one.worth is Worth.REJECTED}
    assert verified == {
        "true", "the same on other points", "modest", "true error", "undecided elsewhere", "nothing found",
        "other units",
    }  # fmt: skip
    assert claimed == {
        "unknown task": "the task is not known here",
        "older definition": "another definition of the task is known here",
        "under a false name": "its task has the definition of made/line",
        "too many points": "no points could be drawn: a training-set size of 9,000,000 is not drawn to verify a claim",
    }
    assert rejected.pop("forged error") == f"claimed NMSE 1e-12, found {errors('2*x + y', 0)[1]:.3g}"
    for name in ("no formula", "another variable"):
        assert rejected.pop(name).startswith("its text is no formula of the task: ")
    assert rejected == {
        "forged": "claimed exact, judged different",
        "too modest": "claimed different, judged exact",
        "verdict without a formula": "claimed verdict exact, NMSE 0.0, R² 1.0 without a formula",
        "the units of another seed": "claimed exact, judged different",
    }


def test_what_was_judged_has_our_scores_and_no_others(checked):
    forged = checked["forged"].judged
    assert forged.scores == Scores(
        verdict="different", recovered=False, recovered_srbench=False, complexity=3, complexity_truth=5,
        y_constant=False, solved_r2=False,
        **dict(zip(("mse_test", "nmse_test", "r2_test"), errors("3*x", 0), strict=True)),
    )  # fmt: skip
    assert (forged.truth, forged.judged_here, forged.scoring_version) == (str(LINE.truth), True, SCORING_VERSION)
    assert forged.recovered_any is None
    assert checked["forged"].claim == CLAIMS["forged"]
    assert checked["no formula"].judged.scores.recovered is None
    assert {name for name, one in checked.items() if one.judged is None} == {
        name for name, one in checked.items() if one.worth is Worth.CLAIMED
    }


def test_each_formula_is_judged_once_and_never_again(checked, cache, heard):
    different = {
        (one.task, str(one.perturbation), one.seed if one.perturbation else None, one.expression)
        for name, one in CLAIMS.items()
        if one.expression and name not in ("unknown task", "older definition", "under a false name")
    }
    assert heard[-1] == (len(different), len(different))
    before = len(heard)
    again = verify({"mine": list(CLAIMS.values())}, [LINE, OTHER], cache=cache, on_result=lambda *_: heard.append(_))
    assert again == tuple(checked.values())
    assert len(heard) == before


def test_jobs_must_be_a_number_of_processes(cache):
    with pytest.raises(UsageError, match="jobs must be at least 1, got 0"):
        verify({}, [], cache=cache, jobs=0)


def test_a_process_that_dies_costs_only_its_own_formula(cache, monkeypatch):
    """Where the process of many formulas is stopped, each gets one of its own."""
    from srbench_lite.running import verification

    asked = []

    class Stopping:
        def run(self, request, **limits):
            from srbench_lite.judging.brief_scores import BriefScores
            from srbench_lite.running.judge_messages import JudgeAnswer
            from srbench_lite.running.process_result import ProcessResult

            asked.append(request.formulas)
            if "x" in request.formulas:
                return ProcessResult(limit="memout")
            scores = (BriefScores(verdict="different", recovered=False, complexity=1),) * len(request.formulas)
            return ProcessResult(answer=JudgeAnswer(formulas=scores, candidates=()))

    found = verification._scored(["x", "y"], DrawnTask.of(LINE, seed=0), Stopping())
    assert asked == [("x", "y"), ("x",), ("y",)]
    assert found["x"] == "it could not be judged: the process was stopped at its limit (memout)"
    assert found["y"].verdict == "different"


def test_what_was_not_decided_is_tried_again():
    kept = [Finding(verdict="exact"), Finding(), Finding(fault="no points could be drawn: no")]
    tried = [Finding(verdict="undecided"), Finding(fault="it could not be judged: the time for it was over")]
    assert [finding.is_final for finding in (*kept, *tried)] == [True] * 3 + [False] * 2
