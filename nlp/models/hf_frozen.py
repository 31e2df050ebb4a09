"""Linear classifier on the frozen features of any transformers checkpoint: ``--model hf_frozen:NAME_OR_PATH``."""

from dataclasses import dataclass

from common.base.errors import UserError
from common.data.locations import Folders
from common.training.pretrained import Checkpoint, find_checkpoint
from nlp.frozen import FrozenArchitecture


@dataclass(frozen=True)
class FrozenCheckpoint(FrozenArchitecture):
    """Options.

    Attributes:
        name: a folder, or a name on the Hugging Face Hub; safetensors weights.
        pieces: word pieces at which a text is truncated.
        folders: where features are stored.
    """

    name: str = ""
    pieces: int = 128
    folders: Folders = Folders()

    def checkpoint(self) -> Checkpoint:
        """Return the checkpoint.

        Raises:
            UserError: no checkpoint is named, or none of that name exists.
        """
        if not self.name:
            raise UserError("this model needs a checkpoint: --model hf_frozen:NAME_OR_PATH")
        return find_checkpoint(self.name)


ARCHITECTURE = FrozenCheckpoint
