"""`python -m srbench_lite` is `srbench`."""

from __future__ import annotations

import signal


def main() -> None:
    """Run the command line. Until it is loaded, Ctrl-C ends the process at once and without a word."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from srbench_lite.cli import main as run

    run()


if __name__ == "__main__":
    main()
