"""Speech: word, phone and letter recognition tasks, their data and models."""

from common.base.entry import begin_command

begin_command()
