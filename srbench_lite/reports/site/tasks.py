"""The pages of a site about suites and tasks: the truth, who recovered it, and the formulas."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from srbench_lite.comparing.runs import counted
from srbench_lite.problems.natural_order import natural_key
from srbench_lite.reports.site.addresses import data_file, method_page, suite_page, task_page
from srbench_lite.reports.site.content import SiteContent
from srbench_lite.reports.site.data_files import csv_file
from srbench_lite.reports.site.elements import Child, csv_link, element, formula, link, page, table
from srbench_lite.reports.site.overview import rejection_mark

__all__ = ["task_pages"]

_MAX_BY: Final = 12  # methods that are named in a line
_MAX_GROUPS: Final = 400  # formulas on the page of a task
_MAX_TASKS: Final = 1_000  # on the page of a suite


def task_pages(content: SiteContent) -> Iterator[tuple[str, bytes]]:
    """Yield the pages with their addresses."""
    suites: dict[str, list[str]] = {}
    for task in sorted(content.groups, key=lambda name: (name.partition("/")[0], natural_key(name))):
        suites.setdefault(task.partition("/")[0], []).append(task)
    reached = {
        suite: sum(any(group["hits"] for group in content.groups[task]) for task in tasks)
        for suite, tasks in suites.items()
    }
    yield (
        data_file("suites"),
        csv_file({"suite": suite, "tasks": len(tasks), "recovered": reached[suite]} for suite, tasks in suites.items()),
    )
    rows = [
        (link(f"../{suite_page(name)}", name), str(len(suites[name])), str(count)) for name, count in reached.items()
    ]
    listed = table(("suite", "tasks", "recovered by somebody"), rows)
    body = [csv_link(f"../{data_file('suites')}"), listed]
    yield "tasks/index.html", page("tasks/index.html", "Tasks", *body, site=content.title)
    for suite, tasks in suites.items():
        yield data_file("formulas", suite), csv_file(_formulas(content, tasks))
        address = suite_page(suite)
        yield address, page(address, suite, *_suite(content, tasks), site=content.title)
        for task in tasks:
            address = task_page(task)
            yield address, page(address, task, *_task(content, task), site=content.title)


def _suite(content: SiteContent, tasks: Sequence[str]) -> Iterator[Child]:
    hits = {task: sorted({group["method"] for group in content.groups[task] if group["hits"]}) for task in tasks}
    judged = [task for task in tasks if any(group["hits"] is not None for group in content.groups[task])]
    if judged:
        nobody = sum(not hits[task] for task in judged)
        missed = f"{nobody:,} recovered by nobody" if nobody else "each recovered by somebody"
        yield element("p", f"{counted(len(judged), 'task')} with a known truth, {missed}.")
    if len(tasks) > _MAX_TASKS:
        yield element("p", f"The first {_MAX_TASKS:,} of {len(tasks):,} tasks are listed.")
    rows: list[list[Child]] = []
    for task in tasks[:_MAX_TASKS]:
        groups = content.groups[task]
        runs, right = sum(group["n"] for group in groups), sum(group["hits"] or 0 for group in groups)
        rows.append([
            link(f"../{task_page(task)}", task.partition("/")[2]), formula(_truth(content, task), "not known"),
            f"{right} of {runs}" if task in judged else "–", _by(content, hits[task], "../"),
        ])  # fmt: skip
    yield csv_link(f"../{data_file('formulas', tasks[0].partition('/')[0])}")
    yield table(("task", "truth", "recovered runs", "recovered by"), rows, text=(0, 1, 3), id_="tasks")


def _formulas(content: SiteContent, tasks: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Yield what each method did on each task: what the pages of the tasks show."""
    for task in tasks:
        for group in content.groups[task]:
            yield {
                "task": task, "method": group["method"], "noise": group["noise"], "perturbation": group["perturbation"],
                "runs": group["n"], "recovered": group["hits"], "rejected_claims": content.rejected_in(group),
                "verdict": group["verdict"], "status": group["status"], "nmse": group["nmse"], "size": group["size"],
                "seconds": group["seconds"], "formula": group["record"].expression, "truth": group["truth"],
            }  # fmt: skip


def _truth(content: SiteContent, task: str) -> str | None:
    known = content.tasks[task]
    return None if known.truth is None else str(known.truth)


def _by(content: SiteContent, labels: Sequence[str], up: str) -> Child:
    if not labels:
        return element("span", "nobody", class_="soft")
    links: list[Child] = []
    for label in labels[:_MAX_BY]:
        links += [", " if links else None, link(f"{up}{method_page(content.names[label])}", label)]
    if len(labels) > _MAX_BY:
        links.append(f" and {len(labels) - _MAX_BY} more")
    return element("span", *links)


def _task(content: SiteContent, name: str) -> Iterator[Child]:
    task, groups = content.tasks[name], content.groups[name]
    yield element("p", link(f"../../{suite_page(task.suite)}", f"all tasks of {task.suite}"))
    yield element("div", "truth: ", formula(_truth(content, name), "not known"), class_="truth")
    facts = [
        ("variables", ", ".join(f"{variable}: {sampling}" for variable, sampling in _domain(task))),
        ("points", f"{task.n_train} to train, {task.n_test} to test"),
        ("source", task.source), ("note", task.erratum), ("hidden", task.unidentifiable),
        ("tags", ", ".join(task.tags)),
    ]  # fmt: skip
    told = [(what, text) for what, text in facts if text]
    yield element("dl", *(part for what, text in told for part in (element("dt", what), element("dd", text))))
    yield element("h2", "Formulas")
    yield element(
        "p", "For each method and noise level how many runs recovered the truth, and the formula of the best run, with "
        "the verdict and the error that were found here.",
    )  # fmt: skip
    if len(groups) > _MAX_GROUPS:
        yield element("p", f"The first {_MAX_GROUPS} of {len(groups):,} are shown.")
    perturbed = any(group["perturbation"] != "none" for group in groups)
    heads = [
        "method", "noise", *(["perturbation"] if perturbed else []), "recovered", "verdict", "NMSE", "size", "formula"
    ]  # fmt: skip
    text = [place for place, head in enumerate(heads) if head in ("method", "perturbation", "verdict", "formula")]
    yield table(heads, (_group(content, group, perturbed=perturbed) for group in groups[:_MAX_GROUPS]), text=text)


def _domain(task: Any) -> Iterator[tuple[str, str]]:
    for variable, sampling in task.variables.items():
        yield variable, f"{sampling.low:g} to {sampling.high:g}"


def _group(content: SiteContent, group: Mapping[str, Any], *, perturbed: bool) -> list[Child]:
    record = group["record"]
    verdict = group["verdict"] or group["status"]
    rejected = content.rejected_in(group)
    good = verdict in ("exact", "recovered")
    return [
        link(f"../../{method_page(content.names[group['method']])}", group["method"]), f"{group['noise']:g}",
        *([group["perturbation"]] if perturbed else []),
        "–" if group["hits"] is None else f"{group['hits']} of {group['n']}",
        element("span", element("span", verdict, class_="good" if good else None), rejection_mark(rejected)),
        "–" if group["nmse"] is None else f"{group['nmse']:.0e}",
        "–" if group["size"] is None else f"{group['size']:g}", formula(record.expression, record.reason or "–"),
    ]  # fmt: skip
