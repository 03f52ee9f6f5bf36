"""The table: word error rates by whisper.cpp's own decoding, on text that training never sees.

    python -m minuted_model.evaluate MODEL

Sets are drawn from fixed seeds and spoken anew: they are the same on every
machine with the same synthesisers.  Figures are too, but where whisper.cpp falls
back to a temperature: there it draws by chance.
"""

import argparse
import statistics
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pywhispercpp.model import Model

from .bank import Speakers
from .score import errors, words
from .testsets import RATE, Recording, drawn, long_recordings, nothing_said, short_recordings


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


def evaluate(listener: Listener, share: float = 1.0) -> Iterator[Result]:
    """Every set in turn; `share` below 1 takes only the first part of each."""
    speakers = Speakers()

    def short(kind: str, seed: int, count: int, **options) -> list[Recording]:
        return short_recordings(speakers, kind, max(2, int(count * share)), seed, **options)

    def long(count: int, seconds: float, seed: int) -> list[Recording]:
        return long_recordings(speakers, max(1, int(count * share)), seconds, seed)

    seen = short("meetings", 0, 40)
    yield measure(listener, "voices seen in training, clean", "≤ 3 %", seen)
    unseen = []
    for seed, family, voices in ((1, "espeak", "espeak-ng variants"), (2, "flite", "flite rms"), (3, "festival", "festival ked")):
        recordings = short("meetings", seed, 25, family=family, unseen=True)
        unseen.append(measure(listener, f"voices never seen: {voices}", "≤ 8 %", recordings))
        yield unseen[-1]
    yield _together("voices never seen: the three together", "≤ 8 %", unseen)
    yield measure(listener, "15 dB noise", "≤ 8 %", short("meetings", 4, 25, channel="noise"))
    yield measure(listener, "telephone band", "≤ 8 %", short("meetings", 5, 25, channel="telephone"))
    yield measure(listener, "16 kb/s Opus", "≤ 8 %", short("meetings", 6, 25, channel="opus"))
    yield measure(listener, "sentences made by no template", "≤ 15 %", short("natural", 0, 78))
    yield measure(listener, "word salad", "≤ 15 %", short("salad", 1, 25))
    yield measure(listener, "30 s of many sentences", "≤ 4 %", long(6, 28.0, 6))
    two_minutes = long(3, 118.0, 7)
    yield measure(listener, "2 minutes of many sentences", "≤ 4 %", two_minutes, n_max_text_ctx=0)
    yield measure(listener, "2 minutes, previous text as prompt", "≤ 4 %", two_minutes, n_max_text_ctx=16_384)
    yield measure(listener, "10 minutes of silence, noise, tones", "0 words", nothing_said(max(2, int(20 * share))), no_context=True)
    yield _as_short_as_fits(listener, seen)
    yield measure(listener, "seen voices, no timestamps", "as the first", seen, no_timestamps=True)
    prompt = " ".join(drawn("meetings", 12, 7))
    yield measure(listener, "seen voices, a prompt of other sentences", "as the first", seen, no_timestamps=False, initial_prompt=prompt)


def _as_short_as_fits(listener: Listener, recordings: list[Recording]) -> Result:
    parts = [measure(listener, "", "", [recording], audio_ctx=reduced_context(recording)) for recording in recordings]
    return _together("seen voices, audio_ctx as short as fits (256 up)", "as the first", parts)


def _together(name: str, target: str, parts: list[Result]) -> Result:
    return Result(name, sum(part.said for part in parts), sum(part.wrong for part in parts), target=target)


def row(result: Result) -> str:
    return f"| {result.name} | {result.said} | {result.figure} | {result.target} |"


def times_row(results: list[Result]) -> str:
    """How many segment times are right, of those sentences that came out as a segment of their own."""
    timed = [o for r in results if r.name.startswith(("voices seen", "30 s")) for o in r.offsets]
    near = 100 * sum(o <= 0.3 for o in timed) / max(1, len(timed))
    median = 1000 * statistics.median(timed) if timed else 0
    return f"| segment times, seen voices, within 0.3 s (of {len(timed)}; median {median:.0f} ms) | | {near:.0f} % | 95 % |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--beam", type=int, default=5)
    parser.add_argument("--share", type=float, default=1.0, help="of each set, for a quick look")
    arguments = parser.parse_args()
    print("| set | words | result | target |\n|---|---|---|---|", flush=True)
    results = []
    for result in evaluate(Listener(arguments.model, arguments.threads, arguments.beam), arguments.share):
        results.append(result)
        print(row(result), flush=True)
    print(times_row(results))


if __name__ == "__main__":
    main()
