"""The way from a mouth to a file: speed, room, band, gain, clipping, noise."""

from dataclasses import dataclass

import numpy as np
from scipy.signal import butter, fftconvolve, sosfilt

from .noise import NoisePool

RATE = 16_000


@dataclass(frozen=True)
class Wear:
    """How often each thing happens to a window."""

    noise: float = 0.55
    room: float = 0.25
    band: float = 0.2
    tilt: float = 0.3
    clip: float = 0.06


def change_speed(samples: np.ndarray, factor: float) -> np.ndarray:
    """Faster and higher, or slower and lower: another speaker for the price of an interpolation."""
    length = int(len(samples) / factor)
    return np.interp(np.arange(length) * factor, np.arange(len(samples)), samples).astype(np.float32)


def room(generator: np.random.Generator, signal: np.ndarray) -> np.ndarray:
    """A direct sound and a decaying tail of noise."""
    decay = generator.uniform(0.08, 0.5)
    length = int(RATE * decay)
    tail = generator.standard_normal(length) * np.exp(-6.9 * np.arange(length) / length)
    tail[: int(RATE * generator.uniform(0.002, 0.01))] = 0
    tail *= generator.uniform(0.2, 1.2) / (np.sqrt(np.sum(tail**2)) + 1e-9)
    tail[0] = 1.0
    return fftconvolve(signal, tail.astype(np.float32))[: len(signal)].astype(np.float32)


def telephone(signal: np.ndarray) -> np.ndarray:
    return sosfilt(butter(4, [300, 3400], "bandpass", fs=RATE, output="sos"), signal).astype(np.float32)


def band(generator: np.random.Generator, signal: np.ndarray) -> np.ndarray:
    if generator.uniform() < 0.5:
        return telephone(signal)
    return sosfilt(butter(4, generator.uniform(2500, 7000), "lowpass", fs=RATE, output="sos"), signal).astype(np.float32)


def tilt(generator: np.random.Generator, signal: np.ndarray) -> np.ndarray:
    """A microphone that likes low or high tones: one pole or one zero."""
    amount = generator.uniform(-0.5, 0.6)
    return np.append(signal[:1], signal[1:] - np.float32(amount) * signal[:-1]).astype(np.float32)


def wear(generator: np.random.Generator, signal: np.ndarray, pool: NoisePool, clips: list[np.ndarray], how: Wear) -> np.ndarray:
    """What of `signal` (any scale) reaches the model, in [-1, 1]."""
    drawn = generator.uniform(size=5)
    power = np.sqrt(np.mean(signal**2)) if len(signal) else 0.0
    if drawn[0] < how.room:
        signal = room(generator, signal)
    if drawn[1] < how.tilt:
        signal = tilt(generator, signal)
    if drawn[2] < how.noise:
        ratio = generator.uniform(6, 40)
        signal = signal + pool.draw(len(signal), clips) * np.float32(power * 10 ** (-ratio / 20))
    if drawn[3] < how.band:
        signal = band(generator, signal)
    peak = float(np.abs(signal).max()) + 1e-9
    signal = signal * np.float32(10 ** (generator.uniform(-30, -0.5) / 20) / peak)
    if drawn[4] < how.clip:
        ceiling = np.float32(np.abs(signal).max() * generator.uniform(0.15, 0.6))
        signal = np.clip(signal, -ceiling, ceiling)
    return signal + np.float32(10 ** generator.uniform(-5, -3.5)) * pool.draw(len(signal), []) if drawn[0] > 0.5 else signal
