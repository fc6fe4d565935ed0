"""Error rates of the judge, of SRBench's published rule and of `sympy.simplify`, on the same pairs in the same run.

    python tests/tools/judge_error_rates.py [--pairs collected,generated,fresh,peers] [--sample N] [--jobs 1]

Writes the tables between the marks of `srbench_lite/judging/README.md`, and `results/judge_disagreements.csv`. Every
answer is kept in a file as soon as it is there: a run that was interrupted goes on where it stopped, and answers that
other versions of the rules gave are not used. `--jobs` above 1 makes the times less exact.
"""

from __future__ import annotations

import argparse
import platform
import random
import re
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

sys.path.append(str(Path(__file__).resolve().parents[1] / "support"))


import labelled_pairs
from judge_error_tables import CHECKERS, EVERY, Case, by_kind, constants_off, error_rates, mistakes, once, times
from judge_questions import AS_WRITTEN, Question, Reply, ask_all, versions
from labelled_pairs import LabelledPair
from peer_disagreements import (
    aligned_pair,
    disagreements,
    peer_pairs,
    peers_table,
    spellings,
    srbench_accepts,
    write_disagreements,
)
from places import ROOT

ANSWERS: Final = ROOT / ".benchmarks" / "judge_error_rates.jsonl"  # a folder that git ignores
README: Final = ROOT / "srbench_lite" / "judging" / "README.md"
DISAGREEMENTS: Final = ROOT / "results" / "judge_disagreements.csv"
SETS: Final = ("collected", "generated", "fresh", "peers")
#: A set about which the judge alone is asked.
JUDGE_ONLY: Final = "fresh"


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
        "constants off": constants_off(once(cases)),
        "by kind": by_kind(once(cases), effect=False),
        "by effect": by_kind(once(cases), effect=True),
        "mistakes": mistakes(once(cases)),
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
