"""`srbench ablation`: a store or a file, what is chosen, and what there is to do where nothing can be compared."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest
from ablated_runs import DEFAULTS, four_variants, variant
from compared_runs import store

from srbench_lite.cli import cli
from srbench_lite.recording.exchange import write_records

PLUGIN = """
from dataclasses import dataclass
from srbench_lite import Expression, Fit, Method, hookimpl

@dataclass(frozen=True, kw_only=True)
class Parts(Method):
    name, summary, source = "parts", "has parts", "none"
    prune: bool = True
    restarts: int = 8
    snap: bool = True

    def fit(self, samples, *, seed, budget, report):
        return Fit(expression=Expression.constant(1.0))

@hookimpl
def srbench_methods():
    return [Parts()]
"""


@pytest.fixture(name="parts", autouse=True)
def _parts(call) -> tuple[str, str]:
    """Write the plugin of the method, and return the options that name it."""
    Path("parts.py").write_text(PLUGIN)
    return "--plugin", "parts.py"


def test_a_store_and_a_file_say_the_same(call, parts):
    path = store("a.db", *four_variants())
    write_records(four_variants(), Path("a.json"), form="json")
    said = call("ablation", "parts", "--store", path, *parts)
    assert said.code == 0
    assert "prune=False 0.0 % -75.0 [-100.0, -50.0] 0.094 worse" in " ".join(said.out.split())
    of_file = call("ablation", "parts", "--from", "a.json", *parts)
    assert of_file == said
    assert call("ablation", "parts@1", "--from", path, *parts) == said


def test_what_options_choose(call, parts):
    records = [*four_variants(), *variant((), noise=0.1), *variant((), noise=0.1, snap=False)]
    path = store("a.db", *records)
    chosen = call("ablation", "parts", "--store", path, "--variant", "snap=False", "--noise", "0", "--tasks", *parts)
    assert "prune" not in chosen.out
    assert "snap=False lost s/5 0 1 of 1 0 of 1" in " ".join(chosen.out.split())
    some = call("ablation", "parts", "--store", path, "-t", "s/[0-4]", "--noise", "0", "-f", "json", *parts)
    assert json.loads(some.out)["ablation"]["tasks"] == 5
    turned = call("ablation", "parts", "--store", path, "--base", "snap=false", "--only", "snap", *parts)
    assert "16 runs of each variant" in turned.out
    assert "snap=True" in turned.out
    written = call("ablation", "parts", "--store", path, "--noise", "0", "-f", "csv", "--out", "a.csv", *parts)
    assert (written.code, written.out) == (0, "")
    assert Path("a.csv").read_text().startswith("method,version,variant")


def test_one_variant_alone_says_how_another_is_made(call, parts):
    path = store("a.db", *variant(range(6), seeds=2, restarts=3, noise=0.01, budget_seconds=5.0))
    alone = call("ablation", "parts", "--store", path, *parts)
    assert (alone.code, alone.out) == (5, "")
    reason, command = alone.err.strip().splitlines()
    assert reason.startswith("one variant of parts only is among these runs, so there is nothing to compare")
    assert "but has restarts=3" in reason
    assert command == (
        "srbench run --method parts --suite s --seeds 2 --noise 0.01 --time-limit 5 --plugin parts.py --store a.db "
        "--set parts.restarts=3 --set parts.prune=false"
    )
    assert call("ablation", "parts", "--from", path, *parts).err.endswith(f"{command}\n"), "into the store that is read"
    every = call("ablation", "parts", "--store", path, "--commands", *parts).out.splitlines()
    assert [line.rpartition(" ")[2] for line in every] == ["parts.prune=false", "parts.snap=false"]
    for line in every:
        _, *words = shlex.split(line)
        with cli.make_context("srbench", words) as context:
            name, command, rest = cli.resolve_command(context, words)
            with command.make_context(name, rest, parent=context) as inner:
                assert inner.params["methods"] == ("parts",)


def test_commands_are_of_switches_without_a_variant(call, parts):
    path = store("a.db", *four_variants())
    said = call("ablation", "parts", "--store", path, "--commands", *parts)
    assert (said.code, said.out) == (0, "# parts: every switch has a variant\n")


def test_a_method_without_parameters_or_switches_says_so(call):
    bare = store("a.db", *variant(range(6), parameters={}))
    assert call("ablation", "parts", "--store", bare).err == "parts has no parameters, so it has no variants\n"
    number = store("b.db", *variant(range(6), parameters={"restarts": 8}))
    assert "`srbench run --set parts.restarts=VALUE` makes another" in call("ablation", "parts", "--store", number).err


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("part",), 2, "unknown method 'part'. Did you mean: parts"),
        (("parts@2",), 2, "unknown version '2'"),
        (("parts", "--suite", "t"), 2, "unknown suite 't'"),
        (("parts", "--task", "s/9"), 2, "unknown task 's/9'"),
        (("parts", "--metric", "speed"), 2, "unknown metric 'speed'"),
        (("parts", "--noise", "7"), 2, "no run has the noise level 7. Known: 0"),
        (("parts", "--base", "snip=1"), 2, "unknown hyper-parameter in --base 'snip'. Did you mean: snap"),
        (("parts", "--time-limit", "7"), 2, "no run has a time limit of 7 s; there are: 60"),
        (("parts", "--from", "absent.json"), 2, "there is no file absent.json"),
        (("parts", "--from", "."), 2, ". is a folder; name a file"),
    ],
)
def test_what_cannot_be_done_says_why(call, parts, arguments, code, said):
    found = call("ablation", *arguments, "--store", store("a.db", *four_variants()), *parts)
    assert (found.code, said in found.err) == (code, True), found.err


def test_without_a_truth_there_is_no_recovery(call, parts):
    unknown = {"truth": None, "verdict": None, "recovered": None, "recovered_srbench": None}
    path = store("a.db", *variant(range(8), **unknown), *variant(range(8), snap=False, **unknown))
    said = call("ablation", "parts", "--store", path, *parts)
    assert said.code == 5
    assert "no task has values of recovery; it needs tasks with a truth, --metric accuracy does not" in said.err
    assert call("ablation", "parts", "--store", path, "--metric", "accuracy", *parts).code == 0


def test_the_defaults_are_those_of_the_installed_method(call, parts):
    path = store("a.db", *variant(range(6), restarts=1), *variant(range(5), restarts=2), *variant((), **DEFAULTS))
    said = call("ablation", "parts", "--store", path, "-f", "json", *parts)
    assert [row["name"] for row in json.loads(said.out)["ablation"]["rows"]] == ["", "restarts=2", "restarts=1"]
