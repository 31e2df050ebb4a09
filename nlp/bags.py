"""Weighted sums of word vectors, text by text, with a gradient that is nearly as quick as the sums.

The gradient of the sums with respect to the vector of a word is the sum of w_t g_b over all positions t where it
occurs, g_b being the gradient of text b. ``embedding_bag`` sorts all words for it, which takes longer.
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
        starts = lengths.cumsum(0) - lengths
        sums = embedding_bag(numbers, vectors, starts, mode="sum", per_sample_weights=weights)
        return sums.addr_(paddings.to(vectors.dtype), vectors[PADDING])

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None, None, None]:
        numbers, lengths, paddings, weights = ctx.saved_tensors
        of_words = gradient.index_select(0, torch.repeat_interleave(lengths))
        if weights is not None:
            of_words *= weights[:, None]
        of_vectors = gradient.new_zeros(ctx.words, gradient.shape[1]).index_add_(0, numbers, of_words)
        of_vectors[PADDING] += paddings.to(gradient.dtype) @ gradient
        return of_vectors, None, None, None, None
