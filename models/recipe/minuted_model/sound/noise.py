"""Noises: coloured, hum, clicks, tones, melodies, and babble of the bank's own voices."""

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


def melody(generator: np.random.Generator, length: int) -> np.ndarray:
    """Notes of one instrument or a few, as a film's or a queue's music has them."""
    signal = np.zeros(length)
    for _ in range(generator.integers(1, 4)):
        partials = generator.uniform(0, 1, 6) / np.arange(1, 7)
        base, place = generator.uniform(80, 500), 0
        while place < length:
            size = min(int(RATE * generator.choice([0.125, 0.25, 0.25, 0.5, 1.0])), length - place)
            time = np.arange(size) / RATE
            pitch = base * 2 ** (generator.integers(0, 13) / 12)
            note = sum(p * np.sin(2 * np.pi * pitch * (k + 1) * time) for k, p in enumerate(partials))
            signal[place : place + size] += note * np.exp(-time * generator.uniform(0.5, 6)) * generator.uniform(0.3, 1)
            place += size
    return normalise(signal)


def babble(generator: np.random.Generator, length: int, clips: list[np.ndarray]) -> np.ndarray:
    """Some voices at once, of which none is to be understood."""
    mixed = np.zeros(length, np.float32)
    for clip in clips:
        mixed += np.roll(np.resize(normalise(clip.astype(np.float32)), length), generator.integers(length))
    return normalise(mixed)


COLOURS = (-1.0, 0.0, 0.0, 0.7, 1.0, 1.0, 1.5, 2.0)
OTHERS = (hum, hum, hum, clicks, clicks, tone, tone, melody, melody, melody)
BABBLES = (3, 4, 6)  # voices in each
NOTHING_SAID = len(COLOURS) + len(OTHERS)  # the noises before this one hold no voice
KINDS = NOTHING_SAID + len(BABBLES)


def pool(generator: np.random.Generator, clips: list[np.ndarray]) -> np.ndarray:
    """Long noises of unit power, [KINDS, samples]; a window takes a random stretch of one. `clips` are what babble is made of."""
    length = POOL_SECONDS * RATE
    noises = [coloured(generator, length, exponent) for exponent in COLOURS]
    noises += [make(generator, length) for make in OTHERS]
    noises += [babble(generator, length, [clips[i] for i in generator.integers(0, len(clips), voices)]) for voices in BABBLES]
    return np.stack(noises)
