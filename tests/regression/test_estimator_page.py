"""The example of the estimator's page prints what stands below it."""

from __future__ import annotations

import re

from places import ROOT

from srbench_lite.running.spare_supervisor import end_spare_supervisor

PAGE = ROOT / "srbench_lite" / "regression" / "README.md"


def test_the_example_prints_what_the_page_says(capsys):
    text = PAGE.read_text(encoding="utf-8").split("## A scikit-learn estimator")[1]
    code, printed = re.findall(r"^```(?:python|text)\n(.*?)^```", text, flags=re.S | re.M)[:2]
    exec(compile(code, str(PAGE), "exec"), {})
    end_spare_supervisor()

    assert capsys.readouterr().out == printed
