"""What is heard, and when: errors and times of words on recordings whose truth is known, with the bundled model."""

import csv
import json
import statistics
import sys
from collections.abc import Iterator
from pathlib import Path

from minuted_model.score import alignment, errors
from minuted_model.score import words as normal

from . import speech, words
from .process import run
from .speech import Said
from .throughput import OURS, Plan, listen

NEAR = 0.2  # seconds that a word's time may be off
SECONDS = 600.0  # of the meeting
WHISPER_CPP = "whisper.cpp"


def _text(segments: list) -> str:
    return " ".join(segment["text"] if isinstance(segment, dict) else segment[2] for segment in segments)


def samples_row(plan: Plan, folder: Path) -> Iterator[str]:
    """All recordings of `samples/`: for the peer they are turned into what it reads, 16 kHz WAV."""
    with (folder / "expected.tsv").open() as table:
        expected = [(row["file"], row["text"]) for row in csv.DictReader(table, delimiter="\t")]
    wrong, count = {OURS: 0, WHISPER_CPP: 0}, 0
    for name, text in expected:
        wav = plan.cache / "sample.wav"
        run(["ffmpeg", "-nostdin", "-v", "error", "-y", "-i", folder / name, "-ar", "16000", "-ac", "1", wav])
        for engine, recording in ((OURS, folder / name), (WHISPER_CPP, wav)):
            wrong[engine] += errors(text, _text(listen(plan, engine, plan.vocabulary, recording, 1)[1]))[0]
        count += len(normal(text))
    for engine in wrong:
        yield f"| samples/ ({len(expected)} files) | {engine}, greedy | {count} | {100 * wrong[engine] / count:.1f} % |"


def recording_rows(plan: Plan, name: str, recording: Path, truth: list[Said]) -> Iterator[str]:
    said = [word for spoken in truth for word in normal(spoken.word)]
    for beams in (1, 5):
        for engine in (OURS, WHISPER_CPP):
            heard = normal(_text(listen(plan, engine, plan.vocabulary, recording, beams)[1]))
            wrong, _ = alignment(said, heard)
            search = "greedy" if beams == 1 else f"beam {beams}"
            yield f"| {name} | {engine}, {search} | {len(said)} | {100 * wrong / len(said):.1f} % |"


def word_times(plan: Plan, name: str, recording: Path, truth: list[Said]) -> Iterator[str]:
    """How far times are from the truth, for the words that each engine got right."""
    answer = run([plan.minuted, "transcribe", "--format", "verbose_json", "--words", recording])[0]
    yield _times_row(f"{name} | {OURS}", truth, [(word["word"], word["start"], word["end"]) for word in json.loads(answer)["words"]])
    for method in words.METHODS:
        answer = run([sys.executable, "-m", "peers.words", method, plan.vocabulary, recording])[0]
        yield _times_row(f"{name} | {WHISPER_CPP}, {method}", truth, json.loads(answer.splitlines()[-1]))


def _times_row(row: str, truth: list[Said], heard: list[tuple[str, float, float]]) -> str:
    key = [" ".join(normal(spoken.word)) for spoken in truth]
    _, pairs = alignment(key, [" ".join(normal(word)) for word, _, _ in heard])
    starts = [abs(truth[i].start - heard[j][1]) for i, j in pairs]
    ends = [abs(truth[i].end - heard[j][2]) for i, j in pairs]
    near = [f"{100 * sum(off <= NEAR for off in offs) / len(offs):.1f} %" for offs in (starts, ends)]
    median = [f"{1000 * statistics.median(offs):.0f} ms" for offs in (starts, ends)]
    return f"| {row} | {len(pairs)} | {near[0]} | {near[1]} | {median[0]} | {median[1]} |"


def section(plan: Plan, samples: Path) -> Iterator[str]:
    recording, truth = speech.recording(plan.cache, "meeting", SECONDS)
    name = f"meeting, {SECONDS / 60:.0f} minutes"
    yield "## Accuracy, bundled model\n"
    yield "| recording | engine | words | word error rate |\n|---|---|---|---|"
    yield from samples_row(plan, samples)
    yield from recording_rows(plan, name, recording, truth)
    yield f"\nTimes of the words that were heard right, {NEAR} s or less from the truth, and the median off.\n"
    yield "| recording | engine | words | start | end | start, median | end, median |\n|---|---|---|---|---|---|---|"
    yield from word_times(plan, name, recording, truth)
    yield ""
    silence, _ = speech.recording(plan.cache, "nothing", 600.0)
    for engine in (OURS, WHISPER_CPP):
        heard = normal(_text(listen(plan, engine, plan.vocabulary, silence, 1)[1]))
        yield f"Ten minutes in which nobody speaks: {engine} hears {len(heard)} words.\n"
