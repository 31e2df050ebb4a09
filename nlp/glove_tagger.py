"""Base of the taggers with pretrained GloVe vectors: where the vectors are, and what identifies them."""

from common.data.locations import Folders
from nlp.data.glove import GLOVE
from nlp.words import Vectors


class GloveTagger:
    """What the architectures with GloVe vectors share; a subclass is a frozen dataclass.

    Attributes:
        folders: where the vectors are looked for.
    """

    folders: Folders

    def fingerprint(self) -> str:
        """Return what identifies the vectors."""
        return GLOVE.fingerprint(self.folders)

    def vectors(self) -> Vectors:
        """Return the vectors.

        Raises:
            UserError: they are not there.
        """
        return Vectors.of(GLOVE.load(self.folders))
