"""What strangers have written into a store reaches no terminal as a command to it."""

from __future__ import annotations

import pytest
from compared_runs import MISSED, store
from records import failure, record

from srbench_lite.cli.streams import say

TITLE = "\x1b]0;title\x07"
SHOWN = "\\x1b]0;title\\x07"


@pytest.fixture(name="filled")
def _filled(call):
    changed = {"suite": f"s{TITLE}", "task": f"s{TITLE}/t{TITLE}", "truth": f"x{TITLE}"}
    methods = (f"one{TITLE}", f"two{TITLE}")
    runs = [record(**changed, **(MISSED if seed else {}), method=m, seed=seed) for m in methods for seed in range(2)]
    runs += [
        failure(**changed, method=m, seed=2, reason=f"no{TITLE}", complaint=f"bad{TITLE}\nworse", extras={"a": TITLE})
        for m in methods
    ]
    store("results/srbench.db", *runs)
    call("baseline", "--out", "base.json")
    return call


@pytest.mark.parametrize(
    "command",
    [
        ("show", f"s{TITLE}/t{TITLE}", "--long"),
        ("log", f"s{TITLE}/t{TITLE}"),
        ("log", f"s{TITLE}/t{TITLE}", "-m", f"one{TITLE}", "--seed", "2"),
        ("leaderboard",),
        ("leaderboard", "--format", "markdown"),
        ("leaderboard", "-m", "one"),
        ("compare", f"one{TITLE}", f"two{TITLE}"),
        ("compare", f"one{TITLE}", f"two{TITLE}", "--format", "markdown"),
        ("check", "--baseline", "base.json"),
        ("check", "--baseline", "base.json", "--allow-old"),
        ("baseline", "--out", "again.json"),
        ("rescore", "--dry-run"),
    ],
    ids=lambda words: " ".join(words).replace(TITLE, ""),
)  # fmt: skip
def test_no_command_prints_what_a_terminal_acts_on(filled, command):
    said = filled(*command)
    assert not {"\x1b", "\x07"} & set(said.out + said.err)
    assert SHOWN in said.out + said.err


def test_lines_stay_lines(capsys):
    say(f"α\ta\n{TITLE}\r\n", err=True)
    assert capsys.readouterr().err == f"α   a\n{SHOWN}\n\n"
