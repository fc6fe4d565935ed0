"""Faults at random moments: `python tests/tools/drill_faults.py --rounds 50 --seed 0`.

Each round starts a real `srbench run` in a folder of its own, does one thing to it at a random moment (kills of every
kind of process, signals, a full disk, a clock that jumps back, a second run, readers); then the same command finishes.
The store is that of an undisturbed run, no process and no stray file is left, and no traceback was printed. A line
tells of each round. The exit code is 1 where anything was wrong; what its folder holds is then kept.
"""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1] / "support"))

from fault_drill import Ground
from fault_kinds import KINDS, Reference, SkippedKindError, drill


def main(arguments: Sequence[str] | None = None) -> int:
    """Do the rounds and print a table; return 1 where anything was wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=50, help="how many faults")
    parser.add_argument("--first", type=int, default=0, help="number of the first round")
    parser.add_argument("--seed", type=int, default=0, help="of the moments")
    parser.add_argument("--kind", action="append", default=[], help=f"only this kind: {', '.join(KINDS)}")
    options = parser.parse_args(arguments)
    if unknown := set(options.kind) - set(KINDS):
        parser.error(f"no such kind: {', '.join(sorted(unknown))}")
    folder = Path(tempfile.mkdtemp(prefix="drill-"))
    reference = _undisturbed(folder / "undisturbed")
    kinds = options.kind or list(KINDS)
    rounds, bad, skipped = Counter[str](), Counter[str](), Counter[str]()
    for number in range(options.first, options.first + options.rounds):
        kind = kinds[number % len(kinds)]
        here = folder / str(number)
        here.mkdir()
        began = time.monotonic()
        try:
            wrong, note = drill(kind, here, random.Random(f"{options.seed}/{number}"), reference)
        except SkippedKindError as error:
            skipped[kind] += 1
            print(f"{number:4d} {kind}: skipped, {error}", flush=True)
            continue
        rounds[kind] += 1
        bad[kind] += bool(wrong)
        taken = time.monotonic() - began
        print(f"{number:4d} {'WRONG' if wrong else 'good '} {kind}: {note} [{taken:.0f} s]", flush=True)
        for line in wrong:
            print(f"           {line}", flush=True)
        if not wrong:
            shutil.rmtree(here)
    print(f"\n{'kind':28} rounds  wrong  skipped")
    for kind in kinds:
        print(f"{kind:28} {rounds[kind]:6d} {bad[kind]:6d} {skipped[kind]:8d}")
    if bad.total():
        print(f"what was wrong lies in {folder}")
    else:
        shutil.rmtree(folder)
    return 1 if bad.total() else 0


def _undisturbed(folder: Path) -> Reference:
    """Run the plan once without a fault."""
    folder.mkdir()
    ground = Ground(folder)
    began = time.monotonic()
    ended = ground.end(ground.run())
    seconds = time.monotonic() - began
    if stray := [*ground.left(), *ground.stray()]:
        raise SystemExit(f"the undisturbed run left {', '.join(stray)}")
    contents = ground.contents()
    print(f"undisturbed: code {ended.code}, {len(contents)} records in {seconds:.1f} s", flush=True)
    return Reference(ended.code, contents)


if __name__ == "__main__":
    sys.exit(main())
