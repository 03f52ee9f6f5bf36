"""Models of real dimensions and random weights that say a chain of tokens whatever they hear.

The encoder and all of the decoder are as dear as in a trained model; their share in the answer is small. What decides is
the last MLP: a hidden unit for each token of the chain fires when that token came last, and adds the embeddings of the next
link. All tensors have the names and the shapes of a ggml file.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from . import chain
from .chain import Vocabulary

SIGNAL = 20.0  # what a unit gets from its own token, before its threshold
THRESHOLD = 12.0
GAIN = 3.0  # of the next link, beside the token itself
FALL = 0.04  # from one alternative to the next
SHARPNESS = 0.2  # of the answer: about one nat between alternatives
MURMUR = 0.02  # what a layer of random weights adds


@dataclass(frozen=True)
class Shape:
    """Whisper's sizes."""

    width: int
    heads: int
    encoder_layers: int
    decoder_layers: int
    mels: int = 80


SHAPES = {
    "tiny": Shape(384, 6, 4, 4),
    "base": Shape(512, 8, 6, 6),
    "small": Shape(768, 12, 12, 12),
    "large-v3-turbo": Shape(1280, 20, 32, 4, mels=128),
}
AUDIO_POSITIONS = 1500
TEXT_POSITIONS = 448


class Weights:
    """The tensors of one model, drawn from a seed one after another."""

    def __init__(self, shape: Shape, vocabulary: Vocabulary, tokens: int, seed: int = 1):
        self.shape, self.vocabulary = shape, vocabulary
        self.random = np.random.default_rng(seed)
        self.embedding = self._normal(1.0, vocabulary.size, shape.width)
        self.links = chain.links(vocabulary, tokens)

    def tensors(self) -> Iterator[tuple[str, np.ndarray]]:
        shape = self.shape
        yield "encoder.positional_embedding", self._normal(0.1, AUDIO_POSITIONS, shape.width)
        yield "encoder.conv1.weight", self._normal(1 / math.sqrt(3 * shape.mels), shape.width, shape.mels, 3)
        yield "encoder.conv1.bias", self._normal(0.1, shape.width, 1)
        yield "encoder.conv2.weight", self._normal(1 / math.sqrt(3 * shape.width), shape.width, shape.width, 3)
        yield "encoder.conv2.bias", self._normal(0.1, shape.width, 1)
        for layer in range(shape.encoder_layers):
            yield from self._block(f"encoder.blocks.{layer}", ("attn",))
        yield from self._norm("encoder.ln_post")
        yield "decoder.positional_embedding", self._normal(MURMUR, TEXT_POSITIONS, shape.width)
        yield "decoder.token_embedding.weight", self.embedding
        for layer in range(shape.decoder_layers):
            last = layer + 1 == shape.decoder_layers
            for name, tensor in self._block(f"decoder.blocks.{layer}", ("attn", "cross_attn")):
                yield name, self._with_chain(name, tensor) if last else tensor
        yield "decoder.ln.weight", np.full(shape.width, SHARPNESS, np.float32)
        yield "decoder.ln.bias", np.zeros(shape.width, np.float32)

    def _block(self, name: str, attentions: tuple[str, ...]) -> Iterator[tuple[str, np.ndarray]]:
        width = self.shape.width
        for attention in attentions:
            yield from self._norm(f"{name}.{attention}_ln")
            for part in ("query", "key", "value", "out"):
                size = (MURMUR if part == "out" else 1.0) / math.sqrt(width)
                yield f"{name}.{attention}.{part}.weight", self._normal(size, width, width)
                if part != "key":
                    yield f"{name}.{attention}.{part}.bias", self._normal(0.01, width)
        yield from self._norm(f"{name}.mlp_ln")
        yield f"{name}.mlp.0.weight", self._normal(1 / math.sqrt(width), 4 * width, width)
        yield f"{name}.mlp.0.bias", self._normal(0.01, 4 * width)
        yield f"{name}.mlp.2.weight", self._normal(MURMUR / math.sqrt(width), width, 4 * width)
        yield f"{name}.mlp.2.bias", self._normal(0.01, width)

    def _norm(self, name: str) -> Iterator[tuple[str, np.ndarray]]:
        yield f"{name}.weight", np.ones(self.shape.width, np.float32)
        yield f"{name}.bias", np.zeros(self.shape.width, np.float32)

    def _normal(self, size: float, *shape: int) -> np.ndarray:
        return self.random.standard_normal(shape, np.float32) * np.float32(size)

    def _with_chain(self, name: str, tensor: np.ndarray) -> np.ndarray:
        """The last MLP's tensors: its first units are those of the chain."""
        units = list(self._units())
        if len(units) > 4 * self.shape.width:
            raise ValueError(f"{len(self.links)} tokens need {len(units)} units, more than this model has")
        if name.endswith("mlp.0.weight"):
            tensor[: len(units)] = self.embedding[[token for token, _ in units]] * (SIGNAL / self.shape.width)
        elif name.endswith("mlp.0.bias"):
            tensor[: len(units)] = -THRESHOLD
        elif name.endswith("mlp.2.weight"):
            for unit, (_, following) in enumerate(units):
                tensor[:, unit] = self._direction(following) * (GAIN / (SIGNAL - THRESHOLD))
        return tensor

    def _units(self) -> Iterator[tuple[int, list[int]]]:
        """Each token of the chain, with the link after it."""
        sources = [chain.starts(self.vocabulary), *self.links]
        for tokens, following in zip(sources, [*self.links, [self.vocabulary.end]], strict=True):
            for token in tokens:
                yield token, following

    def _direction(self, link: list[int]) -> np.ndarray:
        likelihood = 1 - FALL * np.arange(len(link), dtype=np.float32)
        return likelihood @ self.embedding[link]
