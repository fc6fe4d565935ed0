"""`ci_file`: what a CI service reads to run the gate, filled in from the templates beside this module."""

from __future__ import annotations

import math
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from string import Template
from typing import Final

__all__ = ["SERVICES", "GateJob", "ci_file", "read_template"]

#: Where the file of each service goes.
SERVICES: Final = {"github": ".github/workflows/srbench.yml", "gitlab": ".gitlab-ci.yml"}
#: Minutes for what the job does beside the gate: installing, the page.
_FURTHER_MINUTES: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class GateJob:
    """The job that runs the gate.

    Attributes:
        within: seconds that the gate may take.
        jobs: runs at a time.
        baseline: path of the baseline in the repository.
        branch: whose pushes are checked, besides pull requests; GitLab knows it itself.
        install: what pip is told besides srbench-lite.
        plugins: plugin files that it loads.
        suites: names of suites, or suite files; none for all of the baseline.
    """

    within: float = 600.0
    jobs: int = 2
    baseline: str = "results/baseline.json"
    branch: str = "main"
    install: str = ""
    plugins: Sequence[str] = ()
    suites: Sequence[str] = ()

    @property
    def options(self) -> str:
        """The options that name plugin files and suites, as a shell reads them; each begins with a blank."""
        pairs = [("--plugin", path) for path in self.plugins] + [("--suite", name) for name in self.suites]
        return "".join(f" {option} {shlex.quote(value)}" for option, value in pairs)

    @property
    def command(self) -> str:
        """`srbench check`, but for the store and the reports."""
        minutes, seconds = divmod(round(self.within), 60)
        time = "".join([f"{minutes}min" if minutes else "", f"{seconds}s" if seconds else ""])
        return f"srbench check --within {time} --jobs {self.jobs} --baseline {self.baseline}{self.options}"


def ci_file(service: str, job: GateJob, checks: Sequence[str] = ()) -> str:
    """Return the text of the file.

    Args:
        service: one of `SERVICES`.
        job: the gate.
        checks: commands of a job of its own beside it, which installs the package with its extra `test`.
    """
    dash = "      - run: " if service == "github" else "    - "
    values = {
        "command": job.command, "baseline": job.baseline, "branch": job.branch,
        "install": f" {job.install}" if job.install else "",
        "timeout": str(math.ceil(job.within / 60) + _FURTHER_MINUTES),
        "checks": "\n".join(f"{dash}{command}" for command in checks),
    }  # fmt: skip
    parts = [service, *([f"{service}-check"] if checks else []), f"{service}-gate"]
    return "".join(Template(read_template(f"ci/{part}")).substitute(values) for part in parts)


def read_template(name: str) -> str:
    """Return the text of a template."""
    return (files("srbench_lite.cli") / "templates" / f"{name}.template").read_text(encoding="utf-8")
