"""Where the files are that tests and tools read."""

from __future__ import annotations

from pathlib import Path
from typing import Final

TESTS: Final = Path(__file__).resolve().parent.parent
ROOT: Final = TESTS.parent
SUPPORT: Final = TESTS / "support"
TOOLS: Final = TESTS / "tools"
#: Labelled pairs for the judge, formulas that packages returned, data files as people write them.
DATA: Final = TESTS / "data"
#: Texts that the tests compare with.
GOLDEN: Final = TESTS / "golden"
#: Plugin files: methods that misbehave in every way, that can be inspected, for own data, and that say where they run.
HOSTILE: Final = SUPPORT / "hostile_methods.py"
OWN_DATA: Final = SUPPORT / "own_data_methods.py"
INSPECTED: Final = SUPPORT / "inspected_methods.py"
ABROAD: Final = SUPPORT / "abroad_methods.py"
