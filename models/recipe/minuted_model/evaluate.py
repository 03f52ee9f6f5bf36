"""The table: word error rates by whisper.cpp's own decoding, on text that training never sees.

    python -m minuted_model.evaluate MODEL [--markdown]

Sets are drawn from fixed seeds and spoken anew, so a run gives the same
figures on every machine with the same synthesisers.
"""

import argparse
import statistics
from dataclasses import dataclass
from pathlib import Path
from random import Random

import numpy as np
from pywhispercpp.model import Model

from .bank import Speakers
from .score import errors, words
from .testsets import RATE, Recording, long_recordings, nothing_said, short_recordings


@dataclass
class Result:
    """What one set came to."""

    name: str
    said: int = 0
    wrong: int = 0
    heard: int = 0
    target: str = ""
    offsets: tuple[float, ...] = ()

    @property
    def figure(self) -> str:
        if not self.said:
            return f"{self.heard} words"
        return f"{100 * self.wrong / self.said:.1f} %"


class Listener:
    """whisper.cpp with its command line's defaults: beam 5, timestamps, fallback temperatures."""

    def __init__(self, model: Path, threads: int, beam: int):
        options = {"beam_search": {"beam_size": beam, "patience": -1.0}} if beam > 1 else {}
        self.model = Model(
            str(model), params_sampling_strategy=int(beam > 1), redirect_whispercpp_logs_to=None,
            n_threads=threads, print_progress=False, print_realtime=False, language="en", **options,
        )  # fmt: skip

    def hear(self, samples: np.ndarray, audio_ctx: int = 0, **options) -> list[tuple[float, float, str]]:
        """Segments as (start, end, text)."""
        segments = self.model.transcribe(samples, audio_ctx=audio_ctx, **options)
        return [(s.t0 / 100, s.t1 / 100, s.text.strip()) for s in segments]


def measure(listener: Listener, name: str, target: str, recordings: list[Recording], **options) -> Result:
    result = Result(name, target=target)
    offsets: list[float] = []
    for recording in recordings:
        segments = listener.hear(recording.samples, **options)
        text = " ".join(t for _, _, t in segments)
        wrong, said = errors(recording.text, text)
        result.wrong, result.said = result.wrong + wrong, result.said + said
        result.heard += len(words(text))
        offsets += _offsets(recording, segments)
    result.offsets = tuple(offsets)
    return result


def _offsets(recording: Recording, segments: list[tuple[float, float, str]]) -> list[float]:
    """For each sentence heard as a segment of its own: how far its start and its end are from the truth."""
    found = []
    for start, end, text in segments:
        for said, true_start, true_end in recording.sentences:
            if words(said) == words(text) and abs(start - true_start) < 5:
                found += [abs(start - true_start), abs(end - true_end)]
                break
    return found


def reduced_context(recording: Recording) -> int:
    """The fewest encoder positions, from 256 up, that hold the recording."""
    return max(256, -(-len(recording.samples) // (RATE // 50)))


def evaluate(listener: Listener, share: float = 1.0) -> list[Result]:
    """Every set; `share` below 1 takes only the first part of each."""
    speakers = Speakers()
    count = lambda n: max(2, int(n * share))  # noqa: E731

    def short(kind: str, seed: int, number: int, **options) -> list[Recording]:
        return short_recordings(speakers, kind, count(number), seed, **options)

    seen = short("meetings", 0, 40)
    long30, long120 = long_recordings(speakers, count(6), 28.0, 6), long_recordings(speakers, count(3), 118.0, 7)
    results = [
        measure(listener, "voices seen in training, clean", "≤ 3 %", seen),
        measure(listener, "voices never seen: espeak-ng variants", "≤ 8 %", short("meetings", 1, 25, family="espeak", unseen=True)),
        measure(listener, "voices never seen: flite rms", "≤ 8 %", short("meetings", 2, 25, family="flite", unseen=True)),
        measure(listener, "voices never seen: festival ked", "≤ 8 %", short("meetings", 3, 25, family="festival", unseen=True)),
        measure(listener, "15 dB noise", "≤ 8 %", short("meetings", 4, 25, channel="noise")),
        measure(listener, "telephone band", "≤ 8 %", short("meetings", 5, 25, channel="telephone")),
        measure(listener, "16 kb/s Opus", "≤ 8 %", short("meetings", 6, 25, channel="opus")),
        measure(listener, "sentences made by no template", "≤ 15 %", short("natural", 0, 78)),
        measure(listener, "word salad", "≤ 15 %", short("salad", 1, 25)),
        measure(listener, "30 s of many sentences", "≤ 4 %", long30),
        measure(listener, "2 minutes of many sentences", "≤ 4 %", long120),
        measure(listener, "2 minutes, previous text as prompt", "≤ 4 %", long120, no_context=False),
        measure(listener, "10 minutes of silence, noise, tones", "0 words", nothing_said(count(20))),
        *(_one_by_one(listener, seen)),
    ]
    return results


def _one_by_one(listener: Listener, recordings: list[Recording]) -> list[Result]:
    """The seen voices again: with as few positions as fit, without timestamps, with a prompt."""
    fewer = Result("seen voices, audio_ctx as short as fits (256 up)", target="as the first")
    for recording in recordings:
        part = measure(listener, "", "", [recording], audio_ctx=reduced_context(recording))
        fewer.wrong, fewer.said = fewer.wrong + part.wrong, fewer.said + part.said
    prompt = " ".join(r.text for r in recordings[:6])
    plain = measure(listener, "seen voices, no timestamps", "as the first", recordings, no_timestamps=True)
    led = measure(listener, "seen voices, a prompt of other sentences", "as the first", recordings[6:], no_timestamps=False, initial_prompt=prompt)
    return [fewer, plain, led]


def table(results: list[Result]) -> str:
    lines = ["| set | words | result | target |", "|---|---|---|---|"]
    lines += [f"| {r.name} | {r.said} | {r.figure} | {r.target} |" for r in results]
    timed = [o for r in results if r.name.startswith(("voices seen", "30 s")) for o in r.offsets]
    if timed:
        near = 100 * sum(o <= 0.3 for o in timed) / len(timed)
        lines.append(f"| segment times within 0.3 s ({len(timed)} of them; median {1000 * statistics.median(timed):.0f} ms) | | {near:.0f} % | 95 % |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--beam", type=int, default=5)
    parser.add_argument("--share", type=float, default=1.0, help="of each set, for a quick look")
    arguments = parser.parse_args()
    print(table(evaluate(Listener(arguments.model, arguments.threads, arguments.beam), arguments.share)))


if __name__ == "__main__":
    main()
