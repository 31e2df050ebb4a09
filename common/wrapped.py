"""A classifier with something beside it, such as a head or a decoder, that an objective adds."""

from torch import Tensor, nn

from common.data.examples import Batch
from common.model import Classifier


class Wrapped(Classifier):
    """A classifier with an additional part (a head, a decoder); every method calls the classifier unless overridden."""

    def __init__(self, classifier: Classifier) -> None:
        super().__init__()
        self.classifier = classifier
        self.scored_classes, self.by_length = classifier.scored_classes, classifier.by_length
        self.inputs_of_data = classifier.inputs_of_data

    def embed(self, batch: Batch) -> Tensor:
        """Return the classifier's embedded input."""
        return self.classifier.embed(batch)

    def hidden_layers(self, embedded: Tensor, batch: Batch) -> list[Tensor]:
        """Return the classifier's hidden layers."""
        return self.classifier.hidden_layers(embedded, batch)

    def features(self, batch: Batch) -> Tensor:
        """Return the classifier's features."""
        return self.classifier.features(batch)

    def classify(self, features: Tensor) -> Tensor:
        """Return the classifier's logits."""
        return self.classifier.classify(features)

    def row_extras(self, batch: Batch, embedded: Tensor, features: Tensor, logits: Tensor) -> dict[str, Tensor]:
        """Return the classifier's row extras."""
        return self.classifier.row_extras(batch, embedded, features, logits)

    def group_extras(self, batch: Batch, embedded: Tensor, features: Tensor, logits: Tensor) -> dict[str, Tensor]:
        """Return the classifier's group extras."""
        return self.classifier.group_extras(batch, embedded, features, logits)

    def input_rows(self, batch: Batch, embedded: Tensor, logits: Tensor) -> Tensor:
        """Return the classifier's input rows."""
        return self.classifier.input_rows(batch, embedded, logits)

    def unpadded(self, batch: Batch, embedded: Tensor) -> Tensor:
        """Return the classifier's embedded values without padding."""
        return self.classifier.unpadded(batch, embedded)

    def row_lengths(self, batch: Batch) -> Tensor | None:
        """Return how many rows of each example count."""
        return self.classifier.row_lengths(batch)

    def decayed(self) -> list[nn.Parameter]:
        """Return the classifier's decayed weights; the additional part has no weight decay."""
        return self.classifier.decayed()
