"""`srbench plugins`: what is installed, what is broken, and whose name is taken."""

from __future__ import annotations

import json

from places import HOSTILE


def test_a_broken_plugin_is_named_and_stops_nobody(srbench, tmp_path):
    (tmp_path / "broken.py").write_text("import a_module_that_is_not_there\n")

    said = srbench("run", "--plugin", "broken.py", "--plugin", str(HOSTILE), "-m", "good", "-s", "toy.toml")
    listed = srbench("plugins", "--plugin", "broken.py", "--json")

    assert said.code == 0
    assert "plugin broken (broken.py) is broken" in said.err
    assert "a_module_that_is_not_there" in said.err
    assert listed.code == 1
    broken = next(plugin for plugin in json.loads(listed.out) if plugin["name"] == "broken")
    assert "a_module_that_is_not_there" in broken["error"]
    assert {"name", "origin", "version", "hooks", "error"} == set(broken)


def test_two_owners_of_a_name_are_both_named(srbench, tmp_path):
    (tmp_path / "mine.py").write_text(HOSTILE.read_text().replace('"good"', '"lasso"'))

    said = srbench("list", "methods", "--plugin", "mine.py")

    assert said.code == 2
    assert "'lasso'" in said.err
    assert "srbench-lite" in said.err
    assert "mine.py" in said.err


def test_list_and_plugins_as_json(srbench):
    methods = json.loads(srbench("list", "methods", "--json").out)
    plugins = json.loads(srbench("plugins", "--json").out)

    assert "lasso" in {method["method"] for method in methods}
    assert {"core", "lasso", "sin", "composite", "poly2"} <= {plugin["name"] for plugin in plugins}
