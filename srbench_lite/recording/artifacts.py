"""`Artifacts`: the files that runs leave, in a folder beside the store: `<store>.artifacts/<key of the run>/`.

A fit gets an empty folder (`Budget.artifacts`) below `<store>.artifacts/unfinished`. When it has ended, what is in it
is sifted to bounds, and moved to its place once the record stands; where a kill comes between, that is done later.
Links are never followed: whatever a method leaves, no file outside of its folder is read, changed or removed.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import stat
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from string import hexdigits
from typing import Final

from srbench_lite.errors import StoreError

__all__ = ["Artifacts", "LeftFile"]

_MAX_BYTES: Final = 64 * 2**20  # kept of one run
_MAX_FILES: Final = 1_000  # kept of one run
_MAX_DEPTH: Final = 16  # folders in each other
_UNFINISHED: Final = "unfinished"


@dataclass(frozen=True, slots=True)
class LeftFile:
    """A file that a run has left: its name, relative to the run's folder with slashes, and its size in bytes."""

    name: str
    size: int


class Artifacts:
    """The files that the runs of a store leave.

    Args:
        store: the store's file.

    Attributes:
        root: the folder.
    """

    def __init__(self, store: Path) -> None:
        path = Path(os.path.realpath(store))
        self.root = path.with_name(f"{path.name}.artifacts")

    def folder(self, key: str) -> Path:
        """Return where the files of a run are, or would be.

        Raises:
            StoreError: it is no key of a run.
        """
        return self.root / _checked(key)

    def files(self, key: str) -> list[LeftFile]:
        """Return what a run has left, by name."""
        folder = self.folder(key)
        found = (path for path, is_kept in _entries(folder) if is_kept)
        return [LeftFile(path.relative_to(folder).as_posix(), path.lstat().st_size) for path in found]

    def keys(self) -> set[str]:
        """Return the names of the folders that are those of runs by their name."""
        return {path.name for path in _listed(self.root) if set(path.name) <= set(hexdigits) and _is_folder(path)}

    def has_unfinished(self) -> bool:
        """Whether there are files of fits that have not been recorded."""
        return bool(_listed(self.root / _UNFINISHED))

    def begin(self, key: str) -> Path:
        """Make the empty folder for a run's fit and return it.

        Raises:
            OSError: it cannot be made.
        """
        folder = self._unfinished(key)
        _remove(folder)
        folder.mkdir(parents=True, mode=0o700)
        return folder

    def sift(self, key: str) -> tuple[str, ...]:
        """Remove what is not kept from the folder of a fit that has ended; say what that was, one complaint a kind.

        Kept are plain files, in the order of their names, up to 64 MiB in all and 1,000 files. None are where the disk
        is full or the folder cannot be written any more.
        """
        try:
            return self._sifted(key)
        except OSError as error:
            _remove(self._unfinished(key))
            return (f"artifacts were left out: {error.strerror}",)

    def _sifted(self, key: str) -> tuple[str, ...]:
        folder = self._unfinished(key)
        sifted = folder.with_name(f"{folder.name}-sifted")
        _remove(sifted)
        size = count = over = others = 0
        for path, is_plain in _entries(folder):
            if not is_plain:
                others += 1
                continue
            own = path.lstat().st_size
            if count == _MAX_FILES or size + own > _MAX_BYTES:
                over += 1
                continue
            target = sifted / path.relative_to(folder)
            try:
                target.parent.mkdir(parents=True, exist_ok=True)
                path.rename(target)
                target.chmod(0o644)
            except OSError:
                others += 1
                continue
            size, count = size + own, count + 1
        _remove(folder)
        sifted.mkdir(parents=True, exist_ok=True)
        sifted.rename(folder)
        complaints = []
        if over:
            complaints.append(
                f"artifacts were left out: {_counted(over, 'file')} over the bounds of {_MAX_BYTES >> 20} MiB and "
                f"{_MAX_FILES:,} files"
            )
        if others:
            entries = f"{_counted(others, 'entry', 'entries')} that {'is' if others == 1 else 'are'}"
            complaints.append(
                f"artifacts were left out: {entries} no plain file (a link, a device) or too deep in folders"
            )
        return tuple(complaints)

    def promise(self, key: str, began: str) -> None:
        """Say that the record of a fit is about to be stored: from then on `clear` keeps its files if it finds it.

        Where that cannot be said, the files of an earlier run go: none are better than those of another run.

        Args:
            key: of the run.
            began: when it began, as its record says.
        """
        folder, promised = self._unfinished(key), self._promised(key, began)
        if promised.is_dir() or not (folder.is_dir() or self.folder(key).is_dir()):
            return
        try:
            folder.mkdir(parents=True, exist_ok=True)
            folder.rename(promised)
        except OSError:
            self.remove([key])

    def keep(self, key: str, began: str = "") -> None:
        """Move what a fit has left to its place, where an earlier run's files go; do nothing where no fit has ended.

        Args:
            key: of the run.
            began: as `promise` was told.
        """
        for folder in (self._promised(key, began), self._unfinished(key)):
            if folder.is_dir():
                self._settle(folder, key)

    def _settle(self, folder: Path, key: str) -> None:
        _remove(self.folder(key))
        if any(folder.iterdir()):
            folder.rename(self.folder(key))
        else:
            folder.rmdir()

    def rename(self, old: str, new: str) -> None:
        """Give the files of a run another key; nothing is done where there are none."""
        if old != new and self.folder(old).is_dir():
            _remove(self.folder(new))
            self.folder(old).rename(self.folder(new))

    def remove(self, keys: Collection[str]) -> None:
        """Remove the files of some runs."""
        for key in keys if self.root.is_dir() else ():
            _remove(self.folder(key))

    def clear(self, began: Callable[[Collection[str]], Mapping[str, str]] = lambda keys: {}) -> None:
        """Remove what fits have left that were interrupted, and the folder where it holds nothing.

        What was promised for a record is kept, if that is the one that stands.

        Args:
            began: returns by key of a record that stands when its run began.
        """
        promised = [path for path in _listed(self.root / _UNFINISHED) if "@" in path.name and _is_folder(path)]
        standing = began([path.name.partition("@")[0] for path in promised]) if promised else {}
        for path in promised:
            key = path.name.partition("@")[0]
            if key in standing and path == self._promised(key, standing[key]):
                with contextlib.suppress(OSError):
                    self._settle(path, key)
        _remove(self.root / _UNFINISHED)
        with contextlib.suppress(OSError):
            self.root.rmdir()

    def _promised(self, key: str, began: str) -> Path:
        return self.root / _UNFINISHED / f"{_checked(key)}@{''.join(filter(str.isalnum, began))}"

    def _unfinished(self, key: str) -> Path:
        return self.root / _UNFINISHED / _checked(key)


def _entries(folder: Path, depth: int = 0) -> Iterator[tuple[Path, bool]]:
    """Yield what lies in a folder and below, by name, and whether each is a plain file; folders only if not entered."""
    if not _is_folder(folder):
        return
    with contextlib.suppress(OSError):
        folder.chmod(0o700)
    for path in sorted(_listed(folder)):
        if _is_folder(path) and depth < _MAX_DEPTH:
            yield from _entries(path, depth + 1)
        else:
            yield path, _is_plain(path)


def _listed(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:  # another user's
        return []


def _is_folder(path: Path) -> bool:
    try:
        return stat.S_ISDIR(path.lstat().st_mode)
    except OSError:
        return False


def _is_plain(path: Path) -> bool:
    """Return whether it is a file of this name alone: a second name is a link, and may be of a file elsewhere."""
    try:
        seen = path.lstat()
    except OSError:
        return False
    return stat.S_ISREG(seen.st_mode) and seen.st_nlink == 1


def _remove(path: Path) -> None:
    """Remove a file, a link or a folder with what is in it, however deep; what cannot be removed stays."""
    if not _is_folder(path):
        with contextlib.suppress(OSError):
            path.unlink()
        return
    numbers = itertools.count()
    waiting = [path]
    while waiting:
        folder = waiting.pop()
        with contextlib.suppress(OSError):
            folder.chmod(0o700)
        for entry in _listed(folder):
            with contextlib.suppress(OSError):
                if not _is_folder(entry):
                    entry.unlink()
                elif folder == path:
                    waiting.append(entry)
                else:  # brought up: no path becomes longer than the system takes
                    up = next(p for p in (path / f".removed-{n}" for n in numbers) if not os.path.lexists(p))
                    waiting.append(entry.rename(up))
        with contextlib.suppress(OSError):
            folder.rmdir()
    with contextlib.suppress(OSError):
        path.rmdir()


def _checked(key: str) -> str:
    if not key or not set(key) <= set(hexdigits):
        raise StoreError(f"the key of a run is hexadecimal digits, got {key!r:.80}")
    return key


def _counted(count: int, one: str, several: str = "") -> str:
    return f"{count:,} {one if count == 1 else several or f'{one}s'}"
