"""What runs in another interpreter to say what it is: `python inside.py` prints a line of JSON.

It needs the standard library only and no recent Python, because it is there to find out what there is.
"""

import importlib
import json
import platform
import sys

__all__ = ["facts"]


def facts() -> dict:  # type: ignore[type-arg]  # dict[...] is no expression in an old Python
    """Return version and implementation of this Python, its packages, and why numpy cannot be imported if so."""
    try:
        importlib.import_module("numpy")
        broken = None
    except BaseException as error:  # noqa: BLE001 - whatever is wrong there is what is asked for
        broken = "{}: {}".format(type(error).__name__, " ".join(str(error).split())[:300])
    return {
        "python": platform.python_version(),
        "implementation": platform.python_implementation(),
        "numpy": broken,
        "packages": _packages() if sys.version_info >= (3, 8) else {},
    }


def _packages() -> dict:  # type: ignore[type-arg]
    """Return the version of each distribution; that of a checkout with its commit."""
    from importlib.metadata import distributions

    found = {}
    for distribution in distributions():
        name, version = distribution.metadata["Name"], distribution.metadata["Version"]
        if name and version and name not in found:
            found[name] = version + _commit(distribution)
    return found


def _commit(distribution: "importlib.metadata.Distribution") -> str:
    """Return the commit of a distribution that was installed from a checkout, after an @; else nothing."""
    try:
        commit = json.loads(distribution.read_text("direct_url.json") or "{}")["vcs_info"]["commit_id"]
    except (OSError, ValueError, KeyError, TypeError):
        return ""
    return f"@{str(commit)[:12]}"


if __name__ == "__main__":
    sys.stdout.write("\n" + json.dumps(facts()) + "\n")
