"""espeak-ng through its C library: English accents crossed with voice variants, and phonemes."""

import ctypes
import unicodedata
from random import Random

import numpy as np

from .utterance import Utterance, finish

ACCENTS = (
    "en-us", "en", "en-gb-scotland", "en-gb-x-rp", "en-gb-x-gbclan",
    "en-gb-x-gbcwmd", "en-029", "en-us-nyc", "en-us",
)  # fmt: skip
VARIANTS = (
    "adam Alex Alicia Andrea Andy Annie antonio aunty belinda benjamin boris caleb david Denis Diogo ed edward edward2 "
    "Gene Gene2 gustave announcer Henrique Hugo iven iven2 iven3 iven4 Jacky john kaukovalta Lee linda marcelo Marco Mario max "
    "Michael michel miguel Mike Mr Nguyen pablo paul pedro quincy RicishayMax RicishayMax2 RicishayMax3 rob robert steph steph2 steph3 "
    "Tweaky zac anika AnxiousAndy f1 f2 f3 f4 f5 grandma grandpa klatt klatt2 klatt3 klatt4 klatt5 klatt6 m1 m2 m3 m4 m5 m6 m7 m8 "
    "norbert sandro shelby travis victor"
).split()
SYNCHRONOUS, UTF8, IPA = 2, 1, 2
RATE, VOLUME, PITCH, RANGE, WORD_GAP = 1, 2, 3, 4, 7
EVENT_END, EVENT_WORD = 0, 1


class Event(ctypes.Structure):
    _fields_ = [
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", ctypes.c_int64),
    ]


CALLBACK = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(Event))


class Espeak:
    def __init__(self) -> None:
        self.espeak = ctypes.CDLL("libespeak-ng.so.1")
        self.rate = self.espeak.espeak_Initialize(SYNCHRONOUS, 0, None, 0)
        self.espeak.espeak_TextToPhonemes.restype = ctypes.c_char_p
        self._callback = CALLBACK(self._collect)  # kept: the library holds only a pointer
        self.espeak.espeak_SetSynthCallback(self._callback)
        self._chunks: list[np.ndarray] = []
        self._events: list[tuple[int, float]] = []

    def _collect(self, wave, count: int, events) -> int:
        if wave and count > 0:
            self._chunks.append(np.ctypeslib.as_array(wave, (count,)).copy())
        i = 0
        while events[i].type != EVENT_END:
            if events[i].type == EVENT_WORD:
                self._events.append((events[i].text_position - 1, events[i].audio_position / 1000))
            i += 1
        return 0

    def say(self, words: list[str], voice: str, random: Random) -> Utterance:
        """Speak the words, in a voice such as "en-gb+f3", at a drawn rate, pitch and liveliness."""
        if self.espeak.espeak_SetVoiceByName(voice.encode()) != 0:
            raise ValueError(f"espeak-ng has no voice {voice}")
        for parameter, value in (
            (RATE, int(random.triangular(125, 225, 170))),
            (PITCH, random.randint(30, 70)),
            (RANGE, random.randint(20, 80)),
            (VOLUME, 90),
            (WORD_GAP, random.choice((0, 0, 0, 0, 1, 3))),
        ):
            self.espeak.espeak_SetParameter(parameter, value, 0)
        self._chunks, self._events = [], []
        text = " ".join(words).encode()
        self.espeak.espeak_Synth(text, len(text) + 1, 0, 1, 0, UTF8, None, None)
        starts: list[float | None] = [None] * len(words)
        ends = np.cumsum([len(w) + 1 for w in words])
        for position, seconds in self._events:
            word = int(np.searchsorted(ends, position, side="right"))
            if word < len(words) and starts[word] is None:
                starts[word] = seconds
        samples = np.concatenate(self._chunks) if self._chunks else np.zeros(self.rate // 10, np.int16)
        return finish(samples, self.rate, starts)

    def phonemes(self, words: list[str]) -> str:
        """The words in IPA, American, without stress, length and boundaries: the encoder's auxiliary target."""
        self.espeak.espeak_SetVoiceByName(b"en-us")
        text = ctypes.c_char_p(" ".join(words).encode())
        clauses = []
        while text.value is not None:
            clauses.append(self.espeak.espeak_TextToPhonemes(ctypes.byref(text), UTF8, IPA).decode())
        return "".join(c for c in "".join(clauses) if unicodedata.category(c) in ("Ll", "Lo"))
