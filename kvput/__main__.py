"""`python -m kvput` is the same as the command `kvput`."""

import sys
from typing import NoReturn


def main() -> NoReturn:
    """Run the command, and end calmly if it is stopped while it is still being loaded."""
    try:
        from kvput.cli import main as run  # noqa: PLC0415  # it takes as long as all the rest

        run()
    except KeyboardInterrupt:
        # 128 and the number of SIGINT, as shells say it.
        sys.stderr.write("kvput: stopped.\n")
        sys.exit(130)


if __name__ == "__main__":
    main()
