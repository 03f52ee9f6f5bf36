"""flite through its C libraries: kal, kal16, awb, rms, slt."""

import ctypes
from contextlib import contextmanager
from random import Random

import numpy as np

from .utterance import Utterance, finish

VOICES = ("kal", "kal16", "awb", "rms", "slt")
TOKEN_OF_SEGMENT = b"R:SylStructure.parent.parent.R:Token.parent"


class Wave(ctypes.Structure):
    _fields_ = [
        ("type", ctypes.c_char_p),
        ("sample_rate", ctypes.c_int),
        ("num_samples", ctypes.c_int),
        ("num_channels", ctypes.c_int),
        ("samples", ctypes.POINTER(ctypes.c_short)),
    ]


class Voice(ctypes.Structure):
    _fields_ = [("name", ctypes.c_char_p), ("features", ctypes.c_void_p)]


def _function(library: ctypes.CDLL, name: str, result, *arguments):
    function = getattr(library, name)
    function.restype, function.argtypes = result, arguments
    return function


class Flite:
    def __init__(self) -> None:
        pointer, text = ctypes.c_void_p, ctypes.c_char_p
        library = ctypes.CDLL("libflite.so.1", mode=ctypes.RTLD_GLOBAL)
        library.flite_init()
        self._synth = _function(library, "flite_synth_text", pointer, text, pointer)
        self._wave = _function(library, "utt_wave", ctypes.POINTER(Wave), pointer)
        self._relation = _function(library, "utt_relation", pointer, pointer, text)
        self._head = _function(library, "relation_head", pointer, pointer)
        self._next = _function(library, "item_next", pointer, pointer)
        self._item = _function(library, "path_to_item", pointer, pointer, text)
        self._float = _function(library, "item_feat_float", ctypes.c_float, pointer, text)
        self._delete = _function(library, "delete_utterance", None, pointer)
        self._set = _function(library, "flite_feat_set_float", None, pointer, text, ctypes.c_float)
        self._voices = {}
        for dependency in ("libflite_usenglish.so.1", "libflite_cmulex.so.1"):
            ctypes.CDLL(dependency, mode=ctypes.RTLD_GLOBAL)
        for name in VOICES:
            voice = ctypes.CDLL(f"libflite_cmu_us_{name}.so.1", mode=ctypes.RTLD_GLOBAL)
            register = _function(voice, f"register_cmu_us_{name}", ctypes.POINTER(Voice), text)
            self._voices[name] = register(None)

    def say(self, words: list[str], voice: str, random: Random) -> Utterance:
        with self._utterance(words, voice, random.triangular(0.8, 1.3, 1.0)) as utterance:
            wave = self._wave(utterance).contents
            samples = np.ctypeslib.as_array(wave.samples, (wave.num_samples,)).copy()
            starts = [span[0] if span else None for span in self._spans(utterance, words)]
            return finish(samples, wave.sample_rate, starts)

    def spans(self, words: list[str], voice: str) -> list[tuple[float, float] | None]:
        """When each word starts and ends in what the voice says at its own pace, nothing trimmed."""
        with self._utterance(words, voice, 1.0) as utterance:
            return self._spans(utterance, words)

    @contextmanager
    def _utterance(self, words: list[str], voice: str, stretch: float):
        handle = self._voices[voice]
        self._set(handle.contents.features, b"duration_stretch", stretch)
        utterance = self._synth(" ".join(words).encode(), handle)
        yield utterance
        self._delete(utterance)

    def _spans(self, utterance, words: list[str]) -> list[tuple[float, float] | None]:
        """Walks the segments; flite's tokens are the words split at white space."""
        owner = [i for i, word in enumerate(words) for _ in word.split()]
        spans: list[tuple[float, float] | None] = [None] * len(words)
        tokens, seen, before = -1, None, 0.0
        segment = self._head(self._relation(utterance, b"Segment"))
        while segment:
            token = self._item(segment, TOKEN_OF_SEGMENT)
            end = self._float(segment, b"end")
            if token and token != seen:
                seen, tokens = token, tokens + 1
            if token and tokens < len(owner):
                known = spans[owner[tokens]]
                spans[owner[tokens]] = (known[0] if known else before, end)
            before = end
            segment = self._next(segment)
        return spans if tokens + 1 == len(owner) else [None] * len(words)
