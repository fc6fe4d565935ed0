"""Write the generated tables of the READMEs of plugins and tasks; `--check`: exit 1 where one is stale."""

from __future__ import annotations

import hashlib
import importlib
import inspect
import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).resolve().parents[1] / "support"))

from markdown_table import table
from places import ROOT

from srbench_lite.methods import hookspecs
from srbench_lite.methods.discovery import Registry, discover
from srbench_lite.problems.generator_name import GENERATORS
from srbench_lite.problems.random_suite import random_suite


def methods(registry: Registry) -> str:
    rows = (
        (
            f"[`{m.name}`]({type(m).__module__.split('.')[0]}/README.md)",
            m.summary,
            "used" if m.capabilities.weighted else "ignored",
            m.source,
        )
        for m in registry.methods.values()
    )
    return table(("method", "what it does", "weights of points", "source"), rows)


def hooks(registry: Registry) -> str:
    """Return every hook of the hookspecs in their order: signature, what it returns, and its docstring."""
    specs = [f for name, f in vars(hookspecs).items() if name.startswith("srbench_") and inspect.isfunction(f)]
    rows = []
    for spec in specs:
        signature = inspect.signature(spec)
        returned = "" if signature.return_annotation == "None" else f"`{signature.return_annotation}`"
        called = f"`{spec.__name__}({', '.join(signature.parameters)})`"
        rows.append((called, returned, " ".join((spec.__doc__ or "").split())))
    return table(("hook", "returns", "what it does"), rows)


def suites(registry: Registry) -> str:
    rows = []
    for s in registry.suites.values():
        low, high = s.variable_counts
        typical = sorted(s.tasks, key=lambda t: t.truth.complexity if t.truth else 0)[len(s.tasks) // 2]
        link = f"[`{s.name}`](srbench_{registry.owners['suite', s.name].name}/README.md)"
        counts = str(low) if low == high else f"{low} to {high}"
        rows.append((link, len(s.tasks), counts, ", ".join(s.tags), s.summary, f"`{typical.truth}`"))
    return table(("suite", "tasks", "variables", "tags", "what is in it", "a formula of middling size"), rows)


def generators(registry: Registry) -> str:
    rows = (
        (
            f"`{generator.name}`",
            generator.summary,
            ", ".join(
                f"`{k.name}` = {k.default if isinstance(k.default, str) else f'{k.default:g}'} ({k.range})"
                for k in generator.keys
            ),
            ", ".join(f"`{task.truth}`" for task in random_suite(f"{generator.name}:").tasks[:3]),
        )
        for generator in GENERATORS.values()
    )
    return table(("generator", "what it draws", "parameters with their defaults", "the first three of `NAME:`"), rows)


def sources(registry: Registry) -> str:
    return table(
        ("suite", "source", "licence"), ((f"`{s.name}`", s.source, s.licence) for s in registry.suites.values())
    )


def _measured(module: str, rows: str, headers: str) -> Callable[[Registry], str]:
    """Return what makes a table from the committed records that a script of `tests/tools` has written."""

    def make(registry: Registry) -> str:
        script = importlib.import_module(module)
        records = importlib.import_module("measure_lies").committed(*script.RECORDS)
        return table(getattr(script, headers), getattr(script, rows)(records))

    return make


def _of_transformer(rows: str, headers: str) -> Callable[[Registry], str]:
    """Return what makes a table from the runs that `measure_transformer` has published."""

    def make(registry: Registry) -> str:
        script = importlib.import_module("measure_transformer")
        return table(getattr(script, headers), getattr(script, rows)(script.committed()))

    return make


TRANSFORMER = ROOT / "plugins" / "srbench_transformer"


GOALS = ROOT / "plugins" / "srbench_goals"


def _files_of(package: Path) -> Callable[[Registry], str]:
    """Return what makes a table of the weights that ship with a package."""

    def make(registry: Registry) -> str:
        rows = (
            (f"`{path.name}`", f"{path.stat().st_size:,}", f"`{hashlib.sha256(path.read_bytes()).hexdigest()}`")
            for path in sorted((package / "weights").glob("*.safetensors"))
        )
        return table(("file", "bytes", "SHA-256"), rows)

    return make


WEIGHTS = ROOT / "plugins" / "srbench_weight_decoder"


def _card() -> dict[str, Any]:
    return json.loads((WEIGHTS / "weights" / "card.json").read_text(encoding="utf-8"))


def weights_scores(registry: Registry) -> str:
    uses = {"held-out": "polished", "held-out-adam": "Adam alone"}
    rows = [
        (
            kind, training, name, f"{s['structure']:.2%}", f"{s['exact']:.2%}",
            ", ".join(f"{share:.1%}" for share in s["exact_by_decimals"].values()), f"{s['mae']:.4f}",
        )
        for use, training in uses.items()
        for kind, found in _card()["scores"][use].items()
        for name, s in found.items()
    ]  # fmt: skip
    return table(("networks", "trained", "reading", "structure", "exact", "by decimals: 0, 1, 2", "error"), rows)


def weights_files(registry: Registry) -> str:
    rows = ((f"`{name}`", f"{d['bytes']:,}", f"`{d['sha256']}`") for name, d in _card()["files"].items())
    return table(("file", "bytes", "SHA-256"), rows)


def weights_corpora(registry: Registry) -> str:
    card = _card()
    rows = (
        (
            name, f"{c['networks']:,}", c["split"], c["seed"], f"{c['median_mse']:.1e}",
            f"{c['mse_of_99_percent']:.1e}", f"{card['seconds'][f'corpus {name}']:.0f}",
        )
        for name, c in card["corpora"].items()
    )  # fmt: skip
    return table(("corpus", "networks", "split", "seed", "median MSE", "99 % below", "seconds"), rows)


def weights_seconds(registry: Registry) -> str:
    seconds = _card()["seconds"]
    parts = {"shared starts": "shared starts", "corpora": "corpus ", "readers": "readers", "regressors": "regressors"}
    parts["scores"] = "scores"
    rows = [(what, f"{sum(s for n, s in seconds.items() if n.startswith(key)):.0f}") for what, key in parts.items()]
    return table(("step", "seconds on two cores"), [*rows, ("all", f"{sum(seconds.values()):.0f}")])


def _of_errors(module: str) -> Callable[[Registry], str]:
    """Return the table of a script that measures how often something errs, as it was published."""

    def made(registry: Registry) -> str:
        script = importlib.import_module(module)
        return table(script.HEADERS, script.table(script.committed()))

    return made


def _of_results(name: str) -> Callable[[Registry], str]:
    """Return what makes a table of the page of results."""

    def make(registry: Registry) -> str:
        return str(getattr(importlib.import_module("results_tables"), name)())

    return make


TABLES: dict[Path, dict[str, Callable[[Registry], str]]] = {
    ROOT / "plugins" / "README.md": {"methods": methods, "hooks": hooks},
    ROOT / "plugins" / "RELATED_WORK.md": {
        name: _of_errors(f"measure_{name}") for name in ("planning", "symbolnet", "goals", "invertible")
    },
    GOALS / "MODEL_CARD.md": {"goals-files": _files_of(GOALS)},
    ROOT / "srbench_lite" / "comparing" / "README.md": {
        "gate": _of_errors("measure_gate"),
        "gate-choice": _of_errors("measure_gate_choice"),
        "overall": _of_errors("measure_overall"),
    },
    ROOT / "results" / "README.md": {
        name: _of_results(name) for name in ("overall", "variables", "peers", "peers_by_suite", "family")
    },
    ROOT / "plugins" / "srbench_lies" / "README.md": {
        "lies": _measured("measure_lies", "table", "HEADERS"),
        "lies-missed": _measured("measure_lies", "missed", "MISSED_HEADERS"),
        "lies-ablation": _measured("ablate_lies", "table", "HEADERS"),
    },
    ROOT / "plugins" / "srbench_portfolio" / "README.md": {
        "portfolio": _measured("measure_portfolio", "table", "HEADERS"),
        "portfolio-missed": _measured("measure_portfolio", "missed", "MISSED_HEADERS"),
        "portfolio-ablation": _measured("measure_portfolio", "ablation", "ABLATION_HEADERS"),
        "portfolio-peers": _measured("measure_portfolio", "peers", "PEERS_HEADERS"),
    },
    TRANSFORMER / "README.md": {
        "transformer": _of_transformer("table", "HEADERS"),
        "transformer-ablation": _of_transformer("ablations", "ABLATION_HEADERS"),
        "diffusion": _of_errors("measure_diffusion"),
    },
    TRANSFORMER / "MODEL_CARD.md": {"transformer-files": _files_of(TRANSFORMER)},
    WEIGHTS / "MODEL_CARD.md": {
        "weights-scores": weights_scores,
        "weights-files": weights_files,
        "weights-corpora": weights_corpora,
        "weights-seconds": weights_seconds,
    },
    ROOT / "tasks" / "README.md": {"suites": suites, "sources": sources, "generators": generators},
}


def main() -> int:
    registry = discover()
    stale = []
    for path, tables in TABLES.items():
        text = path.read_text(encoding="utf-8")
        new = text
        for name, make in tables.items():
            pattern = rf"(<!-- table: {name} -->\n).*?(<!-- end -->)"
            made = make(registry).replace("\\", r"\\")
            new = re.sub(pattern, rf"\g<1>{made}\n\g<2>", new, flags=re.S)
        if new != text:
            stale.append(path.relative_to(ROOT))
            if "--check" not in sys.argv:
                path.write_text(new, encoding="utf-8")
    for path in stale:
        print(
            f"{path} {'is not current: run python tests/tools/make_tables.py' if '--check' in sys.argv else 'written'}"
        )
    return 1 if stale and "--check" in sys.argv else 0


if __name__ == "__main__":
    sys.exit(main())
