"""The bidirectional LSTM tagger with pretrained GloVe vectors beside its learned embeddings."""

from dataclasses import dataclass

from common.data.samples import RawDataset
from common.data.sources import Folders
from nlp.data.glove import GLOVE
from nlp.models.lstm_tagger import LstmTagger
from nlp.words import Vectors, WordEncoder, Words


@dataclass(frozen=True)
class GloveLstmTagger(LstmTagger):
    """Options of the tagger; the vectors stay as they are, those of words that training did not see included.

    Attributes:
        folders: where the vectors are looked for.
    """

    folders: Folders = Folders()

    def fingerprint(self) -> str:
        """Return what identifies the vectors."""
        return GLOVE.fingerprint(self.folders)

    def preprocessor(self, train: RawDataset) -> WordEncoder:
        """Return what numbers the words.

        Raises:
            UserError: the vectors are not there.
        """
        return WordEncoder(Words.of(train.items), Vectors.of(GLOVE.load(self.folders)))


ARCHITECTURE = GloveLstmTagger
