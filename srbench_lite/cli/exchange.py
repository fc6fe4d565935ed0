"""`srbench export` and `srbench import`."""

from __future__ import annotations

from pathlib import Path

import click

from srbench_lite.cli.options import check_selection, store_option


@click.command("export")
@click.option(
    "--format",
    "-f",
    "form",
    type=click.Choice(["csv", "json", "parquet"]),
    help="Format.  [default: by --out's ending]",
)
@click.option(
    "--out", "-o", required=True, type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="File."
)
@click.option("--suite", "-s", "suites", multiple=True, metavar="NAME", help="This suite only. May be repeated.")
@click.option("--method", "-m", "methods", multiple=True, metavar="NAME", help="This method only. May be repeated.")
@store_option
def export_command(
    form: str | None, out: Path, suites: tuple[str, ...], methods: tuple[str, ...], store_path: Path
) -> int:
    """Write records to a CSV, JSON or Parquet file: one row a record, plain columns.

    Nothing is lost: `srbench import` reads all three back.
    """
    from srbench_lite.errors import UsageError
    from srbench_lite.recording.exchange import FORMATS, write_records
    from srbench_lite.recording.store import Store

    form = form or out.suffix.lstrip(".").lower()
    if form not in FORMATS:
        raise UsageError(f"cannot tell the format from {out.name!r}; give --format csv, json or parquet")
    with Store(store_path, read_only=True) as store:
        check_selection(store, suites, methods)
        chosen = (r for r in store if r.suite in (suites or {r.suite}) and r.method in (methods or {r.method}))
        count = write_records(chosen, out, form=form)
    click.echo(f"{count} records written to {out}")
    return 0 if count else 5


@click.command("import")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@store_option
def import_command(files: tuple[Path, ...], store_path: Path) -> None:
    """Merge records of another machine into the store.

    FILES are exports (.csv, .json, .parquet) or other stores (.db). Records that stand already are left as they are, so
    importing twice changes nothing.
    """
    from srbench_lite.recording.exchange import merge, read_records
    from srbench_lite.recording.store import Store

    batches = [(file, read_records(file)) for file in files]
    with Store(store_path) as store:
        for file, records in batches:
            result = merge(records, store)
            click.echo(f"{file}: {result.new} new, {result.present} already in {store_path}")
            if result.differing:
                click.echo(
                    f"warning: {len(result.differing)} records stand with another formula and were left as they are "
                    f"(the first: {result.differing[0]})", err=True,
                )  # fmt: skip
