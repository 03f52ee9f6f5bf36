"""whisper.cpp's model file, in numpy: magic, eleven hyper-parameters, mel filters, vocabulary, named tensors.

Tensors have their dimensions reversed.  Matrices are quantised (or f16),
convolutions f16, everything else f32; a convolution's bias is [n, 1].
"""

import struct
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np

from .quantise import BLOCK, BY_NUMBER, FORMATS

MAGIC = 0x67676D6C


def write(
    path: Path, sizes: Sequence[int], filters: np.ndarray, tokens: Sequence[bytes], tensors: Iterable[tuple[str, np.ndarray]], kind: str
) -> None:
    """Whole or not at all; `sizes` are the hyper-parameters but for the mel bands and the kind of the matrices."""
    temporary = path.with_suffix(".tmp")
    with temporary.open("wb") as out:
        out.write(struct.pack("<I11i2i", MAGIC, *sizes, len(filters), FORMATS[kind].ftype, *filters.shape))
        out.write(filters.astype("<f4").tobytes())
        out.write(struct.pack("<i", len(tokens)))
        for token in tokens:
            out.write(struct.pack("<I", len(token)) + token)
        for name, tensor in tensors:
            form = FORMATS[_kind(name, tensor, kind)]
            encoded, dimensions = name.encode(), tensor.shape[::-1]
            out.write(struct.pack(f"<3i{len(dimensions)}i", len(dimensions), len(encoded), form.number, *dimensions) + encoded)
            out.write(form.encode(tensor))
    temporary.rename(path)


def _kind(name: str, tensor: np.ndarray, kind: str) -> str:
    if tensor.ndim == 3:
        return "f16"
    matrix = tensor.ndim == 2 and tensor.shape[1] % BLOCK == 0 and "positional" not in name
    return kind if matrix else "f32"


def read(path: Path) -> tuple[list[bytes], Iterator[tuple[str, np.ndarray]]]:
    """The vocabulary, and every tensor, dequantised."""
    data, place = path.read_bytes(), 0

    def take(form: str) -> tuple:
        nonlocal place
        values = struct.unpack_from(form, data, place)
        place += struct.calcsize(form)
        return values

    def text(length: int) -> bytes:
        return take(f"{length}s")[0]

    def tensors() -> Iterator[tuple[str, np.ndarray]]:
        while place < len(data):
            count, length, number = take("<3i")
            shape = take(f"<{count}i")[::-1]
            name, form = text(length).decode(), BY_NUMBER[number]
            yield name, form.decode(text(int(np.prod(shape)) * form.block_bytes // BLOCK)).reshape(shape)

    if take("<I")[0] != MAGIC:
        raise ValueError(f"{path} is not a ggml model")
    take("<11i")
    rows, columns = take("<2i")
    take(f"<{rows * columns}f")
    return [text(*take("<I")) for _ in range(*take("<i"))], tensors()
