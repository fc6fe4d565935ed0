"""What the page says of warnings that methods printed: how many, in how many runs, and the text of the commonest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from srbench_lite.recording.output import printed_warnings, recorded_warnings, safely_shown

if TYPE_CHECKING:
    import pandas as pd

    from srbench_lite.recording.store import Store

__all__ = ["warnings_of"]

_MAX_OUTPUTS: Final = 50  # of a method in which texts are looked for
_MAX_CHARACTERS: Final = 200  # of a text


def warnings_of(store: Store, runs: pd.DataFrame) -> list[dict[str, Any]]:
    """Return what is said of each method whose runs printed warnings, by name.

    Texts are those in outputs that the store has: of runs that came from a file there is a count alone.

    Args:
        store: has the records.
        runs: those that the page shows, with their `id` and `method`.
    """
    methods = dict(zip(runs["id"].tolist(), runs["method"].tolist(), strict=True))
    counts: dict[str, Counter[str]] = {}
    keys: dict[str, list[str]] = {}
    for number, key, extras in store.with_fact("warnings"):
        found = recorded_warnings(extras) if number in methods else {}
        if found:
            counts.setdefault(methods[number], Counter()).update(found)
            keys.setdefault(methods[number], []).append(key)
    return [
        {
            "method": method, "count": counts[method].total(), "runs": len(own),
            "of": int((runs["method"] == method).sum()),
            "categories": ", ".join(safely_shown(name) for name, _ in counts[method].most_common(3)),
            "text": next(_commonest(store, own), None),
        }
        for method, own in sorted(keys.items())
    ]  # fmt: skip


def _commonest(store: Store, keys: list[str]) -> Iterator[str]:
    """Yield the texts of the warnings that some runs printed, the most frequent first."""
    found = Counter(warning for key in keys[:_MAX_OUTPUTS] for warning in printed_warnings(store.output(key)))
    for (category, text), _ in found.most_common():
        yield safely_shown(f"{category}: {text}")[:_MAX_CHARACTERS]
