"""When each word of meeting.mp3 is said, as flite itself tells: `words.py FILE:VOICE:TEXT …` > meeting.words.tsv.

Each FILE is flite's own output for a line of the meeting, which make.sh puts 0.3 s of silence before and 0.4 s after. Needs
numpy and scipy, as the model's recipe does, whose reading of flite this borrows.
"""

import sys
import wave
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "models/recipe"))

from minuted_model.speech.flite import Flite

BEFORE, AFTER = 0.3, 0.4

flite = Flite()
print("word\tstart_ms\tend_ms")
line_start = 0.0
for argument in sys.argv[1:]:
    file, voice, text = argument.split(":", 2)
    with wave.open(file) as sound:
        length = sound.getnframes() / sound.getframerate()
    words = text.split()
    for word, span in zip(words, flite.spans(words, voice), strict=True):
        print(word, *(round(1000 * (line_start + BEFORE + time)) for time in span), sep="\t")
    line_start += BEFORE + length + AFTER
