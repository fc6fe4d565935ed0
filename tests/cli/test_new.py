"""`srbench new`: what it writes works, and what exists is left alone."""

from __future__ import annotations

import subprocess
import sys

import pytest

from srbench_lite.methods.discovery import discover
from srbench_lite.methods.method import Budget
from srbench_lite.testing import METHOD_CHECKS, line_samples, run_check


@pytest.fixture(name="path_kept")
def _path_kept(monkeypatch):
    """Leave no module of a written package behind."""
    monkeypatch.setattr(sys, "path", [*sys.path])
    before = set(sys.modules)
    yield
    for name in [name for name in sys.modules if name not in before and name.startswith("srbench_lite_")]:
        del sys.modules[name]


@pytest.mark.usefixtures("path_kept")
def test_a_new_method_works(srbench, tmp_path):
    said = srbench("new", "method", "two-terms")
    assert said.code == 0
    assert said.out.splitlines()[1:] == [
        "Next:", "  cd two-terms && pip install -e '.[test]'", "  pytest && srbench conform two-terms",
        "  srbench run --method two-terms --suite sin",
    ]  # fmt: skip

    sys.path.insert(0, str(tmp_path / "two-terms"))
    method = discover(files=[tmp_path / "two-terms" / "srbench_lite_two_terms" / "__init__.py"]).method("two-terms")
    checks = {check.name: check for check in METHOD_CHECKS}
    assert run_check(checks["constant-target"], method) is None
    samples = line_samples()
    found = method.fit(samples, seed=0, budget=Budget(), report=lambda expression: None)
    assert str(found.expression) == "2*x + 1"


def test_a_new_suite_has_no_fault(srbench):
    assert srbench("new", "suite", "my-tasks", "--folder", "work/tasks").code == 0
    said = srbench("check-suite", "work/tasks/srbench_lite_my_tasks/my-tasks.toml")
    assert (said.code, said.out) == (0, "my-tasks: 2 tasks, no fault\n")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("metod", "mine"), "unknown kind of plugin 'metod'. Did you mean: method?"),
        (("method", "my method"), "Did you mean: my-method?"),
        (("method", "lies"), "the method 'lies' is installed already, by lies (srbench-lite); choose another name"),
        (("suite", "sin"), "the suite 'sin' is installed already"),
        (("method", "networks"), "a plugin called 'networks' is installed already"),
    ],
)
def test_a_name_that_cannot_be_is_refused(srbench, tmp_path, arguments, words):
    before = sorted(tmp_path.iterdir())
    said = srbench("new", *arguments)
    assert said.code == 2
    assert words in said.err
    assert sorted(tmp_path.iterdir()) == before


def test_nothing_is_overwritten(srbench, tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "notes").write_text("mine")
    assert "the folder full is not empty (notes)" in srbench("new", "method", "full").err
    assert "toy.toml is a file" in srbench("new", "method", "fresh", "--folder", "toy.toml").err
    assert [path.name for path in (tmp_path / "full").iterdir()] == ["notes"]


def test_a_new_repository_may_be_filled(srbench, tmp_path):
    (tmp_path / "mine" / ".git").mkdir(parents=True)
    assert srbench("new", "method", "mine").code == 0
    assert (tmp_path / "mine" / "pyproject.toml").is_file()


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["method", "suite"])
def test_types_of_what_is_written_are_clean(srbench, kind, tmp_path):
    srbench("new", kind, "mine")
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--python-executable", sys.executable], cwd=tmp_path / "mine",
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
