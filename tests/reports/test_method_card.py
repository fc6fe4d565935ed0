"""What is printed of a method before it runs."""

from __future__ import annotations

import json
import sys

import pytest
from places import HOSTILE

from srbench_lite.environments.environment import Environment
from srbench_lite.environments.home import save_environment
from srbench_lite.methods.discovery import Registry, discover
from srbench_lite.methods.method import Method
from srbench_lite.reports import method_card
from srbench_lite.reports.method_card import MethodCard


@pytest.fixture(name="registry", scope="module")
def _registry() -> Registry:
    return discover(files=[HOSTILE], suites=False)


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """No environment is there."""
    monkeypatch.setenv("SRBENCH_LITE_HOME", str(tmp_path))


def card(registry: Registry, name: str) -> MethodCard:
    return MethodCard.of(registry.method(name), registry)


def test_a_method_that_ships(registry):
    shown = card(registry, "neuron")
    assert shown.to_text(90) == (
        "neuron\n"
        "  a single linear neuron, plain gradient descent\n"
        "  source      Widrow & Hoff, Adaptive Switching Circuits, IRE WESCON 1960; LeCun, Bottou,\n"
        "              Orr & Müller, Efficient BackProp, LNCS 1524, 1998, section 4.3 (inputs are\n"
        "              scaled and decorrelated)\n"
        "  licence     MIT\n"
        f"  version     {shown.method.version}, code {shown.code}\n"
        f"  plugin      {shown.plugin.name}, of srbench-lite {shown.plugin.version}\n"
        "  runs in     srbench-lite's own Python\n"
        "  variables   any number\n"
        "  repeats     the same seed gives the same formula\n"
        "  weights     of points are ignored\n"
        "\n"
        "  PARAMETER      DEFAULT  TYPE   WHAT IT IS\n"
        "  learning_rate  0.05     float  of each step, on scaled inputs and targets; must be above\n"
        "                                 0 and below 1, where it diverges\n"
        "  epochs         2000     int    steps, each on all points; must be at least 1\n"
        "\n"
        "  set one: srbench run --method neuron --set neuron.learning_rate=0.05 ..."
    )
    assert len(shown.code or "") == 16


def test_its_json_has_all_of_it(registry):
    said = card(registry, "weight-decoder").to_json()
    assert json.loads(json.dumps(said)) == said
    assert said["capabilities"] == {"max_variables": 1, "deterministic": True, "weighted": False, "inspect": True}
    assert said["plugin"]["origin"] == "srbench-lite"
    assert (said["licence"], said["environment"], said["lacks"]) == ("MIT", None, None)
    first = said["parameters"][0]
    assert (first["name"], first["value"], first["type"]) == ("reading", "refine", "str")
    assert first["allowed"] == "one of weights, probe, refine"
    assert first["help"].startswith("What the decoder reads")


def test_an_environment_that_is_not_there_is_named_with_the_command_that_makes_it(registry):
    said = card(registry, "gplearn")
    words = " ".join(said.to_text(90).split())
    assert "runs in nothing yet: there is no environment gplearn; make it with: srbench env add gplearn needs" in words
    assert said.to_json()["environment"]["there"] is False


def test_an_environment_that_is_there_is_named_with_its_versions(registry):
    before = card(registry, "gplearn").code
    save_environment(Environment(
        name="gplearn", python=sys.executable, python_version="3.11.9", requirements=("gplearn==0.4.3",),
        locked=("gplearn==0.4.3", "numpy==2.4.0", "Scikit_Learn==1.9.1"), created="2026-01-01T00:00:00+00:00",
    ))  # fmt: skip
    said = card(registry, "gplearn")
    words = " ".join(said.to_text(90).split())
    assert f"the environment gplearn: Python 3.11.9, gplearn 0.4.3, Scikit_Learn 1.9.1 ({sys.executable})" in words
    assert said.code != before
    assert said.to_json()["environment"] == {
        "name": "gplearn", "there": True, "requirements": list(said.method.requirements), "python": sys.executable,
        "python_version": "3.11.9", "locked": ["gplearn==0.4.3", "numpy==2.4.0", "Scikit_Learn==1.9.1"],
    }  # fmt: skip


def test_methods_that_are_made_of_their_name(registry):
    program, absent = card(registry, "command:true"), card(registry, "sklearn:no_such_package:Class")
    words = " ".join(absent.to_text().split())
    assert "it has no parameters" in program.to_text()
    for said in (program, absent):
        assert said.to_json()["plugin"] is None
        assert said.to_json()["licence"] is None
        assert "plugin none: it is made of its name" in " ".join(said.to_text().split())
    assert "runs in nothing yet: there is no module no_such_package" in words
    assert words.endswith("formula=package.module:function names a function that returns the formula")
    assert "--set Class.NAME=VALUE" in words


def test_the_licence_is_that_of_what_it_wraps(registry, monkeypatch):
    gplearn = registry.method("gplearn")
    monkeypatch.setattr(type(gplearn), "licence", "BSD-3-Clause")
    assert card(registry, "gplearn").to_json()["licence"] == "BSD-3-Clause"
    monkeypatch.setattr(type(gplearn), "licence", Method.licence)
    assert "licence not given" in " ".join(card(registry, "gplearn").to_text().split())
    assert "licence not given" in " ".join(card(registry, "good").to_text().split())  # a file has no metadata


def test_older_metadata_name_the_licence_elsewhere(registry, monkeypatch):
    class Metadata(dict):
        def get_all(self, name: str) -> list[str]:
            return ["Topic :: Science", "License :: OSI Approved :: BSD License"]

    for metadata, licence in (
        (Metadata(), "BSD License"),
        (Metadata(License="a whole text\nof many lines"), "BSD License"),
        (Metadata(License="Apache-2.0"), "Apache-2.0"),
        (Metadata({"License": "x", "License-Expression": "MIT"}), "MIT"),
    ):
        monkeypatch.setattr(method_card.importlib.metadata, "metadata", lambda name, found=metadata: found)
        assert card(registry, "neuron").to_json()["licence"] == licence


@pytest.mark.parametrize("width", [40, 80, 200])
def test_no_line_is_wider_than_the_terminal_where_its_words_allow(registry, width):
    lines = card(registry, "gplearn").to_text(width).splitlines()
    table = next(place for place, line in enumerate(lines) if line.startswith("  PARAMETER"))
    assert all(len(line) <= max(width, 44) or " " not in line[14:] for line in lines[1:table])
    assert max(map(len, lines[table:])) <= max(width, 76)
    assert "default add,sub,mul,div,log,sqrt,sin,cos" in " ".join(" ".join(lines).split())


def test_inspection_is_named_where_there_is_one(registry):
    assert "srbench inspect --method lasso --task NAME" in card(registry, "lasso").to_text()
    assert "srbench inspect" not in card(registry, "neuron").to_text()
