"""`discover`: whatever a plugin does wrong is reported by its name, and stops nobody else."""

from __future__ import annotations

import os
import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from srbench_lite.errors import DuplicateNameError, UnknownNameError, UsageError
from srbench_lite.methods.discovery import GROUP, Registry, discover, full_task_name

METHOD = """
from dataclasses import dataclass
from srbench_lite import Expression, Fit, Method, Metric, Reporter, Suite, hookimpl

@dataclass(frozen=True, kw_only=True)
class Mine(Method):
    name = "mine"
    summary = "the mean"
    source = "tests"

    def fit(self, samples, *, seed, budget, report):
        return Fit(expression=Expression.constant(float(samples.y.mean())))

"""
HOOK = (
    METHOD
    + """
@hookimpl
def srbench_methods():
    return [Mine()]
"""
)


@pytest.fixture(name="module")
def _module(tmp_path, monkeypatch):
    """Write modules that can be imported, and return their entry points."""
    monkeypatch.syspath_prepend(tmp_path)

    def write(name: str, source: str = HOOK, *, entry: str | None = None) -> EntryPoint:
        (tmp_path / f"{name}.py").write_text(source)
        monkeypatch.delitem(sys.modules, name, raising=False)
        return EntryPoint(name=entry or name, value=name, group=GROUP)

    yield write
    for name in [name for name in sys.modules if name.startswith(("srbt_", "srbench_plugin_file_"))]:
        del sys.modules[name]


@pytest.fixture(name="file")
def _file(tmp_path):
    def write(name: str, source: str = HOOK) -> Path:
        path = tmp_path / "files" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(source)
        return path

    return write


def broken(registry: Registry) -> dict[str, str]:
    return {plugin.name: str(plugin.error) for plugin in registry.broken}


# --- what works -----------------------------------------------------------------------------------------------------


def test_what_is_installed_is_found():
    registry = discover()
    assert {"lasso", "sin", "composite", "poly2"} <= {p.name for p in registry.plugins}
    assert registry.owners["method", "lasso"].origin == "srbench-lite"
    assert registry.owners["suite", "sin"].hooks == ("srbench_suites",)


def test_without_plugins_there_is_the_core():
    registry = discover(entry_points=[])
    assert [p.name for p in registry.plugins] == ["core"]
    assert (registry.methods, registry.suites) == ({}, {})
    assert "terminal" in registry.reporters


def test_an_entry_point_and_a_file_come_in_through_the_same_door(module, file):
    here = module("srbt_a")
    there = file("b.py", HOOK.replace('"mine"', '"yours"'))
    registry = discover(entry_points=[here], files=[there])
    assert list(registry.methods) == ["mine", "yours"]
    assert registry.owners["method", "mine"].name == "srbt_a"
    assert registry.owners["method", "yours"].origin == str(there)
    assert all(p.hooks == ("srbench_methods",) for p in registry.plugins if p.name != "core")
    assert broken(registry) == {}


def test_plugins_are_sorted_whatever_order_they_are_found_in(module):
    entries = [module(f"srbt_{x}", HOOK.replace('"mine"', f'"{x}"')) for x in "cab"]
    assert list(discover(entry_points=entries).methods) == ["a", "b", "c"]
    assert [p.name for p in discover(entry_points=entries).plugins] == ["core", "srbt_a", "srbt_b", "srbt_c"]


def test_a_hook_may_be_a_generator_or_have_another_name(module):
    generator = module("srbt_gen", METHOD + "@hookimpl\ndef srbench_methods():\n    yield Mine()\n")
    assert list(discover(entry_points=[generator]).methods) == ["mine"]
    source = METHOD + "@hookimpl(specname='srbench_methods')\ndef offered():\n    return [Mine()]\n"
    renamed = module("srbt_named", source)
    assert list(discover(entry_points=[renamed]).methods) == ["mine"]


def test_each_discovery_stands_alone(module):
    """No global plugin manager: what one finds is not in the next."""
    discover(entry_points=[module("srbt_a")])
    assert discover(entry_points=[]).methods == {}


def test_a_plugin_that_offers_nothing_is_no_error(module):
    registry = discover(entry_points=[module("srbt_empty", "")])
    assert registry.broken == ()
    assert registry.plugins[-1].hooks == ()


# --- broken plugins -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "error"),
    [
        ("import no_such_engine", "ModuleNotFoundError: No module named 'no_such_engine'"),
        ("1/0", "ZeroDivisionError: division by zero"),
        ("def broken(:\n", "SyntaxError"),
        ("raise ValueError('first\\nsecond')", "ValueError: first second"),
        ("raise SystemExit(3)", "SystemExit: 3"),
        ("assert False", "AssertionError"),
        (METHOD + "@hookimpl\ndef srbench_methods():\n    raise RuntimeError('no')", "RuntimeError: no"),
        (METHOD + "@hookimpl\ndef srbench_methods():\n    return None", "must return Method objects, got NoneType"),
        (METHOD + "@hookimpl\ndef srbench_methods():\n    return Mine()", "must return Method objects, got Mine"),
        (METHOD + "@hookimpl\ndef srbench_methods():\n    return [Mine]", "must return Method objects, got Mine"),
        (METHOD + "@hookimpl\ndef srbench_methods():\n    return ['mine']", "must return Method objects, got str"),
        (METHOD + "@hookimpl\ndef srbench_suites():\n    return [Mine()]", "must return Suite objects, got Mine"),
        (METHOD + "@hookimpl\ndef srbench_metrics():\n    return [1]", "must return Metric objects, got int"),
        (METHOD + "@hookimpl\ndef srbench_reporters():\n    return [1]", "must return Reporter objects, got int"),
        (METHOD + "@hookimpl\ndef srbench_metods():\n    return [Mine()]", "unknown hook 'srbench_metods'"),
        (METHOD + "@hookimpl\ndef srbench_methods(wanted):\n    return [Mine()]", "wanted"),
        (HOOK.replace('    name = "mine"\n', ""), "Mine.name must be a text"),
        (HOOK.replace('name = "mine"', "name = 3"), "Mine.name must be a text"),
        (HOOK.replace('    summary = "the mean"\n', ""), "Mine.summary must be a text"),
        (HOOK.replace('    source = "tests"\n', ""), "Mine.source must be a text"),
        (HOOK.replace("def fit", "def fits"), "TypeError: Can't instantiate abstract class Mine"),
    ],
    ids=range(21),
)
def test_a_broken_plugin_is_reported_by_name_and_stops_nobody(module, file, source, error):
    good = module("srbt_good", HOOK.replace('"mine"', '"good"'))
    bad = module("srbt_bad", source)
    registry = discover(entry_points=[bad, good])
    assert list(registry.methods) == ["good"]
    assert list(broken(registry)) == ["srbt_bad"]
    assert error in broken(registry)["srbt_bad"]
    assert "\n" not in broken(registry)["srbt_bad"]
    assert not registry.manager.has_plugin("srbt_bad")

    registry = discover(entry_points=[good], files=[file("bad.py", source)])
    assert list(registry.methods) == ["good"]
    assert error in broken(registry)["bad"]
    assert "srbench_plugin_file_bad" not in sys.modules or "hookimpl" in source


def test_an_entry_point_to_nothing(module):
    missing = EntryPoint(name="gone", value="srbt_never_written", group=GROUP)
    part = module("srbt_good", entry="part")
    registry = discover(entry_points=[missing, part, EntryPoint(name="other", value="srbt_good:nothing", group=GROUP)])
    assert "No module named 'srbt_never_written'" in broken(registry)["gone"]
    assert "nothing" in broken(registry)["other"]
    assert list(registry.methods) == ["mine"]


def test_a_file_that_is_no_python_file(file):
    registry = discover(entry_points=[], files=[file("notes.txt", "hello"), file("zero.py", "\0")])
    assert "is no Python file" in broken(registry)["notes"]
    assert "zero" in broken(registry)


def test_a_file_that_changes_within_a_second_is_read_again(file, monkeypatch):
    """Python would take the bytecode that it has kept: the second and the size are the same."""
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    for summary in ("one", "two"):
        path = file("quick.py", HOOK.replace("the mean", summary))
        os.utime(path, (1_000_000_000, 1_000_000_000))
        assert discover(entry_points=[], files=[path]).method("mine").summary == summary


def test_a_missing_file_is_a_usage_error(tmp_path):
    with pytest.raises(UsageError, match=r"there is no plugin file .*none\.py"):
        discover(entry_points=[], files=[tmp_path / "none.py"])
    with pytest.raises(UsageError, match="there is no plugin file"):
        discover(entry_points=[], files=[tmp_path])


def test_one_module_under_two_names_keeps_the_first(module):
    """The second must not take the first one's hooks away."""
    entries = [module("srbt_twice", entry="a"), EntryPoint(name="b", value="srbt_twice", group=GROUP)]
    registry = discover(entry_points=entries)
    assert "same module as the plugin a" in broken(registry)["b"]
    assert list(registry.methods) == ["mine"]
    assert registry.manager.has_plugin("a")
    assert len(registry.manager.hook.srbench_methods.get_hookimpls()) == 1


# --- two owners of one name -----------------------------------------------------------------------------------------


def test_two_methods_of_one_name_name_both_owners(module, file):
    with pytest.raises(DuplicateNameError, match=r"two methods are called 'mine': one of srbt_a .*, one of srbt_b"):
        discover(entry_points=[module("srbt_a"), module("srbt_b")])
    with pytest.raises(DuplicateNameError, match=r"one of srbt_a .*, one of c \(.*c\.py\); rename or remove one"):
        discover(entry_points=[module("srbt_a")], files=[file("c.py")])


def test_two_methods_of_one_name_in_one_plugin(module):
    source = HOOK.replace("[Mine()]", "[Mine(), Mine()]")
    with pytest.raises(DuplicateNameError, match="two methods are called 'mine'"):
        discover(entry_points=[module("srbt_a", source)])


def test_two_suites_of_one_name(file):
    source = (
        "from srbench_lite import Suite, hookimpl\n@hookimpl\ndef srbench_suites():\n"
        "    return [Suite.from_formulas('sin', summary='', formulas={'a': ('x', {'x': (0.0, 1.0)})})]\n"
    )
    with pytest.raises(DuplicateNameError, match=r"two suites are called 'sin': one of sin \(srbench-lite\), one of m"):
        discover(files=[file("m.py", source)])


def test_a_reporter_may_not_replace_a_built_in_one(file):
    source = METHOD + "@hookimpl\ndef srbench_reporters():\n    return [Reporter(name='csv', summary='', render=str)]\n"
    with pytest.raises(DuplicateNameError, match="two reporters are called 'csv': one of core"):
        discover(entry_points=[], files=[file("m.py", source)])


def test_two_plugins_of_one_name(module, file, tmp_path):
    entries = [module("srbt_a", entry="same"), module("srbt_b", entry="same")]
    with pytest.raises(DuplicateNameError, match="two plugins are called 'same': one of srbt_a, one of srbt_b"):
        discover(entry_points=entries)
    with pytest.raises(DuplicateNameError, match=r"called 'same': one of srbt_a, one of .*same.py; rename same.py"):
        discover(entry_points=entries[:1], files=[file("same.py")])
    with pytest.raises(DuplicateNameError, match="two plugins are called 'core'"):
        discover(entry_points=[module("srbt_a", entry="core")])
    twice = file("m.py")
    with pytest.raises(DuplicateNameError, match="two plugins are called 'm'"):
        discover(entry_points=[], files=[twice, twice])


# --- looking names up -----------------------------------------------------------------------------------------------


def test_unknown_names_come_with_suggestions():
    registry = discover()
    with pytest.raises(UnknownNameError, match=r"unknown method 'lasos'. Did you mean: lasso\?"):
        registry.method("lasos")
    with pytest.raises(UnknownNameError, match=r"unknown suite 'sine'. Did you mean: sin\?"):
        registry.suite("sine")
    with pytest.raises(UnknownNameError, match=r"unknown task 'sin/plane'.*Did you mean: sin/plain"):
        registry.task("sin/plane")


def test_a_task_goes_by_its_short_name_where_that_is_unique(file):
    registry = discover()
    assert registry.task("sin/plain") is registry.task("plain")
    source = (
        "from srbench_lite import Suite, hookimpl\n@hookimpl\ndef srbench_suites():\n"
        "    return [Suite.from_formulas('mine', summary='', formulas={'plain': ('x', {'x': (0.0, 1.0)})})]\n"
    )
    registry = discover(files=[file("m.py", source)])
    assert registry.task("mine/plain").suite == "mine"
    with pytest.raises(UsageError, match="in several suites; write one of mine/plain, sin/plain"):
        registry.task("plain")


@pytest.mark.parametrize(
    ("name", "full"), [("a/one", "a/one"), ("one", "a/one"), ("b/two", "b/two"), ("deep/three", "c/deep/three")]
)
def test_a_short_name_becomes_the_full_one(name, full):
    assert full_task_name(name, ["a/one", "a/two", "b/two", "c/deep/three"]) == full


def test_an_ambiguous_short_name_is_not_unknown():
    with pytest.raises(UsageError, match=r"^the task 'two' is in several suites; write one of a/two, b/two$") as caught:
        full_task_name("two", ["b/two", "a/one", "a/two"])
    assert not isinstance(caught.value, UnknownNameError)
    with pytest.raises(UnknownNameError, match=r"unknown task 'tow'\. Did you mean: a/two"):
        full_task_name("tow", ["a/one", "a/two"])
