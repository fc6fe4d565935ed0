"""The command line called from tests, and suites that it can read."""

from __future__ import annotations

import signal
import sys
from typing import NamedTuple

import pytest

from srbench_lite.cli import main

#: One task of one variable, one of two.
TOY = """
[suite]
name = "toy"
n_train = 40
n_test = 60

[[tasks]]
name = "wave"
truth = "sin(x)"
variables.x = { low = -2, high = 2 }

[[tasks]]
name = "saddle"
truth = "x*y"
variables.x = { low = -2, high = 2 }
variables.y = { low = -1, high = 1 }
"""


#: Two tasks of one variable.
LINES = """
[suite]
name = "toy"
n_train = 10
n_test = 20

[[tasks]]
name = "line"
truth = "2*x + 1"
variables.x = { low = -1, high = 1 }

[[tasks]]
name = "curve"
truth = "x**2"
variables.x = { low = -1, high = 1 }
"""


class Said(NamedTuple):
    """Exit code, and what stood on stdout and stderr."""

    code: int
    out: str
    err: str


def srbench(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: str) -> Said:
    """Call `srbench` with these arguments in this process, and leave its signals as they were."""
    monkeypatch.setattr(sys, "argv", ["srbench", *arguments])
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    with pytest.raises(SystemExit) as ended:
        main()
    for number, handler in before.items():
        signal.signal(number, handler)
    out, err = capsys.readouterr()
    assert isinstance(ended.value.code, int)
    return Said(ended.value.code, out, err)
