"""Short names of variants: what tells each from the base of its method, in place of every parameter that varies."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from srbench_lite.comparing.runs import VARIANT, RunTable, plain_number
from srbench_lite.comparing.variants import Parameters, differences, find_base, said_of
from srbench_lite.errors import UsageError

__all__ = ["named_by_base"]

Row = Mapping[str, Any]


def named_by_base(run_table: RunTable, defaults: Mapping[str, Parameters]) -> tuple[RunTable, list[str]]:
    """Return the runs with short names of variants by parameters, and a sentence for each method on what its base is.

    The base is called as the method, another variant by what differs from it: `lies [search=False]`. Where it cannot be
    told which variant is the base, the names stay.

    Args:
        run_table: with `variant_of` and the columns of `VARIANT`.
        defaults: hyper-parameters by method, of those that are installed.
    """
    runs = run_table.runs
    rows = runs.drop_duplicates("method")[["method", "variant_of", *VARIANT]].astype(object).to_dict("records")
    kinds = [{str(name): value for name, value in row.items()} for row in rows]
    of_method: dict[str, list[Row]] = {}
    for kind in kinds:
        of_method.setdefault(kind["variant_of"], []).append(kind)
    names = {kind["method"]: kind["method"] for kind in kinds}
    remarks = []
    for method, own in of_method.items():
        parameters = {kind["parameters"]: json.loads(kind["parameters"]) for kind in own}
        if len(parameters) < 2:
            continue
        try:
            base = find_base([*parameters.values()], defaults=defaults.get(method), method=method)
        except UsageError:
            continue
        names |= {kind["method"]: _name(kind, own, parameters[kind["parameters"]], base) for kind in own}
        varied = {name: base[name] for name in _varied(parameters, base) if name in base}
        remarks.append(f"Variants of {method} are named by what tells them from the base, {said_of(varied)}.")
    if not remarks or len(set(names.values())) < len(names):
        return run_table, []
    column = runs["method"].cat.remove_unused_categories().cat.rename_categories(names)
    column = column.cat.reorder_categories(sorted(column.cat.categories))
    return replace(run_table, runs=runs.assign(method=column)), remarks


def _varied(parameters: Mapping[str, Parameters], base: Parameters) -> list[str]:
    return sorted({name for one in parameters.values() for name in differences(one, base)})


def _name(kind: Row, every: list[Row], own: Parameters, base: Parameters) -> str:
    """Return the method with what tells the variant apart in brackets, in the order of `VARIANT`."""
    said = said_of(differences(own, base))

    def parts() -> Iterator[str]:
        for column, form in VARIANT.items():
            if column == "parameters":
                yield said
            elif len({one[column] for one in every}) > 1:
                yield form.format(plain_number(kind[column]))

    texts = ", ".join(filter(None, parts()))
    return f"{kind['variant_of']} [{texts}]" if texts else str(kind["variant_of"])
