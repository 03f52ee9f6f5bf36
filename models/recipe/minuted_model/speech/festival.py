"""festival in batches: the diphone voices kal and ked, and the statistical voice slt."""

import re
import subprocess
import tempfile
import wave
from pathlib import Path
from random import Random

import numpy as np

from .utterance import Utterance, finish

VOICES = {"kal": "voice_kal_diphone", "ked": "voice_ked_diphone", "slt_hts": "voice_cmu_us_slt_arctic_hts"}
INTONED = ("kal", "ked")  # by festival's regression of pitch, which was fitted to a voice of `MODEL_F0`
MODEL_F0 = "(model_f0_mean 170) (model_f0_std 34)"
SCRIPT = """
(define (report utt)
  (mapcar
    (lambda (token)
      (if (not (item.relation.parent token 'Token))
        (format t "TOKEN %f\\n" (item.feat token "daughter1.R:SylStructure.daughter1.daughter1.segment_start"))))
    (utt.relation.items utt 'Token)))
(define (say text file)
  (let ((utt (eval (list 'Utterance 'Text text))))
    (utt.synth utt)
    (format t "FILE %s\\n" file)
    (report utt)
    (utt.save.wave utt file 'riff)))
"""


class Festival:
    """One process for each batch: starting festival costs more than speaking a sentence.

    With `lively` the diphone voices speak higher or lower, and more or less evenly, from sentence to sentence.
    """

    def __init__(self, lively: bool = False):
        self.lively = lively

    def say_all(self, sentences: list[list[str]], voice: str, random: Random) -> list[Utterance]:
        with tempfile.TemporaryDirectory() as folder:
            lines = [SCRIPT, f"({VOICES[voice]})"]
            for i, words in enumerate(sentences):
                text = re.sub(r'["\\]', "", " ".join(words))
                lines.append(f"(Parameter.set 'Duration_Stretch {random.triangular(0.85, 1.25, 1.0):.2f})")
                if self.lively and voice in INTONED:
                    mean, deviation = random.triangular(75, 170, 105), random.triangular(5, 30, 14)
                    lines.append(f"(set! int_lr_params '((target_f0_mean {mean:.0f}) (target_f0_std {deviation:.0f}) {MODEL_F0}))")
                lines.append(f'(say "{text}" "{folder}/{i}.wav")')
            script = Path(folder) / "say.scm"
            script.write_text("\n".join(lines))
            told = subprocess.run(["festival", "--batch", script], capture_output=True, text=True, check=True).stdout
            starts = _token_starts(told)
            return [self._read(Path(folder) / f"{i}.wav", words, starts.get(f"{folder}/{i}.wav", [])) for i, words in enumerate(sentences)]

    @staticmethod
    def _read(path: Path, words: list[str], tokens: list[float]) -> Utterance:
        with wave.open(str(path)) as file:
            rate, samples = file.getframerate(), np.frombuffer(file.readframes(file.getnframes()), np.int16)
        owner = [i for i, word in enumerate(words) for _ in word.split()]
        starts: list[float | None] = [None] * len(words)
        if len(tokens) == len(owner):
            for word, start in zip(owner, tokens, strict=True):
                if starts[word] is None:
                    starts[word] = start
        return finish(samples, rate, starts)


def _token_starts(told: str) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {}
    tokens: list[float] = []
    for line in told.splitlines():
        kind, _, value = line.partition(" ")
        if kind == "FILE":
            tokens = found.setdefault(value, [])
        elif kind == "TOKEN":
            tokens.append(float(value))
    return found
