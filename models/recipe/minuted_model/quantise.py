"""ggml's block formats in numpy: 32 weights share a scale, and a minimum where the format has one.

Layouts are those of ggml: a block is written whole, fields in the order below.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

BLOCK = 32


def _blocks(weights: np.ndarray) -> np.ndarray:
    return weights.astype(np.float32).reshape(-1, BLOCK)


def _nibbles(levels: np.ndarray) -> np.ndarray:
    """Two four-bit levels in a byte: the first half of a block low, the second high."""
    low, high = levels[:, : BLOCK // 2] & 15, levels[:, BLOCK // 2 :] & 15
    return (low | high << 4).astype(np.uint8)


def _fifth_bits(levels: np.ndarray) -> np.ndarray:
    return np.packbits((levels >> 4) & 1, axis=1, bitorder="little")


def _unpack(fifth: np.ndarray, nibbles: np.ndarray) -> np.ndarray:
    levels = np.concatenate([nibbles & 15, nibbles >> 4], axis=1).astype(np.uint8)
    return levels | np.unpackbits(fifth, axis=1, bitorder="little") << 4


def _half(values: np.ndarray) -> np.ndarray:
    """Per-block numbers as the bytes of float16, [blocks, 2]."""
    return values.astype(np.float16).reshape(-1, 1).view(np.uint8)


def _as_float(data: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(data).view(np.float16).astype(np.float32)


def _inverse(scale: np.ndarray) -> np.ndarray:
    return np.divide(1.0, scale, out=np.zeros_like(scale), where=scale != 0)


def to_q8_0(weights: np.ndarray) -> bytes:
    """scale, 32 signed bytes."""
    blocks = _blocks(weights)
    scale = np.abs(blocks).max(axis=1, keepdims=True) / 127
    levels = np.round(blocks * _inverse(scale)).astype(np.int8)
    return np.concatenate([_half(scale), levels.view(np.uint8)], axis=1).tobytes()


def from_q8_0(data: bytes) -> np.ndarray:
    rows = np.frombuffer(data, np.uint8).reshape(-1, 2 + BLOCK)
    return (_as_float(rows[:, :2]) * np.ascontiguousarray(rows[:, 2:]).view(np.int8)).ravel()


def to_q4_0(weights: np.ndarray) -> bytes:
    """scale, nibbles; the extreme of the block gets level 0, which is -8."""
    blocks = _blocks(weights)
    extreme = np.take_along_axis(blocks, np.abs(blocks).argmax(axis=1)[:, None], axis=1)
    scale = extreme / -8
    levels = np.clip(np.floor(blocks * _inverse(scale) + 8.5), 0, 15).astype(np.uint8)
    return np.concatenate([_half(scale), _nibbles(levels)], axis=1).tobytes()


def from_q4_0(data: bytes) -> np.ndarray:
    rows = np.frombuffer(data, np.uint8).reshape(-1, 18)
    levels = np.concatenate([rows[:, 2:] & 15, rows[:, 2:] >> 4], axis=1).astype(np.float32)
    return (_as_float(rows[:, :2]) * (levels - 8)).ravel()


def to_q5_0(weights: np.ndarray) -> bytes:
    """scale, fifth bits, nibbles; the extreme of the block gets level 0, which is -16."""
    blocks = _blocks(weights)
    extreme = np.take_along_axis(blocks, np.abs(blocks).argmax(axis=1)[:, None], axis=1)
    scale = extreme / -16
    levels = np.clip(np.floor(blocks * _inverse(scale) + 16.5), 0, 31).astype(np.uint8)
    return np.concatenate([_half(scale), _fifth_bits(levels), _nibbles(levels)], axis=1).tobytes()


def from_q5_0(data: bytes) -> np.ndarray:
    rows = np.frombuffer(data, np.uint8).reshape(-1, 22)
    return (_as_float(rows[:, :2]) * (_unpack(rows[:, 2:6], rows[:, 6:]).astype(np.float32) - 16)).ravel()


def to_q5_1(weights: np.ndarray) -> bytes:
    """scale, minimum, fifth bits, nibbles."""
    blocks = _blocks(weights)
    low = blocks.min(axis=1, keepdims=True)
    scale = (blocks.max(axis=1, keepdims=True) - low) / 31
    levels = np.clip(np.floor((blocks - low) * _inverse(scale) + 0.5), 0, 31).astype(np.uint8)
    return np.concatenate([_half(scale), _half(low), _fifth_bits(levels), _nibbles(levels)], axis=1).tobytes()


def from_q5_1(data: bytes) -> np.ndarray:
    rows = np.frombuffer(data, np.uint8).reshape(-1, 24)
    levels = _unpack(rows[:, 4:8], rows[:, 8:]).astype(np.float32)
    return (_as_float(rows[:, :2]) * levels + _as_float(rows[:, 2:4])).ravel()


@dataclass(frozen=True)
class Format:
    """A tensor type of ggml: its number, the `ftype` of a file that uses it, its bytes for a block."""

    number: int
    ftype: int
    block_bytes: int
    encode: Callable[[np.ndarray], bytes]
    decode: Callable[[bytes], np.ndarray]


FORMATS = {
    "f32": Format(0, 0, 4 * BLOCK, lambda w: w.astype("<f4").tobytes(), lambda d: np.frombuffer(d, "<f4").copy()),
    "f16": Format(1, 1, 2 * BLOCK, lambda w: w.astype("<f2").tobytes(), lambda d: np.frombuffer(d, "<f2").astype(np.float32)),
    "q4_0": Format(2, 2002, 18, to_q4_0, from_q4_0),
    "q5_0": Format(6, 2008, 22, to_q5_0, from_q5_0),
    "q5_1": Format(7, 2009, 24, to_q5_1, from_q5_1),
    "q8_0": Format(8, 2007, 34, to_q8_0, from_q8_0),
}
BY_NUMBER = {f.number: f for f in FORMATS.values()}
