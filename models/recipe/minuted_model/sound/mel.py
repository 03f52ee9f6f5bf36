"""Whisper's log-mel spectrogram, as whisper.cpp computes it, of many recordings at once.

400-point Hann windows every 160 samples, 80 mel bands, log10, floored 8 below
the loudest value of the recording, then (x + 4) / 4.
"""

from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

FFT, HOP, BANDS = 400, 160, 80


def asset(name: str) -> Path:
    """A data file of the `openai-whisper` package (MIT), which is never imported."""
    return Path(find_spec("whisper").submodule_search_locations[0]) / "assets" / name


@cache
def filters() -> np.ndarray:
    """The mel filter bank, [bands, FFT / 2 + 1]."""
    return np.load(asset("mel_filters.npz"))[f"mel_{BANDS}"].astype(np.float32)


@cache
def warped(count: int, widest: float) -> Tensor:
    """Filter banks [count, FFT / 2 + 1, bands] for vocal tracts from 1 / `widest` to `widest` as long; the middle one is Whisper's."""
    bins = np.arange(FFT // 2 + 1)
    banks = [np.stack([np.interp(bins * widest ** (2 * i / (count - 1) - 1), bins, band) for band in filters()]) for i in range(count)]
    return torch.from_numpy(np.stack(banks).astype(np.float32)).mT.contiguous()


def log_mel(signal: Tensor, banks: Tensor | None = None) -> Tensor:
    """Samples [recordings, length] in [-1, 1] to [recordings, bands, length / HOP], each taken to go on in silence.

    `banks` [recordings, FFT / 2 + 1, bands] are other filter banks than Whisper's.
    """
    count, length = signal.shape
    if banks is None:
        banks = torch.from_numpy(filters()).to(signal.device).T.expand(count, -1, -1)
    padded = torch.cat([signal[:, 1 : FFT // 2 + 1].flip(1), signal, signal.new_zeros(count, FFT // 2)], dim=1)
    frames = padded.unfold(1, FFT, HOP)[:, : length // HOP]
    spectrum = torch.fft.rfft(frames * torch.hann_window(FFT, device=signal.device), dim=2)
    mel = ((spectrum.real**2 + spectrum.imag**2) @ banks).clamp_min(1e-10).log10()
    mel = torch.maximum(mel, mel.amax(dim=(1, 2), keepdim=True) - 8.0)
    return ((mel + 4.0) / 4.0).mT.contiguous()
