"""Noises: coloured, hum, clicks, tones, and babble from the bank's own voices."""

import numpy as np

RATE = 16_000
POOL_SECONDS = 40


def coloured(generator: np.random.Generator, length: int, exponent: float) -> np.ndarray:
    """Noise whose power falls as 1 / f ** exponent: 0 is white, 1 pink, 2 brown, -1 blue."""
    spectrum = np.fft.rfft(generator.standard_normal(length))
    frequency = np.maximum(np.fft.rfftfreq(length, 1 / RATE), 20.0)
    return normalise(np.fft.irfft(spectrum * frequency ** (-exponent / 2), length))


def normalise(signal: np.ndarray) -> np.ndarray:
    return (signal / (np.sqrt(np.mean(signal**2)) + 1e-9)).astype(np.float32)


def hum(generator: np.random.Generator, length: int) -> np.ndarray:
    time = np.arange(length) / RATE
    base = generator.choice([50.0, 60.0, 100.0, 120.0, generator.uniform(60, 900)])
    parts = [generator.uniform(0, 1) / k * np.sin(2 * np.pi * (base * k * time + generator.uniform())) for k in range(1, 7)]
    return normalise(np.sum(parts, axis=0))


def tone(generator: np.random.Generator, length: int) -> np.ndarray:
    """A steady or interrupted tone, such as a line or a machine gives."""
    time = np.arange(length) / RATE
    wave = np.sin(2 * np.pi * generator.uniform(200, 3000) * time)
    if generator.uniform() < 0.5:
        wave *= np.sin(2 * np.pi * generator.uniform(0.3, 4) * time) > 0
    return normalise(wave + 1e-3 * generator.standard_normal(length))


def clicks(generator: np.random.Generator, length: int) -> np.ndarray:
    """Keys, knocks and crackle: short decaying bursts at random moments."""
    signal = np.zeros(length, np.float32)
    for place in generator.integers(0, length, max(1, int(length / RATE * generator.uniform(1, 12)))):
        size = min(int(generator.integers(16, 800)), length - place)
        burst = generator.standard_normal(size) * np.exp(-np.arange(size) / (size / 5 + 1))
        signal[place : place + size] += burst * generator.uniform(0.2, 1)
    return normalise(signal)


class NoisePool:
    """Long noises made once; a window takes a random stretch of one."""

    def __init__(self, generator: np.random.Generator):
        length = POOL_SECONDS * RATE
        self.generator = generator
        self.noises = [coloured(generator, length, e) for e in (-1.0, 0.0, 0.0, 0.7, 1.0, 1.0, 1.5, 2.0)]
        self.noises += [hum(generator, length) for _ in range(3)]
        self.noises += [clicks(generator, length) for _ in range(2)] + [tone(generator, length) for _ in range(2)]

    def draw(self, length: int, clips: list[np.ndarray]) -> np.ndarray:
        """Noise of unit power; sometimes babble made of the given clips of speech."""
        if clips and self.generator.uniform() < 0.2:
            return self._babble(length, clips)
        noise = self.noises[self.generator.integers(len(self.noises))]
        place = self.generator.integers(0, max(1, len(noise) - length))
        return np.resize(noise[place : place + length], length)

    def _babble(self, length: int, clips: list[np.ndarray]) -> np.ndarray:
        mixed = np.zeros(length, np.float32)
        for clip in clips:
            mixed += np.roll(np.resize(clip.astype(np.float32), length), self.generator.integers(length))
        return normalise(mixed)
