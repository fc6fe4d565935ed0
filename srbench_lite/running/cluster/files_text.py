"""Files that a run has left on a worker, as text for JSON, and back into a folder here."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Final

from srbench_lite.recording.artifacts import Artifacts
from srbench_lite.running.wire import WireError

__all__ = ["MAX_BYTES_BROUGHT", "LeftFiles", "packed_files", "unpack_files"]

#: By name, relative to the run's folder with slashes: the content in base64.
LeftFiles = Mapping[str, str]

#: Of one run; more is not brought over the network.
MAX_BYTES_BROUGHT: Final = 8 * 2**20


def packed_files(artifacts: Artifacts, key: str) -> tuple[LeftFiles, str]:
    """Return the files of a run, in the order of their names as far as there is room, and what to say of others.

    Args:
        artifacts: where they are.
        key: of the run.
    """
    files: dict[str, str] = {}
    size = left = 0
    for file in artifacts.files(key):
        if size + file.size > MAX_BYTES_BROUGHT:
            left += 1
            continue
        size += file.size
        files[file.name] = base64.b64encode((artifacts.folder(key) / file.name).read_bytes()).decode()
    if not left:
        return files, ""
    more = f"{left} file{'s' if left > 1 else ''} over the {MAX_BYTES_BROUGHT >> 20} MiB that a cluster brings back"
    return files, f"artifacts were left out: {more}"


def unpack_files(files: LeftFiles, folder: Path) -> None:
    """Write files into a folder and nowhere else.

    Raises:
        WireError: a name leads out of the folder, or a content is no base64.
        OSError: a file cannot be written.
    """
    for name, content in files.items():
        path = PurePosixPath(name)
        if not name.isprintable() or path.is_absolute() or not path.parts or ".." in path.parts:
            raise WireError(f"a file of a run must lie in its folder, got {name!r:.80}")
        try:
            read = base64.b64decode(content, validate=True)
        except (binascii.Error, ValueError) as error:
            raise WireError(f"the file {name!r:.80} must be base64: {error}") from None
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(read)
