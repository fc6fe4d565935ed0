"""`hookspecs`: the markers and the two small types that plugins fill in."""

from __future__ import annotations

import dataclasses
import inspect

import pluggy
import pytest

import srbench_lite
from srbench_lite.methods import hookspecs
from srbench_lite.methods.hookspecs import PROJECT, Metric, Reporter, hookimpl

HOOKS = [f for name, f in inspect.getmembers(hookspecs, inspect.isfunction) if name.startswith("srbench_")]


def test_a_plugin_needs_the_top_level_only():
    assert srbench_lite.hookimpl is hookimpl
    assert srbench_lite.Metric is Metric
    assert srbench_lite.Reporter is Reporter


@pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: hook.__name__)
def test_every_hook_is_marked_and_of_this_project(hook):
    manager = pluggy.PluginManager(PROJECT)
    manager.add_hookspecs(hookspecs)
    assert getattr(manager.hook, hook.__name__).spec is not None


def test_there_are_hooks_for_all_that_the_design_names():
    assert {hook.__name__ for hook in HOOKS} == {
        "srbench_methods", "srbench_suites", "srbench_metrics", "srbench_reporters", "srbench_run_started",
        "srbench_record_finished", "srbench_run_finished",
    }  # fmt: skip


@pytest.mark.parametrize("kind", [Metric, Reporter])
def test_what_plugins_fill_in_is_frozen(kind):
    fields = {field.name: str for field in dataclasses.fields(kind)}
    with pytest.raises(dataclasses.FrozenInstanceError):
        kind(**fields).name = "other"
    with pytest.raises(TypeError):
        kind(name="a")
