"""`srbench site`."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from srbench_lite.cli.command import Command
from srbench_lite.cli.options import loaded_registry, plugin_option, selected_suites
from srbench_lite.cli.streams import say

if TYPE_CHECKING:
    from srbench_lite.methods.discovery import Registry
    from srbench_lite.problems.task import Task
    from srbench_lite.recording.claim import CheckedClaim
    from srbench_lite.recording.record import Record
    from srbench_lite.reports.method_card import MethodCard

_MADE: Final = ".srbench-site"  # file in the site's folder that names all the others
_SECONDS_BETWEEN_LINES: Final = 10.0


@click.command(
    "site", cls=Command,
    examples=("srbench site --out site results/srbench.db", "srbench site --out site ours=a.db theirs=b.json.gz -j 4"),
)  # fmt: skip
@click.argument("sources", nargs=-1, required=True, metavar="[NAME=]FILE...")
@click.option(
    "--out", "-o", required=True, type=click.Path(path_type=Path, file_okay=False), metavar="DIR",
    help="Folder of the site: empty, missing, or a site that this command made.",
)  # fmt: skip
@click.option(
    "--suite", "-s", "suites", multiple=True, metavar="NAME|FILE.toml",
    help="Suite that is not installed, as a TOML file or as the name of one that is drawn, so that claims on it can "
    "be judged. May be repeated.",
)  # fmt: skip
@click.option("--title", default="Leaderboard", show_default=True, metavar="TEXT", help="Title of the site.")
@click.option("--contact", default="", metavar="TEXT", help="Where submissions are to be sent, for the page about it.")
@click.option(
    "--verdicts", type=click.Path(path_type=Path, dir_okay=False), show_default="DIR.verdicts.db", metavar="FILE",
    help="File that keeps what was found of each formula, so that it is judged once. Accept none from others.",
)  # fmt: skip
@click.option(
    "--jobs", "-j", type=click.IntRange(min=1), default=1, show_default=True, metavar="N",
    help="Number of processes that judge at a time.",
)  # fmt: skip
@plugin_option
def site_command(
    sources: tuple[str, ...], out: Path, suites: tuple[str, ...], title: str, contact: str, verdicts: Path | None,
    jobs: int, plugin_files: tuple[Path, ...],
) -> int:  # fmt: skip
    """Make a site of static pages: a leaderboard from what many people hand in.

    FILES are stores (.db) and exports (.json, .csv, .parquet, .json.gz, .csv.gz). Each is a submission, which is called
    as its file is, or NAME. Nothing that they say of a formula is believed: every formula is judged again, and each
    claim is marked as verified, as rejected, with both verdicts, or as only claimed where it cannot be judged here.
    The site needs no server: open DIR/index.html, or put DIR on any host of files.
    """
    from srbench_lite.judging.scoring import SCORING_VERSION
    from srbench_lite.recording.claim import Worth
    from srbench_lite.reports.site import SiteContent, Submission, site_files

    _check_folder(out)
    files = _named(sources)
    submitted = _records(files)
    registry = loaded_registry(plugin_files)
    known = {**registry.suites, **(selected_suites(registry, suites) if suites else {})}
    tasks = {task.name: task for suite in known.values() for task in suite.tasks}
    cache = verdicts or out.with_name(f"{out.name}.verdicts.db")
    claims = _verified(submitted, tasks.values(), cache=cache, jobs=jobs, plugins=plugin_files)
    content = SiteContent(
        title=title, command=_command(files, out, suites, title, contact), contact=contact,
        submissions=[
            Submission(name=name, file=file.name, records=len(submitted[name])) for name, file in files.items()
        ],
        claims=claims, tasks=tasks, cards=_cards(registry, submitted), scoring_version=SCORING_VERSION,
    )  # fmt: skip
    made = dict(site_files(content))
    _write(out, made)
    for name in files:
        own = [claim for claim in claims if claim.submission == name]
        counts = {worth: sum(claim.worth is worth for claim in own) for worth in Worth}
        told = ", ".join(f"{count:,} {worth}" for worth, count in counts.items() if count)
        click.echo(f"{name}: {told or 'no records'}")
    size = sum(map(len, made.values()))
    click.echo(f"{out / 'index.html'}: {len(made):,} files, {size / 1e6:.1f} MB")
    return 0 if claims else 5


def _named(sources: Iterable[str]) -> dict[str, Path]:
    """Return the files of submissions by their names.

    Raises:
        UsageError: two are called alike, or a file is missing.
    """
    from srbench_lite.errors import UsageError

    named: dict[str, Path] = {}
    for source in sources:
        name, equals, rest = source.partition("=")
        file = Path(rest if equals and not Path(source).exists() else source)
        if not equals or file == Path(source):
            name = file.name.split(".")[0] or file.name
        if not file.is_file():
            raise UsageError(f"{str(file)!r} is a folder" if file.is_dir() else f"there is no file {str(file)!r}")
        if not name.strip():
            raise UsageError(f"a submission needs a name: write NAME=FILE, got {source!r}")
        if name in named:
            raise UsageError(
                f"two submissions are called {name!r}: {named[name]} and {file}; write NAME={file} to name one"
            )
        named[name] = file
    return named


def _records(files: Mapping[str, Path]) -> dict[str, list[Record]]:
    from srbench_lite.recording.exchange import read_records

    return {name: read_records(file) for name, file in files.items()}


def _verified(
    submitted: Mapping[str, Sequence[Record]], tasks: Iterable[Task], *, cache: Path, jobs: int,
    plugins: Sequence[Path],
) -> tuple[CheckedClaim, ...]:  # fmt: skip
    """Judge what was handed in, and say now and then how far that is."""
    import time

    from srbench_lite.running.verdict_cache import VerdictCache
    from srbench_lite.running.verification import verify

    said = time.monotonic()

    def on_result(done: int, total: int) -> None:
        nonlocal said
        if done == total or time.monotonic() - said > _SECONDS_BETWEEN_LINES:
            said = time.monotonic()
            say(f"{done:,} of {total:,} formulas judged", err=True)

    with VerdictCache(cache) as known:
        return verify(submitted, tasks, cache=known, jobs=jobs, plugins=plugins, on_result=on_result)


def _cards(registry: Registry, submitted: Mapping[str, Sequence[Record]]) -> dict[str, MethodCard]:
    """Return the cards of those methods that are installed here."""
    from srbench_lite.reports.method_card import MethodCard

    wanted = {record.method for records in submitted.values() for record in records}
    return {name: MethodCard.of(registry.method(name), registry) for name in sorted(wanted & set(registry.methods))}


def _command(files: Mapping[str, Path], out: Path, suites: Sequence[str], title: str, contact: str) -> str:
    """Return the command that makes the site again, where its files lie in the current folder: others read it."""
    words = ["srbench", "site", "--out", out.name]
    for option, values in (
        ("--suite", [Path(suite).name for suite in suites]),
        ("--title", [title]),
        ("--contact", [contact] if contact else []),
    ):
        words += [word for value in values for word in (option, value)]
    return shlex.join([*words, *(f"{name}={file.name}" for name, file in files.items())])


def _check_folder(out: Path) -> None:
    """Refuse a folder that holds something else than a site.

    Raises:
        UsageError: it does.
    """
    from srbench_lite.errors import UsageError

    others = [path.name for path in out.iterdir() if not path.name.startswith(".")] if out.is_dir() else []
    if others and not (out / _MADE).is_file():
        raise UsageError(
            f"the folder {out} holds other files, such as {min(others)}; name an empty one with --out, or a site made "
            "before"
        )


def _write(out: Path, made: Mapping[str, bytes]) -> None:
    """Write the files of a site that differ, and remove those of the site before that are in it no more.

    The list of files is written first and last, so that a site that was cut short is still known as one.
    """
    from srbench_lite.files import write_text

    listed = out / _MADE
    before = set(listed.read_text(encoding="utf-8").splitlines()) if listed.is_file() else set()
    write_text(listed, _lines({*before, *made}))
    for name, content in made.items():
        _put(out / name, content)
    for name in before - set(made):
        path = out / name
        if path.resolve().is_relative_to(out.resolve()) and path.is_file():
            path.unlink()
    write_text(listed, _lines(made))


def _lines(names: Iterable[str]) -> str:
    return "".join(f"{name}\n" for name in sorted(names))


def _put(path: Path, content: bytes) -> None:
    """Write one of many files: a reader sees the old one or the new one.

    Nothing waits for the disk, which takes minutes for a thousand files: after a power cut the site is made again.
    """
    if path.is_file() and path.read_bytes() == content:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    try:
        part.write_bytes(content)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
