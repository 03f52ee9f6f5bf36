"""What is heard, and when: errors and times of words on recordings whose truth is known, with the bundled model."""

import csv
import json
import statistics
from collections.abc import Iterator
from pathlib import Path

from minuted_model.score import words as normal

from . import speech
from .process import run
from .speech import Said
from .throughput import OURS, Plan, listen

NEAR = 0.2  # seconds that a word's time may be off
MEETING_SECONDS = 600.0
WHISPER_CPP = "whisper.cpp"


def alignment(said: list[str], heard: list[str]) -> tuple[int, list[tuple[int, int]]]:
    """The fewest edits from one to the other, and the pairs of equal words on that way."""
    rows = [list(range(len(heard) + 1))]
    for i, word in enumerate(said, 1):
        above, row = rows[-1], [i]
        for j, other in enumerate(heard, 1):
            row.append(min(above[j] + 1, row[-1] + 1, above[j - 1] + (word != other)))
        rows.append(row)
    i, j, pairs = len(said), len(heard), []
    while i and j:
        if said[i - 1] == heard[j - 1] and rows[i][j] == rows[i - 1][j - 1]:
            i, j = i - 1, j - 1
            pairs.append((i, j))
        elif rows[i][j] == rows[i - 1][j - 1] + 1:
            i, j = i - 1, j - 1
        elif rows[i][j] == rows[i - 1][j] + 1:
            i -= 1
        else:
            j -= 1
    return rows[-1][-1], pairs[::-1]


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
            heard = _text(listen(plan, engine, plan.vocabulary, recording, 1)[1])
            wrong[engine] += alignment(normal(text), normal(heard))[0]
        count += len(normal(text))
    for engine in wrong:
        yield f"| samples/ ({len(expected)} files) | {engine}, greedy | {count} | {100 * wrong[engine] / count:.1f} % |"


def meeting_rows(plan: Plan, recording: Path, truth: list[Said]) -> Iterator[str]:
    said = [word for spoken in truth for word in normal(spoken.word)]
    for beams in (1, 5):
        for engine in (OURS, WHISPER_CPP):
            heard = normal(_text(listen(plan, engine, plan.vocabulary, recording, beams)[1]))
            errors, _ = alignment(said, heard)
            search = "greedy" if beams == 1 else f"beam {beams}"
            yield f"| meeting, {MEETING_SECONDS / 60:.0f} minutes | {engine}, {search} | {len(said)} | {100 * errors / len(said):.1f} % |"


def word_times(plan: Plan, recording: Path, truth: list[Said]) -> str:
    """How far minuted's times are from the truth, for the words that it got right."""
    heard = json.loads(run([plan.minuted, "transcribe", "--format", "verbose_json", "--words", recording])[0])["words"]
    key = [" ".join(normal(spoken.word)) for spoken in truth]
    _, pairs = alignment(key, [" ".join(normal(word["word"])) for word in heard])
    starts = [abs(truth[i].start - heard[j]["start"]) for i, j in pairs]
    ends = [abs(truth[i].end - heard[j]["end"]) for i, j in pairs]
    near = [100 * sum(off <= NEAR for off in offs) / len(offs) for offs in (starts, ends)]
    both = 100 * sum(max(pair) <= NEAR for pair in zip(starts, ends, strict=True)) / len(pairs)
    return (
        f"Of {len(pairs)} words heard right, {near[0]:.1f} % start and {near[1]:.1f} % end within {NEAR} s of the truth ({both:.1f} % both); "
        f"median {1000 * statistics.median(starts):.0f} ms and {1000 * statistics.median(ends):.0f} ms.\n"
    )


def section(plan: Plan, samples: Path) -> Iterator[str]:
    recording, truth = speech.recording(plan.cache, "meeting", MEETING_SECONDS)
    yield "## Accuracy, bundled model\n"
    yield "| recording | engine | words | word error rate |\n|---|---|---|---|"
    yield from samples_row(plan, samples)
    yield from meeting_rows(plan, recording, truth)
    yield ""
    yield word_times(plan, recording, truth)
    silence, _ = speech.recording(plan.cache, "nothing", 600.0)
    for engine in (OURS, WHISPER_CPP):
        heard = normal(_text(listen(plan, engine, plan.vocabulary, silence, 1)[1]))
        yield f"Ten minutes in which nobody speaks: {engine} hears {len(heard)} words.\n"
