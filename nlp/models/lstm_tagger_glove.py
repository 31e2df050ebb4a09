"""Part-of-speech tagger: the bidirectional LSTM of lstm_tagger with GloVe vectors beside its learned embeddings."""

from dataclasses import dataclass

from common.data.locations import Folders
from common.data.samples import RawDataset
from nlp.glove_tagger import GloveTagger
from nlp.models.lstm_tagger import LstmTagger
from nlp.words import WordPreprocessor, Words


@dataclass(frozen=True)
class GloveLstmTagger(GloveTagger, LstmTagger):
    """Options of the tagger; the vectors are not trained, those of words outside the training set included.

    Attributes:
        folders: where the vectors are looked for.
    """

    folders: Folders = Folders()

    def preprocessor(self, train: RawDataset) -> WordPreprocessor:
        """Return the preprocessor, with the vocabulary of the training sentences and the GloVe vectors."""
        return WordPreprocessor(Words.of(train.items), self.vectors())


ARCHITECTURE = GloveLstmTagger
