"""`srbench conform METHOD`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from srbench_lite.cli.command import Command
from srbench_lite.cli.options import (
    chosen_methods,
    loaded_registry,
    plugin_option,
    settings_option,
)
from srbench_lite.cli.pythons import chosen_environments, python_option

if TYPE_CHECKING:
    from srbench_lite.reports.conformance import CheckResult
    from srbench_lite.running.checks import Check
    from srbench_lite.running.messages import ConformAnswer
    from srbench_lite.running.process_result import ProcessResult

_MAX_SECONDS: Final = 120.0  # for one check
_MAX_MEMORY_MB: Final = 4096.0
_REMEDY_OF_DEATH: Final = (
    "look at the last line that the process wrote; `run_check(check, method)` of srbench_lite.testing runs the check "
    "in a process of yours, under a debugger"
)
_REMEDY_OF_AN_ERROR: Final = (
    "mend what raised it: the points of the checks are line_samples(), toy_samples() and noisy_samples() of "
    "srbench_lite.testing, on which you can call `fit` in a debugger"
)
#: Checks whose own remedy says what to do about an exception.
_OF_EXCEPTIONS: Final = ("one-point", "constant-target", "refuses-nonsense", "leaves-samples-alone")
_COLOURS: Final = {"pass": "green", "FAIL": "red", "skipped": "yellow"}


@click.command(
    "conform", cls=Command,
    lists={"Exit codes": {"0": "No check failed.", "1": "A check failed.", "2": "No such method or check."}},
    examples=(
        "srbench conform lasso", "srbench conform mine --plugin my_method.py --check returns-a-fit",
        "srbench conform mine --plugin my_method.py --json",
    ),
)  # fmt: skip
@click.argument("method")
@click.option("--check", "only", multiple=True, metavar="NAME", help="Only this check. May be repeated.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, when all is done.")
@settings_option
@python_option
@plugin_option
def conform_command(
    method: str, only: tuple[str, ...], as_json: bool, settings: tuple[str, ...], pythons: tuple[str, ...],
    plugin_files: tuple[Path, ...],
) -> int:  # fmt: skip
    """Check that a method keeps the promises of the plugin contract.

    Each check runs in a process of its own. Below one that does not pass stands why, and what to do about it. A check
    is skipped where the method makes no such promise.
    """
    from srbench_lite.environments.assignment import assigned
    from srbench_lite.errors import UnknownNameError, UsageError
    from srbench_lite.methods.made_methods import name_elsewhere
    from srbench_lite.reports.conformance import (
        conformance_as_json,
        conformance_heading,
        conformance_row,
        conformance_summary,
    )
    from srbench_lite.running.checks import METHOD_CHECKS
    from srbench_lite.running.interpreter import Interpreter
    from srbench_lite.running.messages import ConformRequest
    from srbench_lite.running.supervisor import Supervisor

    registry = loaded_registry(plugin_files)
    (chosen,) = chosen_methods(registry, [method], settings)
    names = [check.name for check in METHOD_CHECKS]
    for name in only:
        if name not in names:
            raise UnknownNameError("check", name, names)
    where = assigned(chosen, chosen_environments([chosen], pythons))
    if where.lacks is not None:
        raise UsageError(f"{method} cannot run: {where.lacks}")
    there = None if where.environment is None else Interpreter.of(where.environment, [chosen], registry)
    results = []
    if not as_json:
        click.echo(conformance_heading())
    with Supervisor(
        plugins=plugin_files, preload=("srbench_lite.running.checks", *chosen.engine), interpreter=there
    ) as supervisor:
        for check in METHOD_CHECKS:
            if only and check.name not in only:
                continue
            request = ConformRequest(
                method=name_elsewhere(chosen), check=check.name, parameters=chosen.parameters() if settings else {}
            )
            ended = supervisor.run(request, seconds=_MAX_SECONDS, memory_mb=_MAX_MEMORY_MB)
            results.append(_result(check, ended))
            if not as_json:
                word = results[-1].result
                click.echo(conformance_row(results[-1]).replace(word, click.style(word, fg=_COLOURS[word]), 1))
    click.echo(
        json.dumps(conformance_as_json(method, results), indent=1) if as_json else conformance_summary(method, results)
    )
    return 1 if any(result.result == "FAIL" for result in results) else 0


def _result(check: Check, ended: ProcessResult[ConformAnswer]) -> CheckResult:
    """Return how a check ended whose process ended so."""
    from srbench_lite.reports.conformance import CheckResult
    from srbench_lite.running.checks import METHOD_CHECKS

    why, remedy = "", check.remedy
    if ended.answer is None:
        why, remedy = ended.why_no_answer(), _REMEDY_OF_DEATH
    elif ended.answer.complaint is not None:
        why = ended.answer.complaint
        if why.startswith("raised ") and check.name not in _OF_EXCEPTIONS:
            remedy = _REMEDY_OF_AN_ERROR
    elif ended.printed_bytes:
        why = f"the method wrote {ended.printed_bytes} bytes to standard output or error"
        remedy = next(other.remedy for other in METHOD_CHECKS if other.name == "prints-nothing")
    if why:
        return CheckResult(
            check=check.name, promise=check.promise, result="FAIL", seconds=ended.seconds, why=why, remedy=remedy
        )
    skipped = ended.answer.skipped if ended.answer else None
    return CheckResult(
        check=check.name, promise=check.promise, result="skipped" if skipped else "pass", seconds=ended.seconds,
        why=skipped or "",
    )  # fmt: skip
