"""Peers' formulas on which the judge and SRBench's rule disagree, and why."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import labelled_pairs
from judge_error_tables import rate
from judge_questions import AS_WRITTEN, Reply
from labelled_pairs import LabelledPair
from markdown_table import table
from other_judges import CPU_SECONDS

from srbench_lite.expressions.expression import Expression


@dataclass(frozen=True, slots=True, kw_only=True)
class Disagreement:
    """A peer's formula on which the judge and SRBench's rule disagree, and why."""

    peer: str
    task: str
    found: str
    truth: str
    verdict: str
    srbench: str
    recorded: str
    deviation: float
    reason: str
    detail: str


def peer_pairs() -> list[tuple[labelled_pairs.PeerFormula, LabelledPair]]:
    """Return the peers' formulas, each also as a pair without a label."""
    return [
        (peer, LabelledPair(name=f"peers/{number}", found=peer.found, truth=peer.truth, domain=peer.domain,
                            label="by effect", kind=peer.peer))
        for number, peer in enumerate(labelled_pairs.peer_formulas())
    ]  # fmt: skip


def spellings() -> dict[str, tuple[str, ...]]:
    """Return, by the name of the pair, the numbers of the peers' formulas as their text has them."""
    number = re.compile(r"(?<![\w.])(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
    with (labelled_pairs.DATA / "peer_formulas.csv").open(newline="", encoding="utf-8") as stream:
        return {f"peers/{i}": tuple(number.findall(row["found"])) for i, row in enumerate(csv.DictReader(stream))}


def aligned_pair(pair: LabelledPair, verdict: Reply) -> LabelledPair:
    """Return the pair with the constants that the judge found for it."""
    found = Expression.parse(verdict.detail, variables=pair.domain)
    return LabelledPair(
        name=pair.name, found=found, truth=pair.truth, domain=pair.domain, label=pair.label, kind=pair.kind
    )


def reason(
    pair: LabelledPair, verdict: Reply, rule: Reply, recorded: str, whole: Reply | None, aligned: Reply | None
) -> tuple[str, str]:
    """Say why the judge and SRBench's rule disagree about a pair: in a few words, and in detail.

    Args:
        pair: the formulas.
        verdict: what the judge said.
        rule: what SRBench's rule says.
        recorded: what SRBench's own code said: "True", "False" or "".
        whole: what SRBench's rule says of the formula with the constants that make it the truth, whole numbers read as
            integers, if the judge accepted it.
        aligned: what `simplify_rule` says of that formula.
    """
    if not verdict.accepted:
        if verdict.word == "affine":
            return ("offset" if "an additive" in verdict.why else "factor"), rule.why
        if match := re.search(r"constant moved by (\S+) of itself", verdict.why):
            return "a constant is off by more than 1 %", f"off by {100 * float(match[1]):.3g} %"
        if "only without terms" in verdict.why:
            return "rounding removes a term that matters", verdict.why
        if "undefined" in verdict.why:
            return "undefined on part of the domain", verdict.why
        return ("the judge is undecided" if verdict.open else "rounding makes another function the truth"), verdict.why
    if recorded == "False" and rule.accepted:
        return "our version of the rule accepts it, SRBench's own code did not", rule.why
    if rule.open:
        return f"no answer within {CPU_SECONDS:g} s", rule.why
    if rule.why == "SymPy failed":
        return "SymPy fails", rule.why
    if any(0 < abs(value) < 1e-4 for value in pair.truth.constants):
        return "a constant of the truth is below 1e-4 and rounds to 0", rule.why
    moved = _largest_move(pair.found, verdict.detail, pair.domain)
    if moved is not None and moved[2]:
        return "rounding to 3 decimals does not remove the error of a constant", moved[1]
    if whole is not None and whole.accepted:
        return "a whole number stays a Float", "2.0 and 1.0000001 round to 2.0 and 1.0, which are not 2 and 1 to SymPy"
    if aligned is not None and aligned.accepted:
        exact = Expression.parse(verdict.detail, variables=pair.domain)
        if any(value != int(value) for value in (*exact.constants, *pair.truth.constants)):
            return "float constants that rounding does not remove", rule.why
        return "SRBench's symbols are not known to be real or positive", rule.why
    return "SymPy does not see the identity", rule.why


def _largest_move(found: Expression, aligned: str, names: Iterable[str]) -> tuple[float, str, bool] | None:
    """How far the constants had to move: the largest share, in words, and whether any rounds differently after it."""
    before, after = found.constants, Expression.parse(aligned, variables=names).constants
    if len(before) != len(after):
        return None
    moves = [(abs(b - a) / abs(b), a, b) for a, b in zip(before, after, strict=True) if b]
    if not moves:
        return None
    share, a, b = max(moves)
    rounds = any(_round(a) != _round(b) for a, b in zip(before, after, strict=True))
    return share, f"{a:.6g} for {b:.6g}: off by {100 * share:.2g} %", rounds


def _round(value: float) -> float:
    return 0.0 if abs(value) < 1e-4 else round(value, 3)


def disagreements(
    peers: Sequence[tuple[labelled_pairs.PeerFormula, LabelledPair]],
    reply: Callable[[str, LabelledPair], Reply | None],
) -> list[Disagreement]:
    """Return the formulas where the judge and SRBench's rule disagree; `reply` answers for a rule and a pair."""
    rows = []
    for peer, pair in peers:
        verdict, rule = reply("judge", pair), reply(AS_WRITTEN, pair)
        assert verdict is not None
        assert rule is not None
        if verdict.accepted == srbench_accepts(peer, rule):
            continue
        moved = aligned_pair(pair, verdict) if verdict.accepted else None
        whole, aligned = (reply(checker, moved) if moved else None for checker in ("srbench", "simplify"))
        unanswered = rule.open and not peer.srbench
        short, detail = reason(pair, verdict, rule, peer.srbench, whole, aligned)
        rows.append(
            Disagreement(
                peer=peer.peer,
                task=peer.task,
                found=str(peer.found),
                truth=str(peer.truth),
                verdict=verdict.word,
                srbench="accepted" if srbench_accepts(peer, rule) else "timeout" if unanswered else "rejected",
                recorded=peer.srbench,
                deviation=peer.deviation,
                reason=short,
                detail=detail,
            )
        )
    return rows


def srbench_accepts(peer: labelled_pairs.PeerFormula, rule: Reply) -> bool:
    """What SRBench's own code said, where it said something; else what the rule says here."""
    return peer.srbench == "True" if peer.srbench in ("True", "False") else rule.accepted


def peers_table(
    peers: Sequence[tuple[labelled_pairs.PeerFormula, LabelledPair]],
    reply: Callable[[str, LabelledPair], Reply | None],
    rows: Sequence[Disagreement],
) -> str:
    """Make the text and the tables about the peers' formulas."""
    both: Counter[tuple[bool, bool]] = Counter()
    known = agreed = 0
    for peer, pair in peers:
        verdict, rule = reply("judge", pair), reply(AS_WRITTEN, pair)
        assert verdict is not None
        assert rule is not None
        both[verdict.accepted, srbench_accepts(peer, rule)] += 1
        if peer.srbench in ("True", "False"):
            known += 1
            agreed += rule.accepted == (peer.srbench == "True")
    parts = [
        table(
            ("", "SRBench's rule: accepted", "SRBench's rule: not accepted"),
            (
                (name, both[accepted, True], both[accepted, False])
                for name, accepted in (("judge: recovered", True), ("judge: not recovered", False))
            ),
        ),
        f"Where SRBench's own code was run ({known} of the {len(peers)} formulas) its verdict is used, elsewhere that "
        f"of our version of the rule. The two agree on {rate(agreed, known)} of those {known}.",
    ]
    counts = Counter((row.verdict, row.srbench, row.reason) for row in rows)
    if counts:
        parts.append(
            table(
                ("the judge", "SRBench's rule", "why", "formulas"),
                ((*key, n) for key, n in sorted(counts.items(), key=lambda item: (-item[1], item[0]))),
            )
        )
    return "\n\n".join(parts)


def write_disagreements(rows: Sequence[Disagreement], path: Path) -> None:
    """Write the disagreements as CSV."""
    names = list(Disagreement.__dataclass_fields__)
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(names)
        writer.writerows([getattr(row, name) for name in names] for row in rows)
