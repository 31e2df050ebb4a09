"""Run the suite: every task that has data, or those chosen. ``--help`` shows the options."""

from common.cli.run_all import main

if __name__ == "__main__":
    main()
