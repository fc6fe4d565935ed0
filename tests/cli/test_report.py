"""`srbench report`: what the page holds, and, where Chromium is installed, what it does."""

from __future__ import annotations

import base64
import gzip
import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from browser import browse, needs_chromium
from commands import TOY, Said, srbench
from records import failure, record

from srbench_lite.problems.suite_file import load_suite
from srbench_lite.recording.progress import entry
from srbench_lite.recording.record import Status
from srbench_lite.recording.store import Store

MISSED = {"verdict": "different", "recovered": False, "recovered_srbench": False}


def runs():
    """Two methods on the toy suite at two noise levels, and one of another suite that is not installed."""
    found = []
    wave, saddle = {"task": "toy/wave", "truth": "sin(x)"}, {"task": "toy/saddle", "truth": "x*y"}
    one, two = {"method": "one"}, {"method": "<b>two</b>"}
    seconds = {
        "progress": tuple(
            entry(mark, "x", verdict="different", recovered=False, nmse_test=0.1 / mark) for mark in (1.0, 2.0)
        )
    }
    for noise, solved in ((0.0, 3), (0.1, 1)):
        for seed in range(3):
            good = {} if seed < solved else MISSED | {"nmse_test": 0.1, "r2_test": 0.9, "solved_r2": False}
            shared = {"suite": "toy", "noise": noise, "seed": seed}
            found += [
                record(**shared, **wave, **one, expression="sin(x)", **seconds, **good),
                record(**shared, **wave, **two, expression="0.9*x", **seconds, **MISSED),
                record(**shared, **saddle, **one, expression="x*y + 0.5", complexity=5, **MISSED),
                failure(Status.TIMEOUT, "</script>", **shared, **saddle, **two),
            ]
    return [*found, record(suite="zoo", task="zoo/ape", **one, expression="x", truth="2*x", **MISSED)]


@pytest.fixture(name="report")
def _report(monkeypatch, capsys, tmp_path) -> Callable[..., Said]:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "toy.toml").write_text(TOY)
    prints = {task.name: task.fingerprint for task in load_suite(tmp_path / "toy.toml").tasks}
    with Store("runs.db") as store:
        store.add_all(_fingerprinted(r, prints) for r in runs())

    def call(*arguments: str) -> Said:
        options = ["--store", "runs.db", "--suite-file", "toy.toml", "--out", "out/page.html"]
        return srbench(monkeypatch, capsys, "report", *options, *arguments)

    return call


def _fingerprinted(one, prints):
    from dataclasses import replace

    changed = replace(one, task_fingerprint=prints.get(one.task, one.task_fingerprint))
    return replace(changed, key=changed.run_key.digest)


def content(path: str = "out/page.html") -> dict:
    """Return what a page holds, unpacked."""
    text = Path(path).read_text(encoding="utf-8")
    found = json.loads(re.search(r'<script type="application/json" id="content">(.*?)</script>', text, re.S)[1])
    packed = re.search(r'<script type="text/plain" id="details">(.*?)</script>', text, re.S)[1]
    details = json.loads(gzip.decompress(base64.b64decode(packed)))
    groups = [group | more for group, more in zip(found["groups"], details["formulas"], strict=True)]
    return found | {"tasks": details["tasks"], "groups": groups}


# --- what it holds --------------------------------------------------------------------------------------------------


def test_the_page_is_one_file_that_asks_for_nothing(report):
    said = report()
    assert said.code == 0, said.err
    assert re.fullmatch(r"out/page\.html: \d\.\d MB\n", said.out)
    text = Path("out/page.html").read_text(encoding="utf-8")
    assert len(text) < 5_000_000
    outside = text.split('<script type="application/json"')[0]
    assert not re.search(r"""(src|href)\s*=\s*["']?(https?:)?//""", outside)
    assert "default-src 'none'" in outside
    assert "<b>two" not in text  # neither a name nor a reason is markup
    assert text.count("</script>") == 6  # those of the page itself


def test_what_stands_in_it(report):
    report()
    found = content()
    assert (found["suites"], found["noises"], found["methods"]) == (["toy", "zoo"], [0.0, 0.1], ["<b>two</b>", "one"])
    assert found["summary"] == "25 runs of 2 methods on 3 tasks of 2 suites"
    (row,) = [r for r in found["rows"] if (r["suite"], r["noise"], r["method"]) == ("toy", 0.0, "one")]
    assert (row["recovery"], row["tasks"], row["runs"]) == (0.5, 2, 6)
    wave = found["tasks"]["toy/wave"]
    assert wave["variable"] == "x"
    assert len(wave["points"]) == 40
    assert set(wave["curves"]) == {"truth", "one", "<b>two</b>"}
    np.testing.assert_allclose(wave["curves"]["one"], np.sin(wave["x"]), atol=1e-3)
    saddle = found["tasks"]["toy/saddle"]
    assert saddle["variable"] is None
    np.testing.assert_allclose(np.array(saddle["curves"]["one"]) - 0.5, saddle["x"], atol=1e-3)
    assert "x" not in found["tasks"]["zoo/ape"]  # it is not installed
    (group,) = [g for g in found["groups"] if (g["task"], g["noise"], g["method"]) == ("toy/wave", 0.1, "one")]
    assert (group["hits"], group["n"], group["text"], group["verdict"]) == (1, 3, "sin(x)", "exact")
    assert {f["status"] for f in found["failures"]} == {"ok", "timeout"}
    assert found["warnings"] == []
    assert set(found["provenance"]) >= {"made with", "store", "machines", "packages"}


def test_nothing_selected_and_wrong_names(report):
    assert report("--suite", "to").code == 2
    assert "Did you mean: toy" in report("--suite", "to").err
    assert report("--suite", "zoo", "--method", "<b>two</b>").code == 5
    assert report("--suite", "zoo").code == 0
    assert content()["suites"] == ["zoo"]


def test_suites_of_files_and_noise_levels_are_chosen(report):
    assert report("--suite", "toy.toml", "--noise", "0.1").code == 0
    found = content()
    assert (found["suites"], found["noises"], found["methods"]) == (["toy"], [0.1], ["<b>two</b>", "one"])
    assert "variable" in found["tasks"]["toy/wave"]
    said = report("--noise", "0.5")
    assert said.code == 2
    assert "no run has the noise level 0.5." in said.err
    assert report("--suite", "zoo", "--noise", "0.1").code == 2


def test_an_export_makes_the_same_page(report, monkeypatch, capsys):
    report("--suite", "toy")
    before = content()
    assert srbench(monkeypatch, capsys, "export", "--store", "runs.db", "--suite", "toy", "--out", "toy.json").code == 0
    options = ["--from", "toy.json", "--suite-file", "toy.toml", "--title", "It's", "--out", "out/other.html"]
    assert srbench(monkeypatch, capsys, "report", *options).code == 0
    found = content("out/other.html")
    assert found["provenance"]["store"] == "toy.json"
    assert found["groups"] == [group | {"claim": group["text"] is not None} for group in before["groups"]]
    assert [row | {"claims": 0} for row in found["rows"]] == before["rows"]
    assert found["commands"][-1] == (
        "srbench report --suite-file toy.toml --from toy.json --title 'It'\"'\"'s' --out out/other.html"
    )


def test_a_store_may_be_named_in_place_of_an_export(report, monkeypatch, capsys):
    report("--suite", "zoo")
    before = content()
    options = ["--from", "runs.db", "--suite", "zoo", "--out", "out/other.html"]
    assert srbench(monkeypatch, capsys, "report", *options).code == 0
    found = content("out/other.html")
    assert (found["rows"], found["commands"][-1].split()[2:6]) == (before["rows"], options[2:4] + options[:2])


def test_it_says_how_it_is_made_again(report):
    report("--method", "one", "--noise", "0")
    *runs, page = content()["commands"]
    assert runs == [
        "srbench run --method one --suite toy --seeds 3 --time-limit 60 --memory-limit 4096",
        "# not installed: zoo; give the suite file in place of the name",
        "srbench run --method one --suite zoo --seeds 1 --time-limit 60 --memory-limit 4096",
    ]
    assert page == (
        "srbench report --method one --noise 0 --suite-file toy.toml --title 'srbench-lite report' --out out/page.html "
        "--store runs.db"
    )


# --- in a browser ---------------------------------------------------------------------------------------------------


@needs_chromium
def test_it_sorts_filters_and_opens_a_task_without_an_error(report, tmp_path):
    report()
    script = """
      const column = (key) => {
        const place = all('#board thead th').findIndex((cell) => cell.dataset.key === key) + 1;
        return all(`#board tbody tr > :nth-child(${place})`).map((c) => c.textContent);
      };
      document.getElementById('each').click();
      found.unsorted = column('suite');
      document.querySelector('#board th[data-key="recovery"] button').click();
      found.first = column('recovery');
      document.querySelector('#board th[data-key="method"] button').click();
      found.methods = column('method');
      document.querySelector('#board th[data-key="method"] button').click();
      found.reversed = column('method');
      found.sort = document.querySelector('#board th[data-key="method"]').getAttribute('aria-sort');
      const suite = document.getElementById('suite');
      suite.value = 'zoo'; suite.dispatchEvent(new Event('change'));
      found.suites = column('suite');
      suite.value = 'all'; suite.dispatchEvent(new Event('change'));
      const noise = document.getElementById('noise');
      noise.value = '0.1'; noise.dispatchEvent(new Event('change'));
      found.noises = column('noise');
      noise.value = 'all'; noise.dispatchEvent(new Event('change'));
      const box = document.querySelector('#methods input');
      box.click(); found.one = [...new Set(column('method'))]; box.click();
      const search = document.getElementById('tasks-search');
      search.value = 'ave'; search.dispatchEvent(new Event('input'));
      found.tasks = all('#tasks tbody a').map((a) => a.textContent);
      await wait(500);
      found.charts = all('#overview figure:not([hidden]) .chart').map((c) => [c.id, c.querySelectorAll('svg').length]);
      found.weak = all('#weak thead th').map((cell) => cell.textContent);
      found.nobody = all('#nobody tbody a').map((a) => a.textContent);
      found.costs = all('#costs tbody th').map((cell) => cell.textContent);
      found.answers = all('#overall .verdict, #overall .answer').map((p) => p.textContent);
      document.querySelector('#tasks tbody a').click();
      await wait(500);
      found.open = [document.getElementById('overview').hidden, document.getElementById('task-name').textContent];
      found.math = all('#formulas math').length;
      found.truth = document.querySelector('#task-truth math') !== null;
      found.curve = all('#task-chart svg path').length > 3;
      found.bold = all('#formulas b').length;
      document.querySelector('#task a').click();
      await wait(300);
      found.back = [document.getElementById('overview').hidden, document.getElementById('task').hidden];
      found.focusable = all('#board th button, select, input, a').every((e) => e.tabIndex >= 0);
    """
    found, console = browse(Path("out/page.html"), script, tmp_path)
    assert found["unsorted"] == sorted(found["unsorted"], key=lambda suite: (suite != "all suites", suite))
    assert found["first"][0].startswith("50 %")
    assert found["methods"] == sorted(found["methods"])
    assert found["reversed"] == sorted(found["methods"], reverse=True)
    assert set(found["methods"]) == {"<b>two</b>", "one"}
    assert found["sort"] == "descending"
    assert found["suites"] == ["zoo"]
    assert set(found["noises"]) == {"0.1"}
    assert found["one"] == ["one"]
    assert found["tasks"] == ["toy/wave"]
    drawn = ("front", "time", "rates", "errors", "means", "failures", "boxes-nmse", "boxes-seconds", "pair",
             "curve-noise", "curve-nmse-noise")  # fmt: skip
    assert found["costs"] == ["<b>two</b>", "one"]
    assert found["weak"] == ["method", "1", "2", "all"]
    assert found["nobody"] == ["toy/saddle", "zoo/ape"]
    assert found["answers"][0].startswith("one ")
    assert dict(found["charts"]) == dict.fromkeys(drawn, 1)
    assert found["open"] == [True, "toy/wave"]
    assert (found["math"], found["truth"], found["curve"], found["bold"]) == (4, True, True, 0)
    assert found["back"] == [False, True]
    assert found["focusable"]
    assert console == ""


@needs_chromium
@pytest.mark.parametrize("width", [500, 1200])
def test_nothing_is_wider_than_the_window(report, tmp_path, width):
    report()
    script = """
      found.page = document.documentElement.scrollWidth;
      found.window = innerWidth;
      location.hash = '#task=toy%2Fsaddle';
      await wait(500);
      found.task = document.documentElement.scrollWidth;
      found.points = all('#task-chart svg path').length > 3;
    """
    found, console = browse(Path("out/page.html"), script, tmp_path, width=width)
    assert found["page"] <= found["window"]
    assert found["task"] <= found["window"]
    assert found["points"]
    assert console == ""


@needs_chromium
def test_a_page_opens_at_a_task(report, tmp_path):
    report()
    script = "await wait(400); found.name = document.getElementById('task-name').textContent;"
    found, _ = browse(Path("out/page.html"), script, tmp_path, address="#task=zoo%2Fape")
    assert found["name"] == "zoo/ape"
