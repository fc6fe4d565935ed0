"""Rules that judge pairs of formulas, asked and answered once: answers are kept in a file, by what they depend on."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import resource
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Final

import labelled_pairs
from labelled_pairs import LabelledPair
from other_judges import RULES_VERSIONS, simplify_rule, srbench_rule, warm_up
from places import ROOT
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from srbench_lite.expressions.expression import Expression
from srbench_lite.judging.judge import judge

#: Folders of the code that the judge's answers depend on.
JUDGE_FOLDERS: Final = ("expressions", "fitting", "judging", "problems")
#: SRBench's rule once more, for the peers' formulas: with numbers as their text has them (2.0 is no integer).
AS_WRITTEN: Final = "srbench as written"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One rule to be asked about one pair."""

    checker: str
    pair: LabelledPair
    version: str
    spelled: tuple[str, ...] | None = None  # the numbers of the found formula as its text has them

    @property
    def key(self) -> str:
        """What the answer depends on, shortened."""
        pair = self.pair
        parts = [self.checker, self.version, str(pair.found), str(pair.truth), repr(dict(pair.domain))]
        parts += self.spelled or ()
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:24]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What a rule said.

    Attributes:
        word: one of the judge's words, or "accepted", "rejected", "timeout".
        why: the step that decided, or the reason, in words.
        detail: the judge: the aligned formula, if any; SRBench's rule: the formulas as it rounded them.
        seconds: CPU time.
    """

    word: str
    why: str
    detail: str
    seconds: float

    @property
    def accepted(self) -> bool:
        """Whether the found formula was taken for the truth."""
        return self.word in ("accepted", "exact", "recovered")

    @property
    def open(self) -> bool:
        """Whether there is no answer."""
        return self.word in ("timeout", "undecided")


def versions() -> dict[str, str]:
    """Return what identifies the code of each rule; for the judge, which is fast, any change of its folders does."""
    folders = [ROOT / "srbench_lite" / name for name in JUDGE_FOLDERS]
    text = b"".join(path.read_bytes() for folder in folders for path in sorted(folder.glob("*.py")))
    rules = {name: f"{number}, SymPy {version('sympy')}" for name, number in RULES_VERSIONS.items()}
    return {"judge": hashlib.sha256(text).hexdigest()[:12], AS_WRITTEN: rules["srbench"], **rules}


def ask(question: Question) -> tuple[str, Reply]:
    """Return the key of a question and the answer."""
    pair = question.pair
    if question.checker == "judge":
        before = _cpu_seconds()
        verdict = judge(pair.found, pair.truth, pair.domain)
        seconds = _cpu_seconds() - before
        return question.key, Reply(
            word=verdict.word.value, why=verdict.by, detail=verdict.aligned or "", seconds=seconds
        )
    if question.checker in ("srbench", AS_WRITTEN):
        answer = srbench_rule(pair.found, pair.truth, spelled=question.spelled)
    else:
        positive = [name for name, sampling in pair.domain.items() if sampling.is_positive]
        answer = simplify_rule(pair.found, pair.truth, positive)
    return question.key, Reply(word=answer.word, why=answer.why, detail=answer.rounded, seconds=answer.seconds)


def _cpu_seconds() -> float:
    """CPU time of this process and of its children that have ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in used)


def _prepare() -> None:
    """Make a worker load all that is loaded once, so that no pair pays for it."""
    warm_up()
    x = Expression.variable("x")
    judge(2.5 * x + 1.01, 2.501 * x + 1, {"x": labelled_pairs.Sampling(low=0.0, high=1.0)})


def ask_all(questions: Iterable[Question], path: Path, *, jobs: int, label: str) -> dict[str, Reply]:
    """Return the answers by key: those that `path` has, and the others, which are added to it as they come."""
    answers = read(path)
    waiting = {question.key: question for question in questions}
    for key in answers.keys() & waiting.keys():
        del waiting[key]
    path.parent.mkdir(parents=True, exist_ok=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    context = multiprocessing.get_context("spawn")
    if waiting:
        with (
            path.open("a", encoding="utf-8") as stream,
            context.Pool(jobs, initializer=_prepare) as pool,
            Progress(*columns) as progress,
        ):
            task = progress.add_task(label, total=len(waiting))
            for key, reply in pool.imap_unordered(ask, waiting.values()):
                answers[key] = reply
                fields = {name: getattr(reply, name) for name in ("word", "why", "detail", "seconds")}
                stream.write(json.dumps({"key": key, **fields}) + "\n")
                stream.flush()
                progress.advance(task)
    return answers


def read(path: Path) -> dict[str, Reply]:
    """Return the answers of a file; a last line that was cut short is passed over."""
    answers = {}
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else []:
        try:
            row = json.loads(line)
        except json.JSONDecodeError:
            continue
        key = row.pop("key")
        answers[key] = Reply(**row)
    return answers
