"""``python -m common.cli``: the same as ``run_all.py``."""

from common.cli.run_all import main

if __name__ == "__main__":
    main()
