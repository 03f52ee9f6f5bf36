"""whisper.cpp's model file: reads the vocabulary of one, and writes another."""

import struct
from pathlib import Path

import numpy as np
from minuted_model.quantise import BLOCK, FORMATS

from .chain import Vocabulary
from .random_model import AUDIO_POSITIONS, TEXT_POSITIONS, Weights

MAGIC = 0x67676D6C
BINS = 201


def read_vocabulary(path: Path, size: int = 51_864) -> Vocabulary:
    """The words of a model file; with `size`, for a model of that many tokens."""
    data = path.read_bytes()
    (magic,) = struct.unpack_from("<I", data)
    if magic != MAGIC:
        raise ValueError(f"{path} is not a ggml model")
    mels, bins = struct.unpack_from("<2i", data, 48)
    place = 56 + mels * bins * 4
    (count,) = struct.unpack_from("<i", data, place)
    place += 4
    words = []
    for _ in range(count):
        (length,) = struct.unpack_from("<I", data, place)
        words.append(data[place + 4 : place + 4 + length])
        place += 4 + length
    return Vocabulary(size, tuple(words))


def write(path: Path, weights: Weights, kind: str = "f16") -> None:
    """A model file; matrices are of `kind` (f16, q8_0, q5_1 …), convolutions f16, the rest f32."""
    shape, vocabulary = weights.shape, weights.vocabulary
    header = (
        vocabulary.size, AUDIO_POSITIONS, shape.width, shape.heads, shape.encoder_layers,
        TEXT_POSITIONS, shape.width, shape.heads, shape.decoder_layers, shape.mels, FORMATS[kind].ftype,
    )  # fmt: skip
    partial = path.with_suffix(".partial")
    with partial.open("wb") as out:
        out.write(struct.pack("<I11i2i", MAGIC, *header, shape.mels, BINS))
        out.write(_filters(shape.mels).tobytes())
        out.write(struct.pack("<i", len(vocabulary.words)))
        for word in vocabulary.words:
            out.write(struct.pack("<I", len(word)) + word)
        for name, tensor in weights.tensors():
            form = FORMATS[_kind(name, tensor, kind)]
            encoded = name.encode()
            sizes = tensor.shape[::-1]
            out.write(struct.pack(f"<3i{len(sizes)}i", len(sizes), len(encoded), form.number, *sizes) + encoded)
            out.write(form.encode(tensor))
    partial.rename(path)


def _kind(name: str, tensor: np.ndarray, kind: str) -> str:
    if tensor.ndim == 3:
        return "f16"
    is_matrix = tensor.ndim == 2 and tensor.shape[1] % BLOCK == 0 and "positional" not in name
    return kind if is_matrix else "f32"


def _filters(mels: int) -> np.ndarray:
    """Bands of equal width: random weights do not care which."""
    edges = np.linspace(0, BINS - 1, mels + 2)
    bins = np.arange(BINS)[None, :]
    rise = (bins - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    fall = (edges[2:, None] - bins) / (edges[2:] - edges[1:-1])[:, None]
    return (np.maximum(0, np.minimum(rise, fall)) * 0.02).astype("<f4")
