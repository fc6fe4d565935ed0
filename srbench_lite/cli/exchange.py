"""`srbench export` and `srbench import`."""

from __future__ import annotations

from pathlib import Path

import click

from srbench_lite.cli.command import Command
from srbench_lite.cli.options import (
    check_selection,
    loaded_registry,
    method_option,
    plugin_option,
    selected_suites,
    store_option,
    suite_option,
    tag_option,
)
from srbench_lite.cli.streams import say


@click.command(
    "export", cls=Command, examples=("srbench export --out records.csv", "srbench export --suite sin --out sin.json.gz")
)
@click.option(
    "--format",
    "-f",
    "form",
    type=click.Choice(["csv", "json", "parquet"]),
    show_default="by the ending of --out",
    help="Format of the file.",
)
@click.option(
    "--out", "-o", required=True, type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="File to write."
)
@suite_option
@method_option
@tag_option
@store_option
def export_command(
    form: str | None, out: Path, suites: tuple[str, ...], methods: tuple[str, ...], tags: tuple[str, ...],
    store_path: Path,
) -> int:  # fmt: skip
    """Write records to a CSV, JSON or Parquet file.

    The file has one row for each record, with plain columns. Nothing is lost: `srbench import` reads it back. A name
    that ends in .csv.gz or .json.gz makes a packed file. JSON also has the studies that made the records.
    """
    from srbench_lite.cli.study import moved_studies
    from srbench_lite.errors import UsageError
    from srbench_lite.recording.exchange import FORMATS, format_of, write_records
    from srbench_lite.recording.store import Store

    form = form or format_of(out)
    if form not in FORMATS:
        raise UsageError(f"the name {out.name!r} does not say the format; give --format csv, json or parquet")
    with Store(store_path, read_only=True) as store:
        check_selection(store, suites, methods)
        chosen = (r for r in store if r.suite in (suites or {r.suite}) and r.method in (methods or {r.method}))
        if tags:
            tagged = {*store.tags.keys(tags)}
            chosen = (record for record in chosen if record.key in tagged)
        studies = moved_studies(store.studies(), store_path.parent, out.parent)
        count = write_records(chosen, out, form=form, studies=studies)
    click.echo(f"{count} records written to {out}")
    return 0 if count else 5


@click.command(
    "import", cls=Command, examples=("srbench import records.json --verify", "srbench import other.db --store all.db")
)
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--verify", is_flag=True, help="Judge the formulas at once, as `srbench rescore` does.")
@click.option(
    "--suite", "-s", "suites", multiple=True, metavar="FILE.toml",
    help="Suite file that defines tasks of the records, for --verify. May be repeated.",
)  # fmt: skip
@click.option(
    "--jobs", "-j", type=click.IntRange(min=1), default=1, show_default=True, metavar="N",
    help="Number of formulas judged at a time.",
)  # fmt: skip
@store_option
@plugin_option
def import_command(
    files: tuple[Path, ...], verify: bool, suites: tuple[str, ...], jobs: int, store_path: Path,
    plugin_files: tuple[Path, ...],
) -> int:  # fmt: skip
    """Merge the records of other files into the store.

    FILES are exports (.csv, .json, .parquet, .csv.gz, .json.gz) or other stores (.db). Records that the store already
    has stay as they are, so importing twice changes nothing; but of two runs that different code of a method has made
    the later one stays. What a file says of a formula is a claim, and tables mark it, until it is judged here.
    """
    from srbench_lite.cli.study import moved_studies
    from srbench_lite.recording.exchange import merge, read_records, read_studies
    from srbench_lite.recording.store import Store

    batches = [(file, read_records(file)) for file in files]
    with Store(store_path) as store:
        for file, records in batches:
            result = merge(records, store)
            for study in moved_studies(read_studies(file), file.parent, store_path.parent):
                store.keep_study(study)
            say(f"{file}: {result.new} new, {result.present} already in {store_path}")
            for keys, what in (
                (result.replaced, "replaced runs that other code of their method had made earlier"),
                (result.older, "were left out, since other code of their method has made later runs"),
            ):
                if keys:
                    say(f"{len(keys)} of these records {what} (the first: {keys[0]})", err=True)
            if result.differing:
                say(
                    f"warning: the store has {len(result.differing)} of these records with another formula; they were "
                    f"left as they are (the first: {result.differing[0]})", err=True,
                )  # fmt: skip
    if not verify:
        return 0
    from srbench_lite.cli.rescore import judge_again

    imported = {record.key for _, records in batches for record in records}
    registry = loaded_registry(plugin_files)
    chosen = {**registry.suites, **(selected_suites(registry, suites) if suites else {})}
    return judge_again(store_path, registry, chosen, keys=imported, jobs=jobs, plugins=plugin_files)
