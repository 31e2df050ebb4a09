"""Speech: word, phone and letter recognition tasks, their data and models."""

import sys

if sys.argv[:1] == ["-m"]:  # ``python -m MODULE`` imports the module's packages first
    from common.base.entry import begin

    begin()
