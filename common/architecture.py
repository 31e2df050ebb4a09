"""What a file in a ``models`` folder defines."""

from typing import Protocol

from common.data.samples import RawDataset
from common.model import Classifier, Preprocessor


class Architecture(Protocol):
    """A class whose fields are its options; a file in a ``models`` folder defines it as ``ARCHITECTURE``.

    Four members are optional. ``budget(task: Budget) -> Budget`` replaces the task's budget, for instance by one with
    a smaller learning rate for a pretrained network. ``augmented``, where True, says that the inputs have the form of
    those of the task's own architecture, so that the task's augmentation applies. An architecture that reads files,
    such as word vectors or a checkpoint, has a field ``folders: Folders``, which is set for it, and ``fingerprint() ->
    str``, which identifies the content of the files.
    """

    def preprocessor(self, train: RawDataset) -> Preprocessor:
        """Return the preprocessor of raw data, made from the training data alone."""

    def build(self, preprocessor: Preprocessor, train: RawDataset) -> Classifier:
        """Return an untrained network for the preprocessor's tensors and the classes ``train.label_names``."""
