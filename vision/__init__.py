"""Vision: image classification tasks, their data and models."""

from common.base.entry import begin_command

begin_command()
