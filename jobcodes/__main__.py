"""`python -m jobcodes`, and what the installed command runs."""

from __future__ import annotations

import gc


def main() -> None:
    """The command line, imported without garbage collection: what an import makes is there to stay."""
    gc.disable()  # saves every command a tenth of its time; commands that run long switch it on again
    from jobcodes.cli import main as run

    try:
        run()
    finally:
        gc.freeze()  # the end of the process would look through everything for cycles: a tenth again


if __name__ == "__main__":
    main()
