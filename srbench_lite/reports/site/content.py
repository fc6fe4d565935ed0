"""`SiteContent`: what a site shows, from checked claims: who is who, which runs count, and their tables.

A method that several submissions have is shown once for each, with the submission's name behind it: nobody's runs
change the numbers of somebody else. Tables count runs of the newest version of a method only, and only those that were
judged here, with the scores that were computed here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from srbench_lite.comparing.history import COLUMNS as OF_HISTORY
from srbench_lite.comparing.history import History, history_of
from srbench_lite.comparing.leaderboard import Leaderboard
from srbench_lite.comparing.runs import RunTable, perturbation_of
from srbench_lite.comparing.score_table import COLUMNS as OF_SCORES
from srbench_lite.errors import SrbenchError
from srbench_lite.problems.natural_order import natural_key
from srbench_lite.recording.claim import CheckedClaim, Worth
from srbench_lite.reports.page.content import COLUMNS, groups_of
from srbench_lite.reports.palette import Look, looks

if TYPE_CHECKING:
    from srbench_lite.problems.task import Task
    from srbench_lite.recording.record import Record
    from srbench_lite.reports.method_card import MethodCard

__all__ = ["ShownClaim", "SiteContent", "Submission"]


_COLUMNS: Final = tuple(dict.fromkeys((*COLUMNS, *OF_SCORES, "started_at")))


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """One file or store that was handed in.

    Attributes:
        name: what it is called on the site.
        file: name of the file.
        records: number of records in it.
    """

    name: str
    file: str
    records: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownClaim:
    """A checked claim with the name that its method has on the site."""

    method: str
    checked: CheckedClaim

    @property
    def record(self) -> Record:
        """The run as far as it was judged here, else as it was handed in."""
        return self.checked.judged or self.checked.claim


@dataclass(frozen=True, kw_only=True)
class SiteContent:
    """What a site shows.

    Attributes:
        title: of the site.
        command: that builds it again.
        contact: where to send a submission; empty where that is not said.
        submissions: what was handed in.
        claims: every record of them, checked.
        tasks: that are known, by name.
        cards: what is known of installed methods, by name.
        scoring_version: of the judge.
    """

    title: str
    command: str
    contact: str
    submissions: Sequence[Submission]
    claims: Sequence[CheckedClaim]
    tasks: Mapping[str, Task]
    cards: Mapping[str, MethodCard] = field(default_factory=dict)
    scoring_version: str = ""
    _states: dict[str, History | str] = field(default_factory=dict, init=False, repr=False)

    @cached_property
    def shown(self) -> tuple[ShownClaim, ...]:
        """All claims with the names of their methods, in the order of methods, tasks and runs."""
        owners: dict[str, set[str]] = {}
        for one in self.claims:
            owners.setdefault(one.claim.method, set()).add(one.submission)
        shown = [
            ShownClaim(
                method=one.claim.method
                if len(owners[one.claim.method]) == 1
                else f"{one.claim.method} ({one.submission})",
                checked=one,
            )
            for one in self.claims
        ]
        return tuple(sorted(shown, key=_order))

    @cached_property
    def methods(self) -> dict[str, tuple[ShownClaim, ...]]:
        """The claims of each method, by its name on the site."""
        found: dict[str, list[ShownClaim]] = {}
        for one in self.shown:
            found.setdefault(one.method, []).append(one)
        return {name: tuple(claims) for name, claims in found.items()}

    @cached_property
    def counted(self) -> tuple[ShownClaim, ...]:
        """Those that were judged here and are of the newest version of their method: what the tables count."""
        newest: dict[str, tuple[str, str]] = {}
        for one in self.shown:
            if one.checked.judged is not None:
                last = (one.record.started_at, one.record.method_version)
                newest[one.method] = max(newest.get(one.method, last), last)
        return tuple(
            one
            for one in self.shown
            if one.checked.judged is not None and one.record.method_version == newest[one.method][1]
        )

    @cached_property
    def run_table(self) -> RunTable:
        """The runs that count."""
        return self._table(self.counted)

    @cached_property
    def board(self) -> Leaderboard:
        """Their leaderboard."""
        return Leaderboard.of(self.run_table)

    @cached_property
    def names(self) -> dict[str, str]:
        """The method on the site of each label of the leaderboard."""
        pairs = self.run_table.runs[["method", "variant_of"]].drop_duplicates()
        return dict(zip(pairs["method"].astype(str), pairs["variant_of"].astype(str), strict=True))

    @cached_property
    def looks(self) -> dict[str, Look]:
        """The colour and the mark of each label of the leaderboard, the same on every page."""
        return looks(self.names)

    @cached_property
    def rejections(self) -> Counter[str]:
        """How many of the runs that count had claims that were rejected, by label of the leaderboard."""
        found: Counter[str] = Counter()
        for (label, _, _, _), count in self._rejected.items():
            found[label] += count
        return found

    def rejected_in(self, group: Mapping[str, Any]) -> int:
        """Return how many runs of one of `groups` had claims that were rejected."""
        return self._rejected[(group["method"], group["task"], group["noise"], group["perturbation"])]

    @cached_property
    def _rejected(self) -> Counter[tuple[str, str, float, str]]:
        runs = self.run_table.runs
        rows = zip(runs["id"], runs["method"], runs["task"], runs["noise"], runs["perturbation"], strict=True)
        return Counter(
            (str(label), str(task), float(noise), str(perturbation_of(perturbation)))
            for number, label, task, noise, perturbation in rows
            if self.counted[number].checked.worth is Worth.REJECTED
        )

    @cached_property
    def groups(self) -> dict[str, list[dict[str, Any]]]:
        """What each method did on each task, by task: the number of runs, and the best one's `record`."""
        found: dict[str, list[dict[str, Any]]] = {}
        for group in groups_of(self.run_table.runs):
            found.setdefault(group["task"], []).append({**group, "record": self.counted[group["id"]].record})
        return found

    def history(self, method: str) -> tuple[RunTable, Leaderboard, dict[str, str]] | None:
        """Return the runs of all versions of a method that were judged here; None where there is one version only.

        With them come their leaderboard, and when the first run of each of its methods began, the oldest first.
        """
        judged = [one for one in self.methods[method] if one.checked.judged is not None]
        if len({one.record.method_version for one in judged}) < 2:
            return None
        run_table = self._table(judged)
        began = run_table.runs.astype({"started_at": str}).groupby("method", observed=True)["started_at"].min()
        board = Leaderboard.of(run_table)
        return run_table, board, {str(label): str(first) for label, first in began.sort_values().items()}

    def compared_states(self, method: str) -> History | str:
        """Return how a method did over its versions, on the runs that they share; or why they cannot be compared."""
        if method not in self._states:
            judged = [one for one in self.methods[method] if one.checked.judged is not None]
            try:
                if len({one.record.method_version for one in judged}) < 2:
                    self._states[method] = "There is one version only."
                else:
                    self._states[method] = history_of(self._table(judged, OF_HISTORY).runs)
            except SrbenchError as error:
                self._states[method] = f"The versions cannot be compared: {error}"
        return self._states[method]

    def worths(self, claims: Sequence[ShownClaim]) -> Counter[Worth]:
        """Return how many claims stand as what."""
        return Counter(one.checked.worth for one in claims)

    @staticmethod
    def _table(claims: Sequence[ShownClaim], columns: Sequence[str] = _COLUMNS) -> RunTable:
        return RunTable.from_records((replace(one.record, method=one.method) for one in claims), columns)


def _order(one: ShownClaim) -> tuple[Any, ...]:
    record = one.checked.claim
    return (
        one.method,
        record.suite,
        natural_key(record.task),
        record.noise,
        record.seed,
        record.key,
        one.checked.submission,
    )
