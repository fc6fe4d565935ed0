"""The committed records: their verdicts are claims to whoever reads the file, and these tests verify them."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from places import ROOT

from srbench_lite.expressions.expression import Expression
from srbench_lite.judging.judge import judge
from srbench_lite.judging.scoring import SCORING_VERSION
from srbench_lite.methods.discovery import discover
from srbench_lite.recording.exchange import read_records
from srbench_lite.recording.record import Record


@pytest.fixture(name="judged", scope="module")
def _judged() -> list[Record]:
    """The records of today's scoring that have a formula and a truth."""
    records = [r for r in read_records(ROOT / "results" / "records.json.gz") if r.scores.verdict and r.expression]
    current = [record for record in records if record.scoring_version == SCORING_VERSION]
    if not current:
        pytest.skip(f"no committed record is judged by the current scoring, {SCORING_VERSION}: rescore them")
    return current


def differing(records: Sequence[Record]) -> list[tuple[str, str, str | None, str]]:
    """Judge formulas of installed tasks again; return those with another verdict."""
    tasks = {task.fingerprint: task for task in discover().tasks.values()}
    found = []
    for record in records:
        task = tasks.get(record.task_fingerprint)
        if task is not None and task.truth is not None:
            expression = Expression.parse(str(record.expression), variables=tuple(task.variables))
            word = str(judge(expression, task.truth, task.variables).word)
            if word != record.scores.verdict:
                found.append((record.task, str(record.expression), record.scores.verdict, word))
    return found


def test_a_sample_of_the_committed_verdicts_is_verified(judged):
    assert differing(judged[:: max(1, len(judged) // 40)]) == []


@pytest.mark.slow
def test_all_committed_verdicts_are_verified(judged):
    assert differing(judged) == []
