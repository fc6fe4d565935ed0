"""Plugin files: each may import what lies beside it, and nobody else gets it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from commands import LINES

from srbench_lite.methods.discovery import discover
from srbench_lite.methods.plugin_file import file_of_class, load_plugin_file

#: A method that imports what lies beside it when it is loaded, and again when it fits.
METHOD = """
from dataclasses import dataclass
import helper
from helper import SLOPE
from parts.deep import OFFSET
import parts.deep
from srbench_lite import Expression, Fit, Method, hookimpl

@dataclass(frozen=True, kw_only=True)
class Mine(Method):
    name = "NAME"
    summary = source = "tests"

    def fit(self, samples, *, seed, budget, report):
        import late
        import json, random
        assert parts.deep.OFFSET == OFFSET and hasattr(random, "uniform") and not hasattr(json, "evil")
        return Fit(expression=SLOPE * Expression.variable("x") + late.twice(helper.HALF))

@hookimpl
def srbench_methods():
    return [Mine()]
"""


def plugin(folder: Path, name: str, slope: float) -> Path:
    (folder / "parts").mkdir(parents=True)
    (folder / "data").mkdir()  # no package
    (folder / "helper.py").write_text(f"from parts import deep\nSLOPE = {slope}\nHALF = deep.OFFSET / 2\n")
    (folder / "parts" / "__init__.py").write_text("")
    (folder / "parts" / "deep.py").write_text("OFFSET = 1.0\n")
    (folder / "late.py").write_text("from .helper import SLOPE\ndef twice(x):\n    return 2 * x\n")
    (folder / f"{name}.py").write_text(METHOD.replace("NAME", name))
    return folder / f"{name}.py"


def test_two_plugins_import_what_lies_beside_each(tmp_path):
    before = list(sys.path)
    files = [plugin(tmp_path / "a", "one", 2.0), plugin(tmp_path / "b", "two", 3.0)]
    registry = discover(files=files, entry_points=())

    assert registry.broken == ()
    found = [str(registry.method(n).fit(None, seed=0, budget=None, report=None).expression) for n in ("one", "two")]
    assert found == ["2*x + 1", "3*x + 1"]
    assert sys.path == before
    assert not {"helper", "parts", "late"} & set(sys.modules)
    with pytest.raises(ModuleNotFoundError):
        __import__("helper")


def test_a_class_is_of_the_file_that_was_given_where_it_lies_beside_it(tmp_path):
    (tmp_path / "helper.py").write_text("class Beside:\n    pass\n")
    (tmp_path / "mine.py").write_text("from helper import Beside\nclass Mine:\n    pass\n")
    module = load_plugin_file(tmp_path / "mine.py")

    assert file_of_class(module.Mine) == file_of_class(module.Beside) == tmp_path.resolve() / "mine.py"
    assert file_of_class(Path) is None


def test_a_plugin_that_is_loaded_again_gets_what_lies_beside_it_anew(tmp_path):
    (tmp_path / "helper.py").write_text("VALUE = 1")
    (tmp_path / "mine.py").write_text("import helper\nVALUE = helper.VALUE")
    assert load_plugin_file(tmp_path / "mine.py").VALUE == 1
    (tmp_path / "helper.py").write_text("VALUE = 10  # of another length, as the time may be the same")
    assert load_plugin_file(tmp_path / "mine.py").VALUE == 10


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("import no_such_module", "ModuleNotFoundError: No module named 'no_such_module'"),
        ("import data", "ModuleNotFoundError: No module named 'data'"),
        ("import bad", "ZeroDivisionError: division by zero"),
        ("from helper import missing", "ImportError: cannot import name 'missing'"),
    ],
)
def test_what_cannot_be_imported_is_said(tmp_path, source, said):
    (tmp_path / "data").mkdir()
    (tmp_path / "bad.py").write_text("1/0")
    (tmp_path / "helper.py").write_text("")
    (tmp_path / "mine.py").write_text(source)
    (broken,) = discover(files=[tmp_path / "mine.py"], entry_points=()).broken
    assert said in str(broken.error)
    assert "srbench_plugin_file_mine" not in sys.modules


def test_a_name_with_dots_is_a_name(tmp_path):
    (tmp_path / "helper.py").write_text("VALUE = 1")
    (tmp_path / "my.method.v2.py").write_text("import helper\nVALUE = helper.VALUE")
    assert load_plugin_file(tmp_path / "my.method.v2.py").VALUE == 1


def test_the_processes_of_a_run_import_it_too(scoring_here, monkeypatch, capsys, tmp_path):
    from commands import srbench

    plugin(tmp_path / "mine", "one", 2.0)
    (tmp_path / "toy.toml").write_text(LINES)
    monkeypatch.chdir(tmp_path)
    command = ("run", "--plugin", "mine/one.py", "-m", "one", "-s", "toy.toml", "-t", "line", "-q")
    assert srbench(monkeypatch, capsys, *command).code == 0
    assert "exact" in srbench(monkeypatch, capsys, "show", "line").out
