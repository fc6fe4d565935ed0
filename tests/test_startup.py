"""Importing is free: the command line and the plugins load nothing heavy. Time is measured in tests/benchmarks."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from places import ROOT

PLUGINS = sorted(p.parent.name for part in ("plugins", "tasks") for p in ROOT.glob(f"{part}/srbench_*/__init__.py"))
HEAVY = ("torch", "sympy", "mpmath", "pandas", "scipy", "numpy", "pyarrow", "rich", "tabulate", "sklearn", "matplotlib")


def heavy_after(code: str) -> tuple[list[str], str]:
    """Run code in a fresh interpreter; return the heavy modules it loaded, and what it printed."""
    end = f"\nimport json, sys\nprint(json.dumps([m for m in {HEAVY!r} if m in sys.modules]), file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code + end], capture_output=True, text=True, check=True, timeout=60)
    return json.loads(done.stderr.splitlines()[-1]), done.stdout


def command(*arguments: str) -> str:
    return (
        f"import sys\nsys.argv = ['srbench', *{arguments!r}]\nfrom srbench_lite.cli import main\n"
        "try:\n    main()\nexcept SystemExit as end:\n    assert not end.code, end.code"
    )


def test_the_probe_sees_what_is_loaded():
    assert heavy_after("import numpy")[0] == ["numpy"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--help",), "srbench run --method lasso --suite sin"),
        (("--version",), "srbench-lite"),
        (("run", "--help"), "--time-limit"),
        (("fit", "--help"), "--target"),
        (("predict", "--help"), "FORMULA|RUN"),
        (("list", "methods"), "lasso"),
        (("list", "suites"), "composite"),
        (("list", "tasks"), "sin/plain"),
        (("plugins",), "poly2"),
        (("leaderboard", "--help"), "--format"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_a_command_loads_nothing_heavy(arguments, said):
    loaded, out = heavy_after(command(*arguments))
    assert said in out
    assert loaded == []


def test_listing_suites_reads_no_formula():
    end = "\nassert 'srbench_lite.expressions.parsing' not in sys.modules"
    assert "composite" in heavy_after(command("list", "suites") + end)[1]


def test_no_module_loads_anything_heavy():
    """One after another in one process, which says after each what it has loaded that none before it had."""
    modules = ["srbench_lite", "srbench_lite.cli", "srbench_lite.methods.discovery", *PLUGINS]
    code = (
        f"import importlib, sys\nfor module in {modules!r}:\n"
        f"    before = set(sys.modules)\n    importlib.import_module(module)\n"
        f"    print(module, sorted({set(HEAVY)!r} & (set(sys.modules) - before)))"
    )
    assert heavy_after(code)[1].splitlines() == [f"{module} []" for module in modules]


def test_every_top_level_name_can_be_had():
    """Names are imported when first used: each must be there, and be what its home calls so."""
    import srbench_lite

    for name in srbench_lite.__all__:
        assert getattr(srbench_lite, name) is not None
    assert set(srbench_lite.__all__) <= set(dir(srbench_lite))
    with pytest.raises(AttributeError, match="has no attribute 'Metod'"):
        srbench_lite.Metod  # noqa: B018
