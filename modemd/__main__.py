"""``python -m modemd``: the same program as ``modemd``."""

from modemd.cli.main import main

if __name__ == "__main__":
    main()
