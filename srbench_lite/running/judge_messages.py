"""`JudgeRequest` and `JudgeAnswer`: formulas beside the answer of a run, judged in a process of their own.

They are messages like those of `srbench_lite.running.messages`, and check themselves in the same way.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Self

from srbench_lite.errors import StoreError
from srbench_lite.judging.brief_scores import BriefScores
from srbench_lite.problems.data import Samples
from srbench_lite.problems.sampling import Sampling
from srbench_lite.recording.progress import checked_progress, entry
from srbench_lite.running.field_checks import ANSWER, check_seconds, check_texts, check_type, given_fields
from srbench_lite.running.point_fields import described_domain, point_arrays, read_domain, read_samples
from srbench_lite.running.wire import Message, WireError

__all__ = ["JudgeAnswer", "JudgeRequest"]


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeAnswer:
    """What was found of formulas beside the answer of a run, each in the place of its text in the request.

    Attributes:
        formulas: scores; None where the time was over, or what they were made with raised something.
        candidates: the same of the candidates; those behind the first so many by their size are None too.
        complaints: what was raised.
        unjudged: number of candidates that were to be judged and were not.
    """

    formulas: tuple[BriefScores | None, ...]
    candidates: tuple[BriefScores | None, ...]
    complaints: tuple[str, ...] = ()
    unjudged: int = 0

    def __post_init__(self) -> None:
        for name in ("formulas", "candidates"):
            check_type(name, getattr(self, name), tuple, "a list of scores")
            for item in getattr(self, name):
                check_type(name, item, BriefScores | None, "a list of scores")
        object.__setattr__(self, "complaints", check_texts("complaints", self.complaints))
        check_type("unjudged", self.unjudged, int, "a whole number")

    def to_message(self) -> Message:
        """Return it as it goes over the wire."""
        header = {
            name: [None if item is None else dataclasses.asdict(item) for item in getattr(self, name)]
            for name in ("formulas", "candidates")
        }
        return Message({"kind": ANSWER, **header, "complaints": self.complaints, "unjudged": self.unjudged}, {})

    @classmethod
    def from_message(cls, message: Message) -> Self:
        """Read it; raises `WireError`."""
        values = given_fields(message.header, cls)
        for name in ("formulas", "candidates"):
            check_type(name, values[name], list, "a list of scores")
            values[name] = tuple(_brief_scores(name, item) for item in values[name])
        return cls(**values)


def _brief_scores(name: str, item: object) -> BriefScores | None:
    if item is None:
        return None
    check_type(name, item, dict, "a list of objects or null")
    assert isinstance(item, dict)
    fault = item.get("not_a_formula")
    check_type("not_a_formula", fault, str | None, "a text or null")
    try:
        checked_progress([entry(1.0, None, **{key: value for key, value in item.items() if key != "not_a_formula"})])
        return BriefScores(**item)
    except (TypeError, StoreError) as error:
        raise WireError(f"{name} must have the scores of a record: {error}") from None


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeRequest:
    """Judge formulas beside the answer of a run: what it had reported at its marks, and its candidates.

    Attributes:
        formulas: texts of what had been reported.
        candidates: texts of candidates, of which the simplest are judged.
        truth: the task's; None where it is unknown, then candidates are not judged.
        domain: how each variable is drawn.
        test: the points of the run.
        seconds: CPU time for all of them together.
    """

    kind: ClassVar[str] = "judge"
    formulas: tuple[str, ...]
    candidates: tuple[str, ...]
    truth: str | None
    domain: Mapping[str, Sampling]
    test: Samples
    seconds: float

    def __post_init__(self) -> None:
        for name in ("formulas", "candidates"):
            object.__setattr__(self, name, check_texts(name, getattr(self, name)))
        check_type("truth", self.truth, str | None, "a text or null")
        check_seconds("seconds", self.seconds)

    def to_message(self) -> Message:
        """Return it as it goes over the wire."""
        header = {
            "kind": self.kind, "formulas": self.formulas, "candidates": self.candidates, "truth": self.truth,
            "seconds": self.seconds, "domain": described_domain(self.domain),
        }  # fmt: skip
        return Message(header, point_arrays("test_", self.test))

    @classmethod
    def from_message(cls, message: Message) -> Self:
        """Read it; raises `WireError`."""
        values = given_fields(message.header, cls, without=("domain", "test"))
        domain = read_domain(message)
        return cls(**values, domain=domain, test=read_samples(tuple(domain), message, "test_"))

    def read_answer(self, message: Message) -> JudgeAnswer:
        """Read the answer, which must have a place for each text; raises `WireError`."""
        answer = JudgeAnswer.from_message(message)
        for name in ("formulas", "candidates"):
            given, asked = len(getattr(answer, name)), len(getattr(self, name))
            if given != asked:
                raise WireError(f"{name} must be {asked} scores, got {given}")
        return answer
