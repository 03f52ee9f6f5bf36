"""MP3 and Opus at low rates, there and back through ffmpeg."""

import subprocess
import tempfile
from pathlib import Path

import numpy as np

RATE = 16_000
GAP = np.zeros(RATE // 5, np.int16)
CODECS = (
    ("opus", ["-c:a", "libopus", "-b:a", "16k"]),
    ("opus", ["-c:a", "libopus", "-b:a", "10k"]),
    ("opus", ["-c:a", "libopus", "-b:a", "24k"]),
    ("mp3", ["-c:a", "libmp3lame", "-b:a", "16k"]),
    ("mp3", ["-c:a", "libmp3lame", "-b:a", "32k"]),
)


def encode_and_decode(samples: np.ndarray, suffix: str, options: list[str]) -> np.ndarray:
    """Through a file, because only then does the container tell the decoder the encoder's delay."""
    raw = ["-f", "s16le", "-ar", str(RATE), "-ac", "1"]
    quiet = ["ffmpeg", "-v", "error", "-y", "-threads", "1"]
    with tempfile.TemporaryDirectory() as folder:
        coded = str(Path(folder) / f"coded.{suffix}")
        subprocess.run([*quiet, *raw, "-i", "-", *options, coded], input=samples.tobytes(), check=True)
        decoded = subprocess.run([*quiet, "-i", coded, *raw, "-"], capture_output=True, check=True).stdout
    back = np.frombuffer(decoded, np.int16)[: len(samples)]
    return np.pad(back, (0, len(samples) - len(back)))


def through_codec(clips: list[np.ndarray], chosen: list[int]) -> None:
    """Replace the chosen clips by what a codec leaves of them; one run of ffmpeg for each codec."""
    for number, (suffix, options) in enumerate(CODECS):
        members = chosen[number :: len(CODECS)]
        if not members:
            continue
        joined = np.concatenate([part for i in members for part in (clips[i], GAP)])
        back, place = encode_and_decode(joined, suffix, options), 0
        for i in members:
            clips[i] = back[place : place + len(clips[i])]
            place += len(clips[i]) + len(GAP)
