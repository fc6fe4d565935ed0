"""`python -m srbench_lite` is `srbench`."""

from srbench_lite.cli import main

main()
