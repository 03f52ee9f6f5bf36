"""Bytes to 16 kHz mono samples: minuted's front end beside ffmpeg, on recordings of an hour and of a minute."""

import statistics
import subprocess
from collections.abc import Iterator
from pathlib import Path

from . import speech
from .process import Cost, run
from .throughput import Plan

CODECS = {
    "MP3": ("mp3", "-c:a libmp3lame -ar 44100 -b:a 128k -ac 2"),
    "AAC": ("m4a", "-c:a aac -ar 44100 -b:a 96k -ac 2"),
    "Opus": ("opus", "-c:a libopus -b:a 32k"),
    "FLAC": ("flac", "-c:a flac -ar 48000 -sample_fmt s16 -ac 2"),
    "WAV": ("wav", "-c:a pcm_s16le -ar 48000 -ac 2"),
}
MINUTE = 60.0


def encoded(cache: Path, codec: str, seconds: float) -> Path:
    """Speech, over and over, in one codec."""
    ending, options = CODECS[codec]
    path = cache / f"frontend-{seconds:.0f}.{ending}"
    if not path.exists():
        spoken, _ = speech.recording(cache, "meeting", 600.0)
        partial = path.with_name(f"partial.{ending}")
        loop = ["-stream_loop", "-1", "-i", spoken, "-t", str(seconds)]
        run(["ffmpeg", "-nostdin", "-v", "error", "-y", *loop, *options.split(), partial])
        partial.rename(path)
    return path


def decode(command: list, rounds: int) -> tuple[float, Cost]:
    """The median of user time over the rounds, and the last round's cost."""
    costs = [run(command, output=subprocess.DEVNULL)[1] for _ in range(rounds)]
    return statistics.median(cost.user for cost in costs), costs[-1]


def section(plan: Plan, pcm: Path, hours: float) -> Iterator[str]:
    yield "## Front end\n"
    yield f"{hours:g} h of each codec to 16 kHz mono; user time, median of {plan.rounds} rounds.\n"
    yield "| codec | minuted, s | ffmpeg, s | of ffmpeg's | minuted's peak, MB | of a minute's, MB | ffmpeg's peak, MB |"
    yield "|---|---|---|---|---|---|---|"
    for codec in CODECS:
        path = encoded(plan.cache, codec, hours * 3600)
        ours, cost = decode([pcm, path], plan.rounds)
        theirs, other = decode(
            ["ffmpeg", "-nostdin", "-v", "error", "-i", path, "-ar", "16000", "-ac", "1", "-f", "f32le", "-"], plan.rounds
        )
        _, short = decode([pcm, encoded(plan.cache, codec, MINUTE)], 1)
        peaks = [f"{c.peak / 1e6:.1f}" for c in (cost, short, other)]
        yield f"| {codec} | {ours:.2f} | {theirs:.2f} | {ours / theirs:.2f} | {peaks[0]} | {peaks[1]} | {peaks[2]} |"
