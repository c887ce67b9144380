"""`python -m kvput` is the same as the command `kvput`."""

from kvput.cli import main

if __name__ == "__main__":
    main()
