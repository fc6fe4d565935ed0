"""`srbench run --shard`: several machines do the parts of one command, and their stores are one."""

from __future__ import annotations

import dataclasses

from commands import LINES
from places import HOSTILE

from srbench_lite.recording.store import Store

#: What differs between two runs of the same: times, and where and when they were.
MEASURED = (
    "seconds", "cpu_seconds", "cell_seconds", "peak_mb", "started_at", "environment", "extras", "judged_here",
    "reports", "progress", "printed_bytes",
)  # fmt: skip


def stored(path):
    with Store(path, read_only=True) as store:
        return {r.key: dataclasses.replace(r, **dict.fromkeys(MEASURED)) for r in store}


def test_the_parts_together_are_the_whole(srbench, tmp_path):
    (tmp_path / "toy.toml").write_text(LINES)
    command = ("run", "--plugin", str(HOSTILE), "-m", "good", "-s", "toy.toml", "--seeds", "4", "-q")

    assert srbench(*command, "--store", "whole.db").code == 0
    for part in (1, 2, 3):
        said = srbench(*command, "--shard", f"{part}/3", "--store", f"part{part}.db")
        assert f"part {part} of 3" in said.err
    for _ in range(2):  # twice is as good as once
        assert srbench("import", "part1.db", "part2.db", "part3.db", "--store", "all.db").code == 0

    assert stored(tmp_path / "all.db") == stored(tmp_path / "whole.db")
    left = srbench(*command[:-1], "--dry-run", "--store", "all.db")
    assert "0 of them not in the store" in left.out


def test_a_part_that_is_none_is_refused(srbench):
    said = srbench("run", "-m", "lasso", "-s", "sin", "--shard", "4/3")
    assert said.code == 2
    assert "there is no such part" in said.err
