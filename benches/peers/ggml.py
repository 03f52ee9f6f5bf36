"""whisper.cpp's model file: reads the vocabulary of one, and writes another."""

from pathlib import Path

import numpy as np
from minuted_model import container

from .chain import Vocabulary
from .random_model import AUDIO_POSITIONS, TEXT_POSITIONS, Weights

BINS = 201


def read_vocabulary(path: Path, size: int = 51_864) -> Vocabulary:
    """The words of a model file; with `size`, for a model of that many tokens."""
    return Vocabulary(size, tuple(container.read(path)[0]))


def write(path: Path, weights: Weights, kind: str = "f16") -> None:
    """A model file; matrices are of `kind` (f16, q8_0, q5_1 …)."""
    shape, vocabulary = weights.shape, weights.vocabulary
    sizes = (
        vocabulary.size, AUDIO_POSITIONS, shape.width, shape.heads, shape.encoder_layers,
        TEXT_POSITIONS, shape.width, shape.heads, shape.decoder_layers,
    )  # fmt: skip
    container.write(path, sizes, _filters(shape.mels), vocabulary.words, weights.tensors(), kind)


def _filters(mels: int) -> np.ndarray:
    """Bands of equal width: random weights do not care which."""
    edges = np.linspace(0, BINS - 1, mels + 2)
    bins = np.arange(BINS)[None, :]
    rise = (bins - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    fall = (edges[2:, None] - bins) / (edges[2:] - edges[1:-1])[:, None]
    return (np.maximum(0, np.minimum(rise, fall)) * 0.02).astype("<f4")
