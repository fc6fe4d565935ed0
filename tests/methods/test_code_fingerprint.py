"""The fingerprint of a method's code: the same for the same files, another when one that defines the method changes."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from pathlib import Path

import pytest

from srbench_lite.methods import code_fingerprint as module
from srbench_lite.methods.code_fingerprint import code_fingerprint
from srbench_lite.methods.discovery import discover
from srbench_lite.methods.method import Method

PLUGIN = """
from dataclasses import dataclass
from srbench_lite import Method, hookimpl
import os.path as path, {helper}

@dataclass(frozen=True, kw_only=True)
class {name}(Method):
    name, summary, source = "{method}", "tests", "tests"

    def fit(self, samples, *, seed, budget, report):
        from deep import nothing

@hookimpl
def srbench_methods():
    return [{name}()]
"""


@pytest.fixture(name="folder")
def _folder(tmp_path, monkeypatch) -> Path:
    """A plugin file, what it imports beside it, what that imports, and what nobody imports."""
    folder = tmp_path / "here"
    (folder / "package").mkdir(parents=True)
    (folder / "mine.py").write_text(PLUGIN.format(name="Mine", method="mine", helper="helper"))
    (folder / "helper.py").write_text("import package.part\n")
    (folder / "package" / "__init__.py").write_text("")
    (folder / "package" / "part.py").write_text("")
    (folder / "package" / "weights.bin").write_bytes(bytes(100))
    (folder / "deep.py").write_text("nothing = 0\n")
    (folder / "stranger.py").write_text("")
    monkeypatch.syspath_prepend(str(folder))
    for name in ("helper", "package", "package.part"):
        monkeypatch.setitem(sys.modules, name, None)
        del sys.modules[name]
    return folder


def of(folder: Path) -> str:
    found = code_fingerprint(discover(files=[folder / "mine.py"], entry_points=[]).method("mine"))
    assert found is not None
    return found


def test_it_reaches_what_the_file_imports_beside_it_and_no_further(folder):
    before = of(folder)
    assert len(before) == 16
    for name in ("mine.py", "helper.py", "package/part.py", "package/weights.bin", "deep.py"):
        content = (folder / name).read_bytes()
        (folder / name).write_bytes(content + b"\n")
        assert of(folder) != before, name
        (folder / name).write_bytes(content)
        assert of(folder) == before
    for name in ("stranger.py", "package/README.md", "package/__pycache__/part.cpython-311.pyc", "package/.hidden"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("changed")
        assert of(folder) == before, name


def test_it_is_the_same_in_another_folder_and_at_another_time(folder, tmp_path, monkeypatch):
    before = of(folder)
    shutil.copytree(folder, tmp_path / "there")
    for path in (tmp_path / "there").rglob("*"):
        os.utime(path, (1, 1))
    monkeypatch.syspath_prepend(str(tmp_path / "there"))
    assert of(tmp_path / "there") == before


def test_a_file_that_is_renamed_or_gone_is_another_code(folder):
    before = of(folder)
    (folder / "package" / "weights.bin").rename(folder / "package" / "others.bin")
    renamed = of(folder)
    (folder / "package" / "others.bin").unlink()
    assert len({before, renamed, of(folder)}) == 3


def test_it_reaches_the_packages_of_other_plugins_and_of_no_library():
    registry = discover()
    reached = {
        name: {unit.name for unit in module._reached([module._unit_of(type(registry.method(name)))])}
        for name in ("lies", "lstm", "transformer")
    }
    core = {"srbench_lite.expressions", "srbench_lite.fitting"}
    assert reached["lies"] == {"srbench_lies", *core}
    assert reached["lstm"] == {"srbench_lstm", "srbench_lasso", "srbench_networks", *core}
    assert reached["transformer"] == {"srbench_transformer", "srbench_weight_decoder", *core}
    assert code_fingerprint(registry.method("lies")) == code_fingerprint(registry.method("lies-fast"))
    assert len({code_fingerprint(registry.method(name)) for name in ("lies", "lasso", "lstm", "neuron")}) == 4


def test_hyper_parameters_are_no_code():
    lasso = discover().method("lasso")
    name, value = next((n, v) for n, v in lasso.parameters().items() if isinstance(v, int) and not isinstance(v, bool))
    assert code_fingerprint(lasso.with_parameters({name: value + 1})) == code_fingerprint(lasso)


def test_weights_that_ship_are_part_of_it():
    (unit,) = (u for u in [module._unit_of(type(discover().method("transformer")))])
    assert any(name.endswith(".safetensors") for name, _ in unit.files())


def test_beside_an_installed_module_lie_strangers(tmp_path, monkeypatch):
    library = tmp_path / "site-packages"
    library.mkdir()
    (library / "single.py").write_text("import numpyy\n")
    (library / "numpyy.py").write_text("")
    unit = module._Unit("single", library / "single.py")
    assert module._imported("numpyy", unit) is None
    monkeypatch.setattr(module, "packages_of_plugins", lambda: {"single": frozenset({"single", "numpyy"})})
    monkeypatch.syspath_prepend(str(library))
    assert module._imported("numpyy", unit) == module._Unit("numpyy", library / "numpyy.py")


def test_a_class_that_is_in_no_file_has_none():
    space: dict[str, object] = {"__name__": "notebook"}
    exec("from srbench_lite import Method\nclass Typed(Method):\n    name = 'typed'\n    fit = None", space)
    kind = space["Typed"]
    assert isinstance(kind, type)
    assert issubclass(kind, Method)
    assert code_fingerprint(kind()) is None


def test_no_library_is_imported_to_find_it(folder):
    """A module that would fail when imported is found by its name alone."""
    (folder / "deep.py").write_text("raise RuntimeError\n")
    assert importlib.util.find_spec("deep") is not None
    assert of(folder)
