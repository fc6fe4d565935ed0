"""The page of a site that says how to hand in results, and what is made of them."""

from __future__ import annotations

from srbench_lite.reports.site.content import SiteContent
from srbench_lite.reports.site.elements import Child, element, page, table

__all__ = ["submit_page"]

_STEPS = (
    ("Install srbench-lite, and your method as a plugin or as a command.", "pip install srbench-lite"),
    ("Run it on the suites of this site, with several seeds, and with the time limit of those you compare with.",
     "srbench run --method NAME --suite SUITE --seeds 5 --time-limit 60"),
    ("Look at your results as this site will show them.", "srbench site --out site mine=results/srbench.db"),
    ("Write your records to a file, and hand it in.", "srbench export --method NAME --out NAME.json.gz"),
)  # fmt: skip
_VERIFIED = (
    ("the verdict on every formula", "judged anew; what is claimed is only compared with it"),
    ("NMSE, R² and size", "computed anew on the test points of the run, which follow from task and seed"),
    ("truth, task and definition", "taken from the suites that are installed here"),
)
_BELIEVED = (
    ("seconds and memory", "depend on the machine; the record says which it was"),
    ("how a run ended", "a run without a formula counts as not recovered"),
    ("that the method found it", "whoever knows a truth can write it down: the fingerprint of the code is in the "
     "record, and everybody can run the method again"),
)  # fmt: skip


def submit_page(content: SiteContent) -> bytes:
    """Return the page."""
    steps = [element("li", text, element("pre", element("code", command))) for text, command in _STEPS]
    suites: dict[str, int] = {}
    for task in content.tasks.values():
        suites[task.suite] = suites.get(task.suite, 0) + 1
    where: list[Child] = [element("p", "Send it to: ", content.contact)] if content.contact else []
    body: list[Child] = [
        element("ol", *steps), *where,
        element("h2", "What is verified"), table(("what", "how"), _VERIFIED, text=(0, 1)),
        element("h2", "What is the submission's word"), table(("what", "why"), _BELIEVED, text=(0, 1)),
        element("p", element("b", "Verified"), ": judged here with the same outcome. ", element("b", "Rejected"),
                ": judged here with another one; our scores count, and both verdicts are shown. ",
                element("b", "Claimed"), ": could not be judged here, such as on a task that is not known, and counts "
                "nowhere; or the judge came to no verdict in time, and it is no recovery."),
        element("p", "A method that several submissions have stands once for each, so that nobody's runs change the "
                "numbers of somebody else."),
        element("h2", "Suites that are known here"),
        table(("suite", "tasks"), [(suite, str(count)) for suite, count in sorted(suites.items())]),
        element("h2", "How this site is made"),
        element("p", f"By srbench-lite, with version {content.scoring_version} of the scoring:"),
        element("pre", element("code", content.command)),
    ]  # fmt: skip
    return page("submit.html", "Submit", *body, site=content.title)
