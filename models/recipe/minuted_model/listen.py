"""Greedy decoding in PyTorch, for the held-out figure of the progress line only.

The figures that count come from whisper.cpp (`evaluate.py`)."""

import numpy as np
import torch

from .network import Network
from .sound.mel import log_mel
from .vocabulary import END, START, Vocabulary

LONGEST = 60


@torch.no_grad()
def transcribe(network: Network, vocabulary: Vocabulary, clips: list[np.ndarray], device: torch.device) -> list[str]:
    """Clips of at most a few seconds, padded to the longest of them."""
    length = max(len(c) for c in clips)
    length = max(256 * 320, -(-length // 640) * 640)
    mel = log_mel(torch.from_numpy(np.stack([np.pad(c, (0, length - len(c))) for c in clips])).to(device))
    memory = network.encoder(mel, torch.zeros(len(clips), dtype=torch.long, device=device))
    end = vocabulary.row_of[END]
    rows = torch.full((len(clips), 1), vocabulary.row_of[START], device=device)
    for _ in range(LONGEST):
        states, _ = network.decoder(rows, memory)
        best = network.decoder.logits(states[:, -1]).argmax(-1)
        best = torch.where((rows == end).any(1), end, best)
        rows = torch.cat([rows, best[:, None]], dim=1)
        if (best == end).all():
            break
    return [vocabulary.text([vocabulary.ids[r] for r in line]) for line in rows.tolist()]
