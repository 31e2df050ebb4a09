"""A transformers text classifier with its own head, judged as it is."""

import torch
from torch import Tensor

from common.base.errors import UserError
from common.data.examples import Batch
from common.model import Classifier
from common.training.last_layer import Headed, headed, logits_of
from common.training.pretrained import Checkpoint
from nlp.text_reader import word_pieces
from nlp.word_pieces import PiecePreprocessor

AS_IT_IS = "The checkpoint is judged as it is: nothing was trained, and all its classes are answers."


class TextClassifier(Classifier):
    """A checkpoint with its own classification head: (B, C) logits."""

    def __init__(self, network: Headed) -> None:
        super().__init__()
        self.headed = network

    def embed(self, batch: Batch) -> Tensor:
        """Return (B, T, E) embeddings of the word pieces, without position embeddings."""
        vectors: Tensor = self.headed.network.get_input_embeddings()(batch.inputs)  # type: ignore[operator]
        return vectors

    def hidden_layers(self, embedded: Tensor, batch: Batch) -> list[Tensor]:
        """Return the (B, D) input of the last layer."""
        assert batch.mask is not None, "word pieces come in sequences"
        return [self.headed.features(inputs_embeds=embedded, attention_mask=batch.mask.long())]

    def classify(self, features: Tensor) -> Tensor:
        """Return (B, C) logits."""
        return self.headed.classify(features)


def judged_as_it_is(checkpoint: Checkpoint, preprocessor: PiecePreprocessor) -> TextClassifier:
    """Return a checkpoint's own classifier, after a trial on two texts of different lengths.

    Raises:
        UserError: it has no trained head, or its logits of a text depend on the padding or cannot be had.
    """
    network = checkpoint.classifier("AutoModelForSequenceClassification").eval()
    short, long = word_pieces(preprocessor.tokenizer, ["a", "a few words in a row"], preprocessor.pieces)
    ids = torch.tensor([long, [*short, *[0] * (len(long) - len(short))]])
    mask = torch.tensor([[1] * len(long), [1] * len(short) + [0] * (len(long) - len(short))])
    vectors = network.get_input_embeddings()(ids)
    try:
        with torch.no_grad():
            together = logits_of(network(inputs_embeds=vectors, attention_mask=mask))
            alone = logits_of(network(input_ids=torch.tensor([short])))
    except (RuntimeError, ValueError, TypeError, NotImplementedError) as error:
        reason = " ".join(str(error).split())[:120]
        raise UserError(f"{checkpoint.folder} cannot be judged as it is ({reason}); leave out --no-train") from error
    if not torch.allclose(together[1], alone[0], atol=1e-3):
        raise UserError(
            f"{checkpoint.folder} cannot be judged as it is: what it says of a text depends on the padding behind it; "
            "leave out --no-train"
        )
    return TextClassifier(headed(network, inputs_embeds=vectors, attention_mask=mask))
