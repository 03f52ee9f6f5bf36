"""The model file that whisper.cpp loads: written from a network, and read back into one.

Magic, eleven hyper-parameters, mel filters, vocabulary, then named tensors with
their dimensions reversed.  Matrices are quantised (or f16), convolutions f16,
everything else f32; a convolution's bias is [n, 1].  whisper.cpp takes a
vocabulary of 51,864 for an English-only model.
"""

import argparse
import hashlib
import struct
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch

from . import checkpoint
from .network import RESERVED_BIAS, UNUSED_ROW, Network, Shape
from .quantise import BLOCK, BY_NUMBER, FORMATS
from .sound.mel import filters
from .vocabulary import PHONEMES, SIZE, Vocabulary, token_bytes

MAGIC = 0x67676D6C


def _full_embedding(rows: np.ndarray, ids: list[int]) -> np.ndarray:
    """Scatter the trained rows; the others can never win (see `network.py`)."""
    full = np.zeros((SIZE, rows.shape[1]), np.float32)
    full[:, -1] = UNUSED_ROW
    full[ids] = rows
    full[ids, -1] = 0.0
    return full


def _tensors(network: Network, vocabulary: Vocabulary) -> Iterator[tuple[str, np.ndarray]]:
    for name, value in network.state_dict().items():
        if name.startswith(("phoneme_head", "frame_head")):
            continue
        tensor = value.detach().cpu().float().numpy()
        if name == checkpoint.EMBEDDING:
            tensor = _full_embedding(tensor, vocabulary.ids)
        elif name in ("decoder.ln.weight", "decoder.ln.bias"):
            tensor = tensor.copy()
            tensor[-1] = RESERVED_BIAS if name.endswith("bias") else 0.0
        elif "conv" in name and name.endswith("bias"):
            tensor = tensor[:, None]
        yield name, tensor


def _kind(name: str, tensor: np.ndarray, kind: str) -> str:
    if tensor.ndim == 3:
        return "f16"
    matrix = tensor.ndim == 2 and tensor.shape[1] % BLOCK == 0 and "positional" not in name
    return kind if matrix else "f32"


def write(path: Path, network: Network, vocabulary: Vocabulary, kind: str = "q5_1") -> None:
    shape: Shape = network.shape
    header = (
        SIZE, shape.audio_positions, shape.width, shape.heads, shape.encoder_layers, shape.text_positions,
        shape.width, shape.heads, shape.decoder_layers, shape.mels, FORMATS[kind].ftype,
    )  # fmt: skip
    parts = [struct.pack("<I11i", MAGIC, *header), struct.pack("<2i", *filters().shape), filters().astype("<f4").tobytes()]
    listed = token_bytes()
    parts.append(struct.pack("<i", len(listed)))
    parts += [struct.pack("<I", len(token)) + token for token in listed]
    for name, tensor in _tensors(network, vocabulary):
        form = FORMATS[_kind(name, tensor, kind)]
        encoded = name.encode()
        dimensions = tensor.shape[::-1]
        parts.append(struct.pack(f"<3i{len(dimensions)}i", len(dimensions), len(encoded), form.number, *dimensions) + encoded)
        parts.append(form.encode(tensor))
    temporary = path.with_suffix(".tmp")
    temporary.write_bytes(b"".join(parts))
    temporary.rename(path)


def read(path: Path) -> dict[str, np.ndarray]:
    """Every tensor of a file, dequantised."""
    data, place = path.read_bytes(), 0

    def take(form: str) -> tuple:
        nonlocal place
        values = struct.unpack_from(form, data, place)
        place += struct.calcsize(form)
        return values

    if take("<I")[0] != MAGIC:
        raise ValueError(f"{path} is not a ggml model")
    take("<11i")
    rows, columns = take("<2i")
    place += rows * columns * 4
    for _ in range(take("<i")[0]):
        (length,) = take("<I")
        place += length
    tensors = {}
    while place < len(data):
        count, name_length, number = take("<3i")
        shape = take(f"<{count}i")[::-1]
        name = data[place : place + name_length].decode()
        place += name_length
        size = int(np.prod(shape)) * BY_NUMBER[number].block_bytes // BLOCK
        tensors[name] = BY_NUMBER[number].decode(data[place : place + size]).reshape(shape)
        place += size
    return tensors


def load_weights(path: Path, network: Network, vocabulary: Vocabulary) -> None:
    """Start a network from a file: all but the auxiliary heads, which no file has."""
    state = network.state_dict()
    for name, tensor in read(path).items():
        value = torch.from_numpy(np.ascontiguousarray(tensor, np.float32))
        if name == checkpoint.EMBEDDING:
            chosen = value[vocabulary.ids]
            trained = chosen[:, -1] > UNUSED_ROW / 2
            value = torch.where(trained[:, None], chosen, state[name])
        state[name] = value.reshape(state[name].shape)
    network.load_state_dict(state)


def main() -> None:
    parser = argparse.ArgumentParser(description="Write a checkpoint's averaged weights as a model file.")
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("model", type=Path)
    parser.add_argument("--kind", choices=sorted(FORMATS), default="q5_1")
    arguments = parser.parse_args()
    state = checkpoint.load(arguments.checkpoint)
    vocabulary = Vocabulary.of(state["ids"])
    network = Network(Shape(), len(vocabulary), len(PHONEMES) + 1)
    network.load_state_dict(state["average"])
    write(arguments.model, network, vocabulary, arguments.kind)
    content = arguments.model.read_bytes()
    print(f"step {state['step']}: {len(content):,} bytes, sha256 {hashlib.sha256(content).hexdigest()}  {arguments.model.name}")


if __name__ == "__main__":
    main()
