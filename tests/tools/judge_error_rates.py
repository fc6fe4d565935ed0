"""Error rates of the judge, of SRBench's published rule and of `sympy.simplify`, on the same pairs in the same run.

    python tests/tools/judge_error_rates.py [--pairs collected,generated,fresh,peers] [--sample N] [--jobs 1]

Writes the tables between the marks of `srbench_lite/judging/README.md`, and `results/judge_disagreements.csv`. Every
answer is kept in a file as soon as it is there: a run that was interrupted goes on where it stopped, and answers that
other versions of the rules gave are not used. `--jobs` above 1 makes the times less exact.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import multiprocessing
import platform
import random
import re
import resource
import statistics
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

sys.path.append(str(Path(__file__).resolve().parents[1] / "support"))


import labelled_pairs
from labelled_pairs import LabelledPair
from make_tables import table
from other_judges import CPU_SECONDS, RULES_VERSIONS, simplify_rule, srbench_rule, warm_up
from places import ROOT
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from srbench_lite.comparing.statistics import wilson_interval
from srbench_lite.expressions.expression import Expression
from srbench_lite.judging.judge import VerdictWord, judge

ANSWERS: Final = ROOT / ".benchmarks" / "judge_error_rates.jsonl"  # a folder that git ignores
#: Folders of the code that the judge's answers depend on.
JUDGE_FOLDERS: Final = ("expressions", "fitting", "judging", "problems")
README: Final = ROOT / "srbench_lite" / "judging" / "README.md"
DISAGREEMENTS: Final = ROOT / "results" / "judge_disagreements.csv"
SETS: Final = ("collected", "generated", "fresh", "peers")
#: A set about which the judge alone is asked.
JUDGE_ONLY: Final = "fresh"
#: The rules by their short names, and what the tables call them.
CHECKERS: Final = {"judge": "the judge", "srbench": "SRBench's rule", "simplify": "`sympy.simplify`"}
#: SRBench's rule once more, for the peers' formulas: with numbers as their text has them (2.0 is no integer).
AS_WRITTEN: Final = "srbench as written"
WORDS: Final = tuple(word.value for word in VerdictWord)
#: All generated pairs, about which the judge alone is asked; the SymPy rules would take hours.
EVERY: Final = "all generated"
#: A mistake table shows at most so many pairs.
MOST_SHOWN: Final = 60


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One pair, the set it belongs to, and what each rule said about it."""

    group: str
    pair: LabelledPair
    replies: Mapping[str, Reply]  # by rule; some rules may not have been asked


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


# --- asking -----------------------------------------------------------------------------------------------------------


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


# --- tables of error rates --------------------------------------------------------------------------------------------


def rate(n: int, of: int) -> str:
    """Return `3 of 4 (75.0 %, 30.1 to 95.4)`: a share with its Wilson interval."""
    if of == 0:
        return "–"
    low, high = wilson_interval(n / of, of) or (0.0, 1.0)
    return f"{n} of {of} ({100 * n / of:.1f} %, {100 * low:.1f} to {100 * high:.1f})"


def percentile(values: Sequence[float], share: float) -> float:
    """Return the smallest value that at least this share of the values does not exceed."""
    ranked = sorted(values)
    return ranked[max(0, -int(-share * len(ranked) // 1) - 1)]


def _times(values: Sequence[float]) -> list[str]:
    shown = (statistics.median(values), statistics.fmean(values), percentile(values, 0.99), max(values))
    return [f"{1000 * value:,.1f}" if value < 1 else f"{1000 * value:,.0f}" for value in shown]


def error_rates(cases: Sequence[Case]) -> str:
    """Make the table of acceptances by set and rule."""
    headers = ("set", "rule", "same function: accepted", "same but for constants within 1 %: accepted",
               "another function: accepted", "no answer")  # fmt: skip
    rows = []
    for group in dict.fromkeys(case.group for case in cases):
        some = [case for case in cases if case.group == group]
        for checker, name in _asked(some).items():
            rows.append([group, name, *_shares(some, lambda case, c=checker: case.replies[c].accepted)])
            rows[-1].append(str(sum(case.replies[checker].open for case in some)))
            if checker == "judge":
                rows.append([group, "the judge, `affine` taken too", *_shares(some, _affine_too), rows[-1][-1]])
    return table(headers, rows)


def _asked(cases: Iterable[Case]) -> dict[str, str]:
    """Return the rules that were asked about all of the pairs, and their names."""
    return {checker: name for checker, name in CHECKERS.items() if all(checker in case.replies for case in cases)}


def _affine_too(case: Case) -> bool:
    return case.replies["judge"].word in ("exact", "recovered", "affine")


def _shares(cases: Sequence[Case], accepted: Callable[[Case], bool]) -> list[str]:
    cells = []
    for label in ("exact", "recovered", "neither"):
        some = [case for case in cases if case.pair.label == label]
        cells.append(rate(sum(map(accepted, some)), len(some)))
    return cells


def times(cases: Sequence[Case]) -> str:
    """Make the table of CPU times by set and rule."""
    headers = ("set", "rule", "pairs", "median ms", "mean ms", "99th percentile ms", "longest ms", "mean / the judge's")
    rows = []
    groups: dict[str, list[Case]] = {}
    for case in cases:
        groups.setdefault(case.group, []).append(case)
    compared = [case for case in cases if len(_asked([case])) == len(CHECKERS)]
    if len({case.group for case in compared}) - 1 > 0:
        groups["those that all were asked about"] = compared
    for group, some in groups.items():
        unit = 0.0
        for checker, name in _asked(some).items():
            seconds = [case.replies[checker].seconds for case in some]
            unit = unit or statistics.fmean(seconds)
            rows.append([group, name, len(seconds), *_times(seconds), f"{statistics.fmean(seconds) / unit:.1f}"])
    return table(headers, rows)


def _once(cases: Sequence[Case]) -> list[Case]:
    """Return the cases without those that stand among all generated ones, too."""
    every = any(case.group == EVERY for case in cases)
    return [case for case in cases if case.group != "generated" or not every]


def _accepted(cases: Sequence[Case], checker: str) -> str:
    """Return `3 of 4`: how many of the pairs that a rule was asked about it accepted."""
    asked = [case.replies[checker].accepted for case in cases if checker in case.replies]
    return f"{sum(asked)} of {len(asked)}" if asked else "–"


def by_kind(cases: Sequence[Case], *, effect: bool) -> str:
    """Make the table by kind of pair; `effect`: of the pairs whose verdict a tiny term decides, else of the others."""
    headers = ("set", "kind", "label", "pairs", *(f"judge: {word}" for word in WORDS), "SRBench's rule: accepted",
               "`sympy.simplify`: accepted")  # fmt: skip
    rows: list[list[object]] = []
    chosen = [case for case in cases if (case.pair.label == "by effect") == effect]
    for group, kind, label in dict.fromkeys((case.group, case.pair.kind, case.pair.label) for case in chosen):
        some = [case for case in chosen if (case.group, case.pair.kind, case.pair.label) == (group, kind, label)]
        words = Counter(case.replies["judge"].word for case in some)
        others = [_accepted(some, checker) for checker in ("srbench", "simplify")]
        rows.append([group, kind, label, len(some), *(words[word] for word in WORDS), *others])
    return table(headers, rows) if rows else "There are none."


def constants_off(cases: Sequence[Case]) -> str:
    """Make the table of the judge's words when all that is wrong is a constant, by how much it is off."""
    found: dict[float, list[Case]] = {}
    for case in cases:
        if match := re.fullmatch(r"constants? off by (\S+)", case.pair.kind):
            found.setdefault(float(match[1]), []).append(case)
    if not found:
        return "There are none."
    rows: list[list[object]] = []
    for off, some in sorted(found.items()):
        words = Counter(case.replies["judge"].word for case in some)
        shares = [f"{100 * words[word] / len(some):.1f} %" for word in WORDS]
        rows.append([f"{off:g}", len(some), *shares])
    headers = ("off by", "pairs", *(f"judge: {word}" for word in WORDS))
    return table(headers, rows)


def is_mistake(case: Case) -> bool:
    """Whether the judge's word contradicts the label."""
    allowed = {
        "exact": {"exact"}, "recovered": {"exact", "recovered"}, "neither": {"affine", "different", "undecided"},
        "not different": {"exact", "recovered", "affine", "undecided"},
    }  # fmt: skip
    return case.pair.label in allowed and case.replies["judge"].word not in allowed[case.pair.label]


def mistakes(cases: Sequence[Case]) -> str:
    """Make the list of the pairs where the judge contradicts the label."""
    wrong = [case for case in cases if is_mistake(case)]
    if not wrong:
        return "There are none."
    rows = [
        (case.pair.name, case.pair.kind, f"`{_cut(str(case.pair.found))}`", f"`{_cut(str(case.pair.truth))}`",
         case.pair.label, case.replies["judge"].word, case.replies["judge"].why)
        for case in wrong[:MOST_SHOWN]
    ]  # fmt: skip
    headers = ("pair", "kind", "found", "truth", "label", "the judge says", "because")
    rest = f"\n\n... and {len(wrong) - MOST_SHOWN} more." if len(wrong) > MOST_SHOWN else ""
    return table(headers, rows) + rest


def _cut(text: str, longest: int = 90) -> str:
    return text if len(text) <= longest else f"{text[: longest - 3]}..."


# --- peers ------------------------------------------------------------------------------------------------------------


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


# --- the page ---------------------------------------------------------------------------------------------------------


def write_tables(text: str, tables: Mapping[str, str]) -> str:
    """Return the page with the tables put between their marks; a mark that is missing is an error."""
    for name, made in tables.items():
        pattern = re.compile(rf"(<!-- table: {re.escape(name)} -->\n).*?(<!-- end -->)", flags=re.S)
        if len(pattern.findall(text)) != 1:
            raise ValueError(f"the page must have the marks of the table {name!r} once")
        text = pattern.sub(lambda match, made=made: f"{match[1]}{made}\n{match[2]}", text)
    return text


def labelled_tables(cases: Sequence[Case], caption: str) -> dict[str, str]:
    """Return the tables about the labelled pairs."""
    return {
        "run": caption,
        "error rates": error_rates(cases),
        "times": times(cases),
        "constants off": constants_off(_once(cases)),
        "by kind": by_kind(_once(cases), effect=False),
        "by effect": by_kind(_once(cases), effect=True),
        "mistakes": mistakes(_once(cases)),
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Ask, and write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--pairs", default=",".join(SETS), help=f"sets, by commas (default: {','.join(SETS)})")
    parser.add_argument(
        "--sample", type=int, default=500, help="so many pairs of a set, drawn at random, for all rules (default: 500)"
    )
    parser.add_argument("--jobs", type=int, default=1, help="worker processes")
    parser.add_argument("--out", type=Path, default=README, help="the page whose tables are written")
    parser.add_argument("--csv", type=Path, default=DISAGREEMENTS, help="where the disagreements go")
    parser.add_argument("--answers", type=Path, default=ANSWERS, help="where answers are kept")
    options = parser.parse_args(arguments)
    groups = options.pairs.split(",")
    if strange := set(groups) - set(SETS):
        parser.error(f"no such set: {', '.join(sorted(strange))}; there are {', '.join(SETS)}")

    def drawn(items: list[Any]) -> list[Any]:
        return random.Random(0).sample(items, options.sample) if options.sample < len(items) else items

    made = versions()
    answers: dict[str, Reply] = {}

    texts = spellings()

    def question(checker: str, pair: LabelledPair) -> Question:
        spelled = texts[pair.name] if checker == AS_WRITTEN else None
        return Question(checker=checker, pair=pair, version=made[checker], spelled=spelled)

    def put(questions: Iterable[Question], label: str) -> None:
        answers.update(ask_all(questions, options.answers, jobs=options.jobs, label=label))

    tables: dict[str, str] = {}
    everything = {
        "collected": labelled_pairs.collected_pairs, "generated": labelled_pairs.generated_pairs,
        JUDGE_ONLY: labelled_pairs.fresh_pairs,
    }  # fmt: skip
    cases = []
    for group in (group for group in groups if group in everything):
        pairs = everything[group]()
        some = drawn(pairs)
        asked = {group: (pairs, ("judge",))} if group == JUDGE_ONLY else {group: (some, tuple(CHECKERS))}
        asked |= {EVERY: (pairs, ("judge",))} if group == "generated" else {}
        for name, (chosen, checkers) in asked.items():
            for checker in checkers:
                put((question(checker, pair) for pair in chosen), f"{name}, {CHECKERS[checker]}")
            cases += [
                Case(group=name, pair=pair, replies={c: answers[question(c, pair).key] for c in checkers})
                for pair in chosen
            ]
    if cases:
        tables |= labelled_tables(cases, caption(Counter(case.group for case in cases), options))
    if "peers" in groups:
        peers = peer_pairs()

        def reply(checker: str, pair: LabelledPair) -> Reply | None:
            return answers.get(question(checker, pair).key)

        put((question("judge", pair) for _, pair in peers), "peers, the judge")
        put((question(AS_WRITTEN, pair) for _, pair in peers), "peers, SRBench's rule")
        more = []
        for peer, pair in peers:
            verdict, rule = reply("judge", pair), reply(AS_WRITTEN, pair)
            assert verdict is not None
            assert rule is not None
            if verdict.accepted and not srbench_accepts(peer, rule):
                more += [question(checker, aligned_pair(pair, verdict)) for checker in ("srbench", "simplify")]
        put(more, "peers, why they disagree")
        rows = disagreements(peers, reply)
        write_disagreements(rows, options.csv)
        tables["peers"] = peers_table(peers, reply, rows)
    options.out.write_text(write_tables(options.out.read_text(encoding="utf-8"), tables), encoding="utf-8")
    print(f"{options.out} written; {len(tables)} tables")


def caption(counts: Mapping[str, int], options: argparse.Namespace) -> str:
    """Say what was run, on what."""
    sets = ", ".join(f"{n} {group}" for group, n in counts.items())
    jobs = f"{options.jobs} process{'es' * (options.jobs != 1)} at a time"
    return (
        f"Pairs: {sets}. Python {platform.python_version()}, SymPy {version('sympy')}, NumPy {version('numpy')}, "
        f"{platform.system()} {platform.machine()}, {jobs}."
    )


if __name__ == "__main__":
    main()
