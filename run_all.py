"""Run the suite: every task that has data, or those chosen. ``--help`` shows the options."""

from common.base.entry import begin

if __name__ == "__main__":
    begin()  # before the imports that take seconds
    from common.cli.run_all import main

    main()
