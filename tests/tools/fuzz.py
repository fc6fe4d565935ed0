"""Inputs from strangers, by the hundred thousand: `python tests/tools/fuzz.py formula --inputs 1000000 --seed 0`.

A target is something that reads what others write; `all` is each of them. Inputs come from a grammar and from accidents
that happen to good ones, each from the seed and its number, so that `--first N --inputs 1` does one again. An input may
be accepted or end in an error of ours with a bounded text; anything else is a fault: another exception, more than
`--seconds` of CPU, more than `--memory` MB, the end of the process. The first input of each fault is written to
`--out`. A line is printed for each target. Ends with 1 where there is a fault.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1] / "support"))

from fuzz_children import Finding, Limits, Summary, Target, drawn, fuzz
from fuzz_seeds import folder_of_inputs
from fuzz_targets import TARGETS


def main(arguments: Sequence[str] | None = None) -> int:
    """Try the inputs of the targets that are named; return 1 where one is wrong, else 0."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "targets", nargs="+", choices=[*TARGETS, "all"], metavar="TARGET", help=", ".join([*TARGETS, "all"])
    )
    parser.add_argument("--inputs", type=int, default=10_000, help="how many for each target")
    parser.add_argument("--seed", type=int, default=0, help="what they are drawn from")
    parser.add_argument("--first", type=int, default=0, help="number of the first one")
    parser.add_argument("--seconds", type=float, default=1.0, help="of CPU that one may take; of a slow machine more")
    parser.add_argument("--memory", type=float, default=500.0, help="MB that one may take")
    parser.add_argument("--out", type=Path, default=Path("fuzz-faults"), help="folder of inputs that are wrong")
    options = parser.parse_args(arguments)
    if folder := folder_of_inputs():
        os.environ.setdefault("SRBENCH_FUZZ_FOLDER", folder)
    limits = Limits(seconds=options.seconds, memory_mb=options.memory)
    chosen = [*TARGETS] if "all" in options.targets else options.targets
    bad = 0
    for name in chosen:
        target = TARGETS[name]

        def said(finding: Finding, target: Target = target) -> None:
            options.out.mkdir(parents=True, exist_ok=True)
            path = options.out / f"{target.name}-{options.seed}-{finding.number}{target.ending}"
            path.write_bytes(drawn(target, options.seed, finding.number))
            print(f"  {path}: {finding.fault}\n    {finding.place}", flush=True)

        summary = fuzz(
            target, inputs=options.inputs, seed=options.seed, limits=limits, first=options.first, on_finding=said
        )
        print(_line(name, summary), flush=True)
        bad += len(summary.findings)
    return 1 if bad else 0


def _line(name: str, summary: Summary) -> str:
    rate = summary.inputs / max(summary.seconds, 1e-9)
    share = summary.accepted / max(summary.inputs, 1)
    return (
        f"{name}: {summary.inputs:,} inputs, {rate:,.0f}/s, {share:.0%} accepted, {len(summary.findings)} faults; "
        f"slowest {summary.slowest:.2f} s (number {summary.slowest_number}), memory up by {summary.memory_mb:.0f} MB"
    )


if __name__ == "__main__":
    sys.exit(main())
