"""Every command that writes a file writes it whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from commands import srbench
from records import record

from srbench_lite.recording.store import Store

#: Command -> a file that it writes.
COMMANDS = {
    ("leaderboard", "--format", "markdown", "--out", "out.md"): "out.md",
    ("baseline", "--out", "base.json"): "base.json",
    ("check", "--allow-old", "--baseline", "made.json", "--markdown", "out.md"): "out.md",
    ("check", "--allow-old", "--baseline", "made.json", "--junit", "out.xml"): "out.xml",
    ("check", "--allow-old", "--baseline", "made.json", "--json", "out.json"): "out.json",
    ("report", "--out", "out.html"): "out.html",
    ("paper", "--out", "paper"): "paper/main.tex",
    ("paper", "--out", "paper", "--title", "x"): "paper/figures/time.csv",
    ("paper", "--out", "paper", "--title", "y"): "paper/figures/time.pdf",
    ("plot", "sin/plain", "--out", "figures"): "figures/sin-plain-good.svg",
    ("export", "--out", "out.csv"): "out.csv",
    ("export", "--out", "out.json"): "out.json",
}


@pytest.fixture(name="call")
def _call(monkeypatch, capsys, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    from srbench_lite.methods.discovery import discover

    fingerprint = discover().tasks["sin/plain"].fingerprint
    with Store("runs.db") as store:
        store.add_all(record(seed=seed, task_fingerprint=fingerprint) for seed in range(3))
    return lambda *arguments: srbench(monkeypatch, capsys, *arguments, "--store", "runs.db")


@pytest.mark.parametrize(("arguments", "written"), COMMANDS.items(), ids=[" ".join(c) for c in COMMANDS])
def test_a_file_that_cannot_be_finished_stays_as_it_was(call, monkeypatch, arguments, written):
    assert call("baseline", "--out", "made.json").code == 0
    path = Path(written)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("old")
    replace = Path.replace

    def failing(part: Path, target: Path) -> Path:
        if target.name == path.name:
            assert part.stat().st_size > 0
            raise OSError(5, "the disk is gone")
        return replace(part, target)

    monkeypatch.setattr(Path, "replace", failing)
    said = call(*arguments)
    assert said.code == 2
    assert f"cannot write {written}: the disk is gone; name another file" in said.err
    assert path.read_text() == "old"
    assert not [name for _, _, names in os.walk(".") for name in names if name.endswith(".part")]

    monkeypatch.setattr(Path, "replace", replace)
    assert call(*arguments).code == 0
    assert path.read_bytes() != b"old"
