"""State on disk: written whole or not at all, and readable after the vocabulary has grown."""

from pathlib import Path

import torch
from torch import Tensor

from .vocabulary import Vocabulary

EMBEDDING = "decoder.token_embedding.weight"


def save(path: Path, state: dict) -> None:
    temporary = path.with_suffix(".tmp")
    torch.save(state, temporary)
    temporary.rename(path)


def load(path: Path) -> dict:
    return torch.load(path, map_location="cpu", weights_only=False)


def carry_rows(old: Tensor, old_ids: list[int], new: Tensor, vocabulary: Vocabulary) -> Tensor:
    """`new`, with the rows of tokens that `old` knew taken from there."""
    result = new.clone()
    row_of = {token: row for row, token in enumerate(old_ids)}
    known = [(row, row_of[token]) for row, token in enumerate(vocabulary.ids) if token in row_of]
    here, there = (torch.tensor(side) for side in zip(*known, strict=True))
    result[here] = old[there]
    return result
