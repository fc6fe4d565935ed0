"""Functions on which `transformer` is measured: `srbench run --plugin` this file `--suite drawn-1`.

Training never drew the skeletons of `drawn-1` and `drawn-2`; those of `known-1` it did, with other constants.
"""

from __future__ import annotations

from collections.abc import Iterable

from srbench_transformer.tasks import drawn_suite

from srbench_lite import Suite, hookimpl


@hookimpl
def srbench_suites() -> Iterable[Suite]:
    return [
        drawn_suite("drawn-1", 1, 500, 101),
        drawn_suite("drawn-2", 2, 200, 102),
        drawn_suite("known-1", 1, 200, 103, split="training"),
    ]
