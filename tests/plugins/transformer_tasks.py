"""Held-out functions on which `transformer` is measured: `srbench run --plugin` this file `--suite drawn-1`."""

from __future__ import annotations

from collections.abc import Iterable

from srbench_transformer.tasks import drawn_suite

from srbench_lite import Suite, hookimpl


@hookimpl
def srbench_suites() -> Iterable[Suite]:
    return [drawn_suite(1, 500, 101), drawn_suite(2, 200, 102)]
