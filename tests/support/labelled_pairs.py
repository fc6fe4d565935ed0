"""Pairs of formulas whose verdict is known: collected ones, generated ones, and what real packages returned."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from srbench_lite.expressions.expression import Expression
from srbench_lite.problems.sampling import Sampling

__all__ = [
    "LabelledPair", "PeerFormula", "collected_pairs", "fresh_pairs", "generated_pairs", "peer_formulas", "sampling_of",
]  # fmt: skip

from places import DATA

#: What the judge must say: `exact`; `recovered` or `exact`; neither of them; anything but `different`, where so many
#: digits are lost that it may not know; or, where the effect of a tiny term decides and not the label, anything.
Label = Literal["exact", "recovered", "neither", "not different", "by effect"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledPair:
    """One pair: `name` says where it comes from, `kind` how `found` was made from the truth."""

    name: str
    found: Expression
    truth: Expression
    domain: Mapping[str, Sampling]
    label: Label
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerFormula:
    """What a package returned for a known truth.

    Attributes:
        deviation: largest deviation from the truth on 1,000 fresh points, over the largest |y|.
        srbench: what SRBench's own rule said: "True", "False" or why it said nothing.
    """

    peer: str
    task: str
    found: Expression
    truth: Expression
    domain: Mapping[str, Sampling]
    deviation: float
    srbench: str


def sampling_of(text: str) -> dict[str, Sampling]:
    """Read `name=uniform|log:low:high:sign; ...`; the sign is that of a log-uniform variable."""
    domain = {}
    for part in text.split(";"):
        name, _, rest = part.strip().partition("=")
        kind, low, high, sign = rest.split(":")
        domain[name] = Sampling(sampling=kind, low=float(low), high=float(high), sign=sign)  # type: ignore[arg-type]
    return domain


def _rows(file: str | Path) -> list[dict[str, str]]:
    with (DATA / file).open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def collected_pairs() -> list[LabelledPair]:
    """Return the 338 pairs of `data/equivalence_pairs.csv`: textbook formulas, acceptable forms and mutants."""
    labels: dict[str, Label] = {
        "equivalent": "exact", "equivalent_to_1e-4": "recovered", "not_equivalent": "neither",
    }  # fmt: skip
    pairs = []
    for number, row in enumerate(_rows("equivalence_pairs.csv")):
        domain = sampling_of(row["sampling"])
        pairs.append(
            LabelledPair(
                name=f"collected/{number}/{row['task']}",
                found=Expression.parse(row["found"], variables=domain),
                truth=Expression.parse(row["truth"], variables=domain),
                domain=domain,
                label="by effect" if row["kind"] == "plus 5e-5*v1" else labels[row["label"]],
                kind=row["kind"],
            )
        )
    return pairs


def fresh_pairs() -> list[LabelledPair]:
    """Return the pairs of `data/fresh_pairs.csv`, which nobody looked at before the judge was done.

    Most were written by `tests/tools/make_pairs.py`; those of hard kinds by `tests/tools/make_hard_pairs.py`.
    """
    return generated_pairs("fresh_pairs.csv", name="fresh")


def generated_pairs(file: str | Path = "generated_pairs.csv", *, name: str = "generated") -> list[LabelledPair]:
    """Return the pairs of `data/generated_pairs.csv`, which `tests/tools/make_pairs.py` wrote, or of another file."""
    pairs = []
    for number, row in enumerate(_rows(file)):
        domain = sampling_of(row["sampling"])
        pairs.append(
            LabelledPair(
                name=f"{name}/{number}",
                found=Expression.parse(row["found"], variables=domain),
                truth=Expression.parse(row["truth"], variables=domain),
                domain=domain,
                label=row["label"],  # type: ignore[arg-type]
                kind=row["kind"],
            )
        )
    return pairs


def peer_formulas() -> list[PeerFormula]:
    """Return the formulas of `data/peer_formulas.csv`: what real packages returned."""
    formulas = []
    for row in _rows("peer_formulas.csv"):
        domain = sampling_of(row["sampling"])
        formulas.append(
            PeerFormula(
                peer=row["peer"],
                task=f"{row['suite']}/{row['task']}",
                found=Expression.parse(row["found"], variables=domain),
                truth=Expression.parse(row["truth"], variables=domain),
                domain=domain,
                deviation=float(row["largest_relative_deviation"] or "inf"),
                srbench=row["srbench_rule"],
            )
        )
    return formulas
