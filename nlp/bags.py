"""Weighted sums of word vectors, text by text, with a gradient that takes no longer than the sums.

The gradient of a sum with respect to the vectors is a sum, too: word v of the vocabulary gets that of w_t g_b over the
positions t where v occurs, g_b being the gradient of text b. So ``embedding_bag``, which sums quickly, does both;
its own gradient takes ten times as long as its sums on a CPU.
"""

from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import embedding_bag

from nlp.vocabulary import PADDING


def bag_sums(
    vectors: Tensor, numbers: Tensor, lengths: Tensor, paddings: Tensor, weights: Tensor | None = None
) -> Tensor:
    """Return (B, D) sums of the vectors of each text's words and padding, differentiable once and by ``vectors`` alone.

    Args:
        vectors: (V, D), one a word.
        numbers: (S,) int64 numbers of all texts' words, one text after another.
        lengths: (B,) int64 number of words of each text.
        paddings: (B,) int64 how often the vector of padding is added to each sum.
        weights: (S,) factor of each word's vector; None: 1.
    """
    sums: Tensor = _BagSums.apply(vectors, numbers, lengths, paddings, weights)  # type: ignore[no-untyped-call]
    return sums


class _BagSums(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, vectors: Tensor, numbers: Tensor, lengths: Tensor, paddings: Tensor, weights: Tensor | None
    ) -> Tensor:
        ctx.save_for_backward(numbers, lengths, paddings, weights)
        ctx.words = len(vectors)
        return _sums(vectors, numbers, lengths, weights).addr_(paddings.to(vectors.dtype), vectors[PADDING])

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None, None, None]:
        numbers, lengths, paddings, weights = ctx.saved_tensors
        order = numbers.argsort()
        texts = torch.repeat_interleave(lengths)[order]
        occurrences = torch.bincount(numbers, minlength=ctx.words)
        of_vectors = _sums(gradient, texts, occurrences, None if weights is None else weights[order])
        of_vectors[PADDING] += paddings.to(gradient.dtype) @ gradient
        return of_vectors, None, None, None, None


def _sums(vectors: Tensor, numbers: Tensor, lengths: Tensor, weights: Tensor | None) -> Tensor:
    starts = lengths.cumsum(0) - lengths
    return embedding_bag(numbers, vectors, starts, mode="sum", per_sample_weights=weights)
