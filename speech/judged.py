"""A transformers classifier of utterances with its own head, judged as it is."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from common.base.errors import UserError
from common.data.examples import Batch
from common.model import Classifier
from common.training.last_layer import Headed, headed
from common.training.own_classes import class_positions, named_classes
from common.training.pretrained import Checkpoint
from speech.data.audio import SAMPLE_RATE

AS_IT_IS = "The checkpoint is judged as it is: nothing was trained, and all its classes are answers."


class UtteranceClassifier(Classifier):
    """A checkpoint with its own classification head: (B, C) logits.

    A network with group normalisation over time takes no mask, so its utterances are processed one by one.
    """

    def __init__(self, network: Headed, alone: bool) -> None:
        super().__init__()
        self.headed, self.alone = network, alone

    def embed(self, batch: Batch) -> Tensor:
        """Return (B, T) waveforms."""
        return batch.inputs

    def hidden_layers(self, embedded: Tensor, batch: Batch) -> list[Tensor]:
        """Return the (B, D) input of the last layer."""
        assert batch.lengths is not None and batch.mask is not None, "waveforms are sequences"
        if not self.alone:
            return [self.headed.features(embedded, attention_mask=batch.mask.long())]
        ends = enumerate(batch.lengths.tolist())
        return [torch.cat([self.headed.features(embedded[i : i + 1, :end]) for i, end in ends])]

    def classify(self, features: Tensor) -> Tensor:
        """Return (B, C) logits."""
        return self.headed.classify(features)


def own_classes(checkpoint: Checkpoint, labels: Sequence[str]) -> tuple[int, ...]:
    """Return the checkpoint's class of each label.

    Raises:
        UserError: a label is none of its classes, or it has no classes.
    """
    config = checkpoint.classifier("AutoModelForAudioClassification").config
    known = named_classes([config.id2label[i] for i in range(config.num_labels)])
    return class_positions(labels, known, config.num_labels, str(checkpoint.folder))


def judged_as_it_is(checkpoint: Checkpoint) -> UtteranceClassifier:
    """Return a checkpoint's own classifier, after a trial on a second of noise.

    Raises:
        UserError: it has no trained head, or does not read waveforms.
    """
    network: Any = checkpoint.classifier("AutoModelForAudioClassification")
    noise = torch.randn(2, SAMPLE_RATE, generator=torch.Generator().manual_seed(0))
    try:
        network.config.apply_spec_augment = False  # it fails on words that are shorter than its masks
        found = headed(network, noise)
    except (RuntimeError, ValueError, TypeError, AttributeError) as error:
        reason = " ".join(str(error).split())[:120]
        raise UserError(f"{checkpoint.folder} does not read waveforms ({reason})") from error
    return UtteranceClassifier(found, getattr(network.config, "feat_extract_norm", "") == "group")
