"""The version of this package, in a module that imports nothing."""

from typing import Final

__version__: Final = "0.1.0"
