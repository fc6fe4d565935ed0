"""The page as one file."""

from __future__ import annotations

import numpy as np
from browser import browse, needs_chromium
from pages import written
from records import many, record

from srbench_lite.comparing.runs import RunTable
from srbench_lite.reports.page.content import COLUMNS, content_of, shown_records


@needs_chromium
def test_ten_thousand_records_make_a_small_page(tmp_path):
    run_table = RunTable.from_records(many(10_000), COLUMNS)
    rng = np.random.default_rng(0)
    formulas = {
        number: (" + ".join(f"{a!r}*sin({b!r}*x + y)" for a, b in rng.standard_normal((6, 2)).tolist()), None)
        for number in shown_records(run_table.runs)
    }
    page = written(content_of(run_table, {}, formulas), tmp_path / "page.html")
    assert page.stat().st_size < 5_000_000
    script = """
      found.together = all('#board tbody tr').length;
      document.getElementById('each').click(); await wait(500);
      found.each = all('#board tbody tr').length;
      const board = document.getElementById('board').closest('.wide');
      found.cut = board.scrollWidth - board.clientWidth;
    """
    found, console = browse(page, script, tmp_path, width=1300)
    assert found == {
        "together": 20,
        "each": 120,
        "cut": 0,
    }  # 5 methods, 4 noise levels, 5 suites and all of them together
    assert console == ""


@needs_chromium
def test_the_choice_of_a_perturbation_is_there_where_there_are_several(tmp_path):
    settings = {"perturbation": {"rescale": True}, "truth": "3*sin(7*x)", "expression": "3*sin(7*x)"}
    plain = [record(task=f"sin/{k}", method=method) for k in range(3) for method in ("a", "b")]
    perturbed = [record(task=f"sin/{k}", method=method, **settings) for k in range(3) for method in ("a", "b")]
    script = """
    const select = document.getElementById('perturbation');
    found.hidden = getComputedStyle(select.parentElement).display === 'none';
    found.heads = all('#board thead th').map((cell) => cell.textContent);
    found.rows = [];
    for (const choice of [...select.options].map((option) => option.value)) {
      select.value = choice; select.dispatchEvent(new Event('change'));
      await wait(50);
      found.rows.push([choice, all('#board tbody tr').length, document.querySelector('#front').closest('figure')
        .querySelector('small').textContent.split(':')[0]]);
    }
    location.hash = '#task=sin%2F0'; await wait(100);
    found.formulas = all('#formulas tbody tr').map((row) => [...row.cells].map((cell) => cell.textContent));
    """
    seen = {}
    for name, records in (("plain", plain), ("mixed", [*plain, *perturbed])):
        page = written(content_of(RunTable.from_records(records, COLUMNS), {}, {}), tmp_path / f"{name}.html")
        seen[name], console = browse(page, script, tmp_path)
        assert console == ""
    assert seen["plain"]["hidden"]
    assert "perturbation" not in seen["plain"]["heads"]
    mixed = seen["mixed"]
    assert not mixed["hidden"]
    assert "perturbation" in mixed["heads"]
    assert mixed["rows"] == [
        ["all", 4, "sin, noise 0"], ["none", 2, "sin, noise 0"], ["rescaled", 2, "sin, noise 0, rescaled"],
    ]  # fmt: skip
    assert [row[2] for row in mixed["formulas"]] == ["none", "none", "rescaled", "rescaled"]
    assert all("sin" in row[-1] for row in mixed["formulas"][2:])
