"""What a synthesiser gives back: samples at 16 kHz and when each written word is said."""

from dataclasses import dataclass

import numpy as np
from scipy.signal import resample_poly

RATE = 16_000


@dataclass
class Utterance:
    """`starts[i]` is where written word `i` begins and `end` where the last one ends, in seconds."""

    samples: np.ndarray  # int16
    starts: list[float]
    end: float


def finish(samples: np.ndarray, rate: int, starts: list[float | None]) -> Utterance:
    """Resample, trim the silence around the speech and fill the times that the synthesiser did not tell."""
    signal = samples.astype(np.float32)
    if rate != RATE:
        divisor = int(np.gcd(rate, RATE))
        signal = resample_poly(signal, RATE // divisor, rate // divisor)
    loud = np.flatnonzero(np.abs(signal) > 0.01 * max(1.0, float(np.abs(signal).max())))
    first, last = (int(loud[0]), int(loud[-1]) + 1) if len(loud) else (0, len(signal))
    begin = max(0, first - RATE // 50)
    signal = signal[begin : last + RATE // 50]
    shift, stop = begin / RATE, (last - begin) / RATE
    known = [None if s is None else min(max(s - shift, 0.0), stop) for s in starts]
    return Utterance(np.clip(signal, -32768, 32767).astype(np.int16), _interpolate(known, (first - begin) / RATE, stop), stop)


def _interpolate(starts: list[float | None], begin: float, end: float) -> list[float]:
    if starts and starts[0] is None:
        starts[0] = begin
    positions = [i for i, s in enumerate(starts) if s is not None]
    times = [starts[i] for i in positions]
    filled = np.interp(range(len(starts) + 1), [*positions, len(starts)], [*times, end])
    return [round(float(t), 3) for t in np.maximum.accumulate(filled[:-1])]
