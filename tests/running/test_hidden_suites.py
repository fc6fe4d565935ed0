"""Suites that are hidden: nothing of them is found meanwhile, and all of it afterwards."""

from __future__ import annotations

import importlib
import importlib.metadata
import sys

import pytest
import srbench_sin

from srbench_lite.methods.discovery import GROUP, discover
from srbench_lite.running import hidden_suites as hiding
from srbench_lite.running.hidden_suites import forget_suites, hidden_suites, known_samples


def test_nothing_of_the_suites_is_found_and_the_methods_are():
    installed = discover()
    with hidden_suites():
        blind = discover()
        assert not blind.suites
        assert not blind.broken
        assert set(blind.methods) == set(installed.methods)
        assert "sin" not in {entry.name for entry in importlib.metadata.entry_points(group=GROUP)}
        for name in ("srbench_sin", "srbench_feynman.anything"):
            with pytest.raises(ModuleNotFoundError, match="No module named 'srbench_"):
                importlib.import_module(name)
    assert set(discover().suites) == set(installed.suites)


def test_all_is_as_before_whatever_happens():
    before = importlib.metadata.entry_points, list(sys.meta_path), srbench_sin
    with pytest.raises(KeyError), hidden_suites(), hidden_suites():
        raise KeyError
    assert (importlib.metadata.entry_points, sys.meta_path, sys.modules["srbench_sin"]) == before


def test_points_are_those_of_an_installed_task_and_drawn_where_none_is(monkeypatch):
    points = known_samples()
    assert len(points.variables) == 1
    assert any(
        one.dataset(seed=0).train.x[: len(points)].tobytes() == points.x.tobytes()
        for one in discover().tasks.values()
        if len(one.variables) == 1
    )
    bare = discover(entry_points=[])
    monkeypatch.setattr(hiding, "discover", lambda: bare)
    hiding._task.cache_clear()
    try:
        assert len(known_samples().variables) == 1
        assert hiding._task().name.startswith("random:")
    finally:
        hiding._task.cache_clear()


def test_a_process_forgets_what_offers_suites_only(monkeypatch):
    kept = dict(sys.modules)
    registry = discover(suites=False)
    assert registry.manager.has_plugin("sin")
    forget_suites(registry)
    try:
        assert "srbench_sin" not in sys.modules
        assert not registry.manager.has_plugin("sin")
        assert "srbench_lasso" in sys.modules
    finally:
        sys.modules.update(kept)


def test_a_package_that_offers_methods_too_loses_the_module_of_its_suites_only(tmp_path, monkeypatch):
    package = tmp_path / "both_offered"
    package.mkdir()
    (package / "__init__.py").write_text("class Shared: pass\n")
    hook = "from srbench_lite import hookimpl\nfrom both_offered import Shared\n@hookimpl\ndef {}(): return []\n"
    for kind in ("methods", "suites"):
        (package / f"{kind}.py").write_text(hook.format(f"srbench_{kind}"))
    monkeypatch.syspath_prepend(tmp_path)
    kept = dict(sys.modules)
    entries = [
        importlib.metadata.EntryPoint(name=f"both-{kind}", value=f"both_offered.{kind}", group=GROUP)
        for kind in ("methods", "suites")
    ]
    registry = discover(entry_points=entries)
    assert not registry.broken
    methods = sys.modules["both_offered.methods"]
    try:
        forget_suites(registry)
        assert "both_offered.suites" not in sys.modules
        assert not registry.manager.has_plugin("both-suites")
        assert importlib.import_module("both_offered.methods") is methods
        assert importlib.import_module("both_offered").Shared is methods.Shared
    finally:
        for name in [name for name in sys.modules if name.partition(".")[0] == "both_offered"]:
            del sys.modules[name]
        sys.modules.update(kept)
