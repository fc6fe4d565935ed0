"""Run the example notebook in a new kernel and write what it prints into it; `--check`: exit 1 where that differs.

Texts are compared; pictures and HTML are as the libraries of the day draw them.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).resolve().parents[1] / "support"))

import nbformat
from nbclient import NotebookClient
from places import ROOT

NOTEBOOK = ROOT / "srbench_lite" / "regression" / "example.ipynb"
_MAX_SECONDS_OF_A_CELL = 300


def executed(notebook: Any) -> Any:
    """Return the notebook as a new kernel runs it, in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        for variable in ("IPYTHONDIR", "JUPYTER_RUNTIME_DIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR"):
            os.environ[variable] = folder
        os.environ |= {"OMP_NUM_THREADS": "1", "PYDEVD_DISABLE_FILE_VALIDATION": "1"}
        client = NotebookClient(
            nbformat.from_dict(notebook), timeout=_MAX_SECONDS_OF_A_CELL, kernel_name="python3", record_timing=False,
            resources={"metadata": {"path": folder}},
        )  # fmt: skip
        client.create_kernel_manager()
        client.km.transport = "ipc"  # files in that folder, and no port that others could listen at
        client.km.ip = str(Path(folder) / "kernel")
        ran = client.execute()
    ran.metadata = nbformat.from_dict(
        {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        }
    )
    nbformat.validate(ran)
    return ran


def texts(notebook: Any) -> list[str]:
    """Return what each cell of code prints and shows, as text."""
    return [
        "".join(output.get("text") or output.get("data", {}).get("text/plain", "") for output in cell.outputs)
        for cell in notebook.cells
        if cell.cell_type == "code"
    ]


def main(arguments: list[str]) -> int:
    before = nbformat.read(NOTEBOOK, as_version=4)
    after = executed(before)
    if "--check" not in arguments:
        nbformat.write(after, NOTEBOOK)
        return 0
    stale = [pair for pair in zip(texts(before), texts(after), strict=True) if pair[0] != pair[1]]
    for was, now in stale:
        print(f"the notebook says\n{was}\nand now it prints\n{now}")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
