"""What another interpreter is started with: it makes srbench-lite's modules importable there, and becomes a keeper.

`python bootstrap.py FD EXPOSED` needs the standard library only. EXPOSED is JSON: the folder of each package that is
found in our installation, whatever the interpreter has itself, and folders that are looked into after all of its own.
Everything else is the interpreter's own.
"""

import json
import os
import sys
from importlib.machinery import PathFinder
from importlib.util import find_spec

__all__ = ["Finder", "main"]

_OLDEST = (3, 11)


class Finder:
    """Finds packages by name in the folder of each, and nothing else there.

    Args:
        packages: folder by name.
    """

    def __init__(self, packages: dict) -> None:  # type: ignore[type-arg]  # read by Pythons without dict[...] too
        self._packages = packages

    def find_spec(self, name: str, path: object = None, target: object = None) -> object:
        """Return where a package is; None for what is none of these."""
        folder = self._packages.get(name)
        return None if folder is None else PathFinder.find_spec(name, [folder])


def main(fd: int, exposed: dict) -> int:  # type: ignore[type-arg]
    """Expose packages and be a keeper; return the exit code."""
    if sys.version_info < _OLDEST:
        sys.stderr.write(f"this is Python {sys.version.split()[0]}; srbench-lite needs 3.11 or newer\n")
        return 1
    if find_spec("numpy") is None:
        sys.stderr.write("numpy is not installed\n")
        return 1
    os.environ.pop("PYTHONSAFEPATH", None)  # it was meant for this process, and not for what a method starts
    sys.meta_path.insert(0, Finder(exposed["packages"]))  # type: ignore[arg-type]  # it says less than a finder may
    sys.path.extend(exposed["beside"])
    from srbench_lite.running.keeper import main as keep

    return keep(fd)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), json.loads(sys.argv[2])))
