"""The recordings of samples/, what is said in them, and how far a transcript is from it."""

import csv
import io
import math
import re
import wave
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parents[3] / "samples"


@dataclass(frozen=True)
class Recording:
    path: Path
    said: str
    # The bundled model is small: this word error rate tells understanding from noise, not good from better.
    bound: float = 0.5

    def word_error_rate(self, text: str) -> float:
        """Insertions, deletions and substitutions of words, over the words that were said."""
        said, heard = _words(self.said), _words(text)
        row = list(range(len(heard) + 1))
        for i, word in enumerate(said, 1):
            diagonal, row[0] = row[0], i
            for j, other in enumerate(heard, 1):
                diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (word != other))
        return row[-1] / len(said)

    @property
    def seconds(self) -> float:
        """Its length; known for WAV only."""
        with wave.open(str(self.path)) as audio:
            return audio.getnframes() / audio.getframerate()

    @property
    def started_seconds(self) -> int:
        return math.ceil(self.seconds)

    def repeated(self, times: int) -> tuple[bytes, "Recording"]:
        """A WAV file in which it is said several times over, and what is said there."""
        with wave.open(str(self.path)) as audio:
            settings, frames = audio.getparams(), audio.readframes(audio.getnframes())
        content = io.BytesIO()
        with wave.open(content, "wb") as audio:
            audio.setparams(settings)
            audio.writeframes(frames * times)
        return content.getvalue(), Recording(self.path, " ".join([self.said] * times), self.bound)


def _words(text: str) -> list[str]:
    return re.findall(r"[\w']+", text.lower())


def _rows(folder: Path) -> list[dict[str, str]]:
    with (folder / "expected.tsv").open(newline="") as table:
        return list(csv.DictReader(table, delimiter="\t"))


def _named(name: str) -> Recording:
    return next(recording for recording in SAMPLES if recording.path.name == name)


SAMPLES = [Recording(FOLDER / row["file"], row["text"]) for row in _rows(FOLDER)]
# One sentence of a few seconds, and half a minute of two voices with pauses.
SENTENCE = _named("wav-s16.wav")
MEETING = _named("meeting.mp3")
# What is wrong in one way or another, and whether it is heard as a whole, in part, or refused.
BROKEN = {FOLDER / "broken" / row["file"]: row["outcome"] for row in _rows(FOLDER / "broken")}
