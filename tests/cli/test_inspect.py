"""`srbench inspect`: what it prints and writes, what it refuses, and with which exit code."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from commands import TOY, Said, srbench
from places import INSPECTED as METHODS

from srbench_lite.expressions.expression import Expression
from srbench_lite.methods.discovery import discover
from srbench_lite.problems.seeds import derive_seed
from srbench_lite.reports.survey import Survey

TABLES = ["fit.csv", "loss.csv", "hidden.csv", "components.csv"]
FIGURES = [f"{name}.{kind}" for name in ("fit", "loss", "hidden", "components") for kind in ("png", "svg")]


@pytest.fixture(name="inspect")
def _inspect(monkeypatch, capsys, tmp_path) -> Callable[..., Said]:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "toy.toml").write_text(TOY)

    def call(*arguments: str, method: str = "parabolas", task: str = "wave", out: str = "figures") -> Said:
        options = ["--plugin", str(METHODS), "--suite", "toy.toml", "-m", method, "-t", task, "--out", out]
        return srbench(monkeypatch, capsys, "inspect", *options, *arguments)

    return call


@pytest.fixture(name="undrawn")
def _undrawn(monkeypatch) -> None:
    """Leave the figures out: they are drawn by tests of their own."""
    monkeypatch.setattr("srbench_lite.reports.inspection.draw", lambda found, folder: [])


def test_everything_is_drawn_and_written(inspect, tmp_path, monkeypatch):
    def draw(found: Survey, folder: Path) -> list[Path]:
        """Write the name of what is to be drawn in place of each figure."""
        for name in FIGURES:
            (folder / name).write_text(f"{found.method} on {found.task}")
        return [folder / name for name in FIGURES]

    monkeypatch.setattr("srbench_lite.reports.inspection.draw", draw)
    said = inspect()
    assert (said.code, said.err) == (0, "")
    above, below = said.out.split("\nwrote\n")
    assert below.split() == [f"figures/{name}" for name in (*FIGURES, *TABLES)]
    assert sorted(path.name for path in (tmp_path / "figures").iterdir()) == sorted([*FIGURES, *TABLES])
    for name in FIGURES:
        assert (tmp_path / "figures" / name).read_text() == "parabolas on toy/wave"
    assert above.startswith("parabolas on toy/wave\n")


@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize("task", ["toy/wave", "*sad*"])
def test_the_formula_and_its_derivatives_are_printed(inspect, task):
    lines = inspect(task=task).out.splitlines()
    formula = Expression.parse(lines[1].removeprefix("  formula").strip())
    assert formula.variables == (("x",) if task == "toy/wave" else ("x", "y"))
    for name, line in zip(formula.variables, lines[2:], strict=False):
        assert line == f"  {f'd/d{name}':<7}  {formula.derivative(name)}"


@pytest.mark.usefixtures("undrawn")
def test_points_and_seed_are_those_of_a_run(inspect, monkeypatch):
    """Repetition 3 with noise 0.1 is the same problem as `srbench run --first-seed 3 --noise 0.1`."""
    seen = {}
    plain = discover(files=[METHODS]).method("parabolas")

    def inspected(self, samples, *, seed, budget, report):
        seen.update(x=samples.x, y=samples.y, seed=seed, seconds=budget.seconds, degree=self.degree, terms=self.terms)
        return type(plain).inspect(plain, samples, seed=seed, budget=budget, report=report)

    def discovered(**settings):
        registry = discover(**settings)
        monkeypatch.setattr(type(registry.method("parabolas")), "inspect", inspected)
        return registry

    monkeypatch.setattr("srbench_lite.methods.discovery.discover", discovered)
    options = ["--seed", "3", "--noise", "0.1", "--time-limit", "7", "-p", "degree=4", "--set", "parabolas.terms=2"]
    assert inspect(*options).code == 0
    from srbench_lite.problems.suite_file import load_suite

    (task, _) = load_suite(Path("toy.toml")).tasks
    train = task.dataset(seed=3, noise=0.1).train
    assert (seen.pop("x") == train.x).all()
    assert (seen.pop("y") == train.y).all()
    assert seen == {
        "seed": derive_seed(task=task.fingerprint, method="parabolas", seed=3, part="fit"),
        "seconds": 7.0,
        "degree": 4,
        "terms": 2,
    }


@pytest.mark.usefixtures("undrawn")
def test_a_second_time_the_files_are_replaced(inspect, tmp_path):
    inspect()
    first = (tmp_path / "figures" / "fit.csv").read_bytes()
    inspect("--seed", "1")
    second = (tmp_path / "figures" / "fit.csv").read_bytes()
    assert first != second
    inspect()
    assert (tmp_path / "figures" / "fit.csv").read_bytes() == first


def test_a_method_that_finds_nothing_is_exit_3(inspect):
    said = inspect(method="finds-nothing")
    assert (said.code, said.out) == (3, "")
    assert said.err == "finds-nothing found nothing on toy/wave: no term is worth its price\n"


def test_ctrl_c_is_130(inspect):
    said = inspect(method="interrupted")
    assert (said.code, said.out) == (130, "")
    assert "interrupted" in said.err


def test_a_method_that_breaks_the_contract_is_exit_1(inspect):
    said = inspect(method="misshapen")
    assert (said.code, said.out) == (1, "")
    assert said.err == "Error: misshapen: predict() must return an array of shape (401,), got (401, 1)\n"


@pytest.mark.parametrize(
    ("arguments", "chosen", "words"),
    [
        ([], {"method": "opaque"}, ["opaque trains no model that can be inspected", "parabolas"]),
        ([], {"method": "parabola"}, ["unknown method 'parabola'", "Did you mean: parabolas"]),
        ([], {"task": "wafe"}, ["unknown task 'wafe'", "Did you mean: toy/wave?"]),
        ([], {"out": "toy.toml"}, ["--out must be a folder, but toy.toml is a file"]),
        ([], {"out": "toy.toml/deep/er"}, ["--out must be a folder, but toy.toml/deep/er is a file, or lies in one"]),
        ([], {"method": "picky", "task": "saddle"}, ["picky cannot do toy/saddle: at most 1 variable, the task has 2"]),
        (["-p", "degree"], {}, ["--set must be PARAMETER=VALUE, got 'degree'"]),
        (["-p", "=3"], {}, ["--set must be PARAMETER=VALUE, got '=3'"]),
        (["-p", ".degree=3"], {}, ["--set must be PARAMETER=VALUE, got '.degree=3'"]),
        (["-p", "lies.degree=3"], {}, ["unknown method in --set 'lies'"]),
        (["-p", "degre=3"], {}, ["unknown hyper-parameter of parabolas 'degre'", "Did you mean: degree?"]),
        (["-p", "degree=three"], {}, ["parabolas.degree must be a whole number", "got 'three'"]),
        (["--seed", "-1"], {}, ["-1 is not in the range"]),
        (["--noise", "-0.1"], {}, ["-0.1 is not in the range"]),
        (["--noise", "nan"], {}, ["the noise level must be 0 or a positive number, got nan"]),
        (["--time-limit", "0"], {}, ["0.0 is not in the range"]),
        (["--suite", "none.toml"], {}, ["none.toml"]),
    ],
)
def test_bad_input_is_one_line_and_exit_2(inspect, arguments, chosen, words):
    said = inspect(*arguments, **chosen)
    assert (said.code, said.out) == (2, "")
    assert sum("Error:" in line for line in said.err.splitlines()) == 1
    for word in words:
        assert word in said.err


def test_a_folder_that_cannot_be_made_is_refused_before_training(inspect):
    said = inspect(method="interrupted", out="/proc/none/figures")
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith("Error: --out: cannot make the folder /proc/none/figures: ")
