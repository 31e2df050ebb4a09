"""GloVe 6B word vectors (Pennington, Socher & Manning, EMNLP 2014), 50 dimensions; lower-case words."""

from pathlib import Path

import numpy as np

from common.data.locations import Location, Prepared
from common.data.parquet import read_columns_of
from common.data.samples import RawDataset
from common.data.sources import Source


def read_vectors(path: Path) -> RawDataset:
    """Read words and their vectors.

    Returns:
        A data set whose items are V words and whose ``extras["vectors"]`` is (V, D) float32.

    Raises:
        ValueError: a column is missing, or the vectors differ in length.
    """
    table = read_columns_of(path, ["word", "vector"])
    words = table["word"].to_pylist()
    flat = table["vector"].combine_chunks().flatten().to_numpy(zero_copy_only=False)
    if not words or len(flat) % len(words):
        raise ValueError(f"{len(words)} words with {len(flat)} numbers: the vectors differ in length")
    return RawDataset(words, extras={"vectors": flat.reshape(len(words), -1).astype(np.float32)})


GLOVE = Source(
    "GloVe vectors",
    (Location((Prepared("nlp/glove_6b_50d_f16.parquet"),), read_vectors),),
    about="52,348 words x 50, float16; Stanford's glove.6B, public domain (PDDL 1.0)",
)
