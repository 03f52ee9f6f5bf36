"""Whisper's log-mel spectrogram, as whisper.cpp computes it.

400-point Hann windows every 160 samples, 80 mel bands, log10, floored 8 below
the loudest value of the recording, then (x + 4) / 4.
"""

from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from scipy.fft import rfft

FFT, HOP, BANDS = 400, 160, 80


def asset(name: str) -> Path:
    """A data file of the `openai-whisper` package (MIT), which is never imported."""
    return Path(find_spec("whisper").submodule_search_locations[0]) / "assets" / name


@cache
def filters() -> np.ndarray:
    """The mel filter bank, [bands, FFT / 2 + 1]."""
    return np.load(asset("mel_filters.npz"))[f"mel_{BANDS}"].astype(np.float32)


@cache
def _window() -> np.ndarray:
    return (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(FFT) / FFT)).astype(np.float32)


def log_mel(signal: np.ndarray) -> np.ndarray:
    """Float samples in [-1, 1] to [bands, len / HOP]; the signal is taken to go on in silence."""
    padded = np.concatenate([signal[FFT // 2 : 0 : -1], signal, np.zeros(FFT // 2, np.float32)])
    frames = np.lib.stride_tricks.sliding_window_view(padded, FFT)[::HOP][: len(signal) // HOP]
    spectrum = rfft(frames * _window(), axis=1)
    power = spectrum.real**2 + spectrum.imag**2
    mel = np.log10(np.maximum(power @ filters().T, 1e-10))
    mel = np.maximum(mel, mel.max() - 8.0)
    return ((mel + 4.0) / 4.0).T.astype(np.float32)
