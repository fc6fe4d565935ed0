"""Which runs count, and how variants of a method are told apart: `Outcomes`, what every comparison starts from.

Runs on an older definition of a task are left out. So are runs that an older version of the scoring has judged than
the newest among them: verdicts of two judges never stand beside each other.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, Self

from srbench_lite.record import Record
from srbench_lite.store import Store

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["VARIANT", "Outcomes", "current", "labels", "newest_scoring", "scoring_age"]

#: What tells two variants of one method apart, and how each is shown behind the method's name.
VARIANT: Final = {
    "method_version": "version {}",
    "parameters": "{}",
    "budget_seconds": "{} s",
    "budget_memory_mb": "{} MiB",
    "budget_threads": "{} threads",
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Outcomes:
    """Runs that count.

    Attributes:
        runs: one row a run, with the columns that were asked for; `method` carries what tells variants of one method
            apart, `variant_of` does not.
        left_out: number of runs on older definitions of a task.
        scored_otherwise: number of the other runs that an older version of the scoring has judged.
    """

    runs: pd.DataFrame
    left_out: int = 0
    scored_otherwise: int = 0

    @classmethod
    def from_store(
        cls, store: Store, columns: Sequence[str], *, suites: Sequence[str] = (), methods: Sequence[str] = (),
        keys: Iterable[str] | None = None,
    ) -> Self:  # fmt: skip
        """Read them from a store: of all records, or of those of some suites, methods or keys."""
        asked = needed(columns)
        if keys is None:
            return cls.from_rows(store.rows(asked, suites=suites, methods=methods, ordered=False), columns)
        chosen = set(keys)
        rows = store.rows((*asked, "key"), suites=suites, methods=methods, ordered=False)
        return cls.from_rows([row[:-1] for row in rows if row[-1] in chosen], columns)

    @classmethod
    def from_records(cls, records: Iterable[Record], columns: Sequence[str]) -> Self:
        """Take them from records."""
        asked = needed(columns)
        return cls.from_rows([tuple(row[name] for name in asked) for row in (r.to_row() for r in records)], columns)

    @classmethod
    def from_rows(cls, rows: Sequence[tuple[Any, ...]], columns: Sequence[str]) -> Self:
        """Take them from rows with the columns `needed(columns)`."""
        import pandas as pd

        asked = needed(columns)
        if not rows:
            return cls(runs=pd.DataFrame(columns=[*columns, "variant_of"]))
        defined = current(rows, asked)
        judged = newest_scoring(defined, asked)
        values = dict(zip(asked, zip(*judged, strict=True), strict=True))
        named = labels(values)
        shown = {name: named if name == "method" else values[name] for name in columns}
        runs = pd.DataFrame(shown | {"variant_of": values["method"]})
        return cls(runs=runs, left_out=len(rows) - len(defined), scored_otherwise=len(defined) - len(judged))

    def newest(self) -> Self:
        """Return them with one variant a method: that of its last run. Needs the column `started_at`."""
        last = self.runs.groupby(["variant_of", "method"])["started_at"].max().reset_index()
        last = last.sort_values(["variant_of", "started_at", "method"]).groupby("variant_of").tail(1)
        return replace(self, runs=self.runs[self.runs["method"].isin(last["method"])].reset_index(drop=True))

    @property
    def remarks(self) -> tuple[str, ...]:
        """One sentence for each kind of runs that do not count, for people."""
        said = []
        if self.left_out:
            said.append(f"{self.left_out} runs on older definitions of their tasks are left out.")
        if self.scored_otherwise:
            said.append(
                f"{self.scored_otherwise} runs scored by an older version are left out; "
                "`srbench rescore` judges them again."
            )
        return tuple(said)


def needed(columns: Sequence[str]) -> tuple[str, ...]:
    """Return these columns and those that decide which runs count and how methods are called."""
    deciding = ("task", "method", *VARIANT, "task_version", "task_fingerprint", "scoring_version", "started_at")
    return tuple(dict.fromkeys((*columns, *deciding)))


def current(rows: Sequence[tuple[Any, ...]], columns: Sequence[str]) -> list[tuple[Any, ...]]:
    """Return the runs on the newest definition of each task: the highest version, and of that the last one run."""
    task, fingerprint = columns.index("task"), columns.index("task_fingerprint")
    version, started = columns.index("task_version"), columns.index("started_at")
    newest: dict[str, tuple[int, str, str]] = {}
    for row in rows:
        age = (row[version], row[started], row[fingerprint])
        if row[task] not in newest or age > newest[row[task]]:
            newest[row[task]] = age
    return [row for row in rows if row[fingerprint] == newest[row[task]][2]]


def newest_scoring(rows: Sequence[tuple[Any, ...]], columns: Sequence[str]) -> list[tuple[Any, ...]]:
    """Return the runs that the newest version of the scoring among them has judged."""
    version = columns.index("scoring_version")
    newest = max({row[version] for row in rows}, key=scoring_age)
    return [row for row in rows if row[version] == newest]


def scoring_age(version: str) -> tuple[tuple[int, ...], str]:
    """Return what orders versions of the scoring, the oldest first: `1.9` comes before `1.10`."""
    return tuple(int(number) for number in re.findall("[0-9]{1,9}", version)), version


def labels(columns: Mapping[str, Sequence[Any]]) -> list[str]:
    """Return each run's method; where a method stands in several variants, with what tells them apart."""
    runs = list(zip(columns["method"], *(columns[name] for name in VARIANT), strict=True))
    variants: dict[str, list[dict[str, Any]]] = {}
    for method, *values in dict.fromkeys(runs):
        variants.setdefault(method, []).append(dict(zip(VARIANT, values, strict=True)))
    found: dict[tuple[Any, ...], str] = {}
    for method, several in variants.items():
        differing = [name for name in VARIANT if len({variant[name] for variant in several}) > 1]
        parameters = [json.loads(variant["parameters"]) for variant in several]
        varied = [
            name
            for name in sorted({name for p in parameters for name in p})
            if len({json.dumps(p.get(name)) for p in parameters}) > 1
        ]
        for variant, values in zip(several, parameters, strict=True):
            shown = variant | {"parameters": ", ".join(f"{name}={values.get(name)}" for name in varied)}
            texts = [VARIANT[name].format(_short(shown[name])) for name in differing]
            found[method, *variant.values()] = f"{method} [{', '.join(texts)}]" if texts else method
    return [found[run] for run in runs]


def _short(value: Any) -> Any:
    """Return 60 for 60.0; a number that needs more than six digits keeps them."""
    return f"{value:g}" if isinstance(value, float) and float(f"{value:g}") == value else value
