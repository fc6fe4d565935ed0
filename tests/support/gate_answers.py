"""The table of what the gate says when something changed, as its page has it."""

from __future__ import annotations

import re

from commands import Said
from compared_runs import flat
from places import ROOT

_PAGE = ROOT / "srbench_lite" / "comparing" / "README.md"
#: The changes that the page answers; tests try each.
CHANGES = (
    "a new task", "a removed task", "a task defined otherwise", "another limit", "a renamed method",
    "fewer seeds, or fewer tasks", "a flaky crash", "a slower runner", "other hyper-parameters",
)  # fmt: skip


def answers() -> dict[str, str]:
    """Return by change what the page says that the gate says."""
    _, _, table = _PAGE.read_text(encoding="utf-8").partition("| what changed | what the gate says | what to do |\n")
    rows = [line.split(" | ") for line in table.partition("\n\n")[0].splitlines()[1:]]
    return {row[0].removeprefix("| "): row[1] for row in rows}


def assert_answered(change: str, said: Said) -> None:
    """Fail unless the page gives the exit code, and quotes what was said."""
    answer = answers()[change]
    codes = {int(digit) for digit in re.findall(r"(?:exit code |\(|`--within` |else )(\d)", answer)}
    assert said.code in codes | ({0} if "exit code" not in answer else set()), (said.code, answer)
    quoted = [words for words in re.findall(r"`([^`]+)`", answer) if not words.startswith("--")]
    assert any(words in flat(said.out + said.err) for words in quoted), (said, quoted)
