"""The model file that whisper.cpp loads: written from a network, and read back into one.

whisper.cpp takes a vocabulary of 51,864 for an English-only model.
"""

import argparse
import hashlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch

from . import checkpoint, container
from .network import RESERVED_BIAS, UNUSED_ROW, Network, Shape
from .quantise import FORMATS
from .sound.mel import filters
from .vocabulary import PHONEMES, SIZE, Vocabulary, token_bytes


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


def write(path: Path, network: Network, vocabulary: Vocabulary, kind: str = "q5_1") -> None:
    shape: Shape = network.shape
    sizes = (
        SIZE, shape.audio_positions, shape.width, shape.heads, shape.encoder_layers,
        shape.text_positions, shape.width, shape.heads, shape.decoder_layers,
    )  # fmt: skip
    container.write(path, sizes, filters(), token_bytes(), _tensors(network, vocabulary), kind)


def read(path: Path) -> dict[str, np.ndarray]:
    """Every tensor of a file, dequantised."""
    return dict(container.read(path)[1])


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


def described(path: Path) -> str:
    """What the manifest has to say of a file."""
    content = path.read_bytes()
    return f"{len(content)} bytes, sha256 {hashlib.sha256(content).hexdigest()}  {path.name}"


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
    print(f"step {state['step']}: {described(arguments.model)}")


if __name__ == "__main__":
    main()
