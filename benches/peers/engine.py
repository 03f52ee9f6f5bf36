"""One peer over one recording, in a process of its own: `python -m peers.engine PEER MODEL RECORDING`.

Prints what it said and what it took, loading aside, as JSON. minuted itself is run as the program that it is.
"""

import argparse
import json
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from faster_whisper import BatchedInferencePipeline, WhisperModel
from pywhispercpp.model import Model

CORES = len(os.sched_getaffinity(0))
Segments = Iterator[tuple[float, float, str]]
Heard = tuple[Segments, int]

# What minuted asks of whisper.cpp, so far as its parameters go (`src/speech/whisper/recognizer.rs`); it runs one state on each
# core where this has one state on all of them.
MINUTED_SETTINGS = {"audio_ctx": 1488, "no_context": True, "n_max_text_ctx": 0, "temperature_inc": 0.4, "no_speech_thold": 1.0}


def whisper_cpp(model: Path, beams: int, settings: dict, context: dict) -> Callable[[Path], Heard]:
    search = {"beam_search": {"beam_size": beams, "patience": -1.0}} if beams > 1 else {}
    loaded = Model(
        str(model), params_sampling_strategy=int(beams > 1), redirect_whispercpp_logs_to=None, print_progress=False,
        context_params=context, **search, **settings,
    )  # fmt: skip

    def hear(recording: Path) -> Heard:
        import _pywhispercpp

        segments = loaded.transcribe(str(recording))
        tokens = sum(_pywhispercpp.whisper_full_n_tokens(loaded._ctx, i) for i in range(len(segments)))
        return ((s.t0 / 100, s.t1 / 100, s.text) for s in segments), tokens

    return hear


def faster_whisper(model: Path, beams: int, batched: bool) -> Callable[[Path], Heard]:
    loaded = WhisperModel(str(model), device="cpu", compute_type="int8", cpu_threads=CORES)
    engine = BatchedInferencePipeline(loaded) if batched else loaded

    def hear(recording: Path) -> Heard:
        segments = list(engine.transcribe(str(recording), language="en", beam_size=beams)[0])
        return ((s.start, s.end, s.text) for s in segments), sum(len(s.tokens) for s in segments)

    return hear


def peer(name: str, model: Path, beams: int) -> Callable[[Path], Heard]:
    match name:
        case "whisper.cpp":
            return whisper_cpp(model, beams, {}, {})
        case "whisper.cpp, our settings":
            return whisper_cpp(model, beams, {**MINUTED_SETTINGS, "n_threads": CORES}, {"flash_attn": False})
        case "faster-whisper":
            return faster_whisper(model, beams, batched=False)
        case "faster-whisper, batched":
            return faster_whisper(model, beams, batched=True)
    raise SystemExit(f"no such peer: {name}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("peer")
    parser.add_argument("model", type=Path)
    parser.add_argument("recording", type=Path)
    parser.add_argument("--beams", type=int, default=1)
    arguments = parser.parse_args()
    hear = peer(arguments.peer, arguments.model, arguments.beams)
    began, used = time.monotonic(), time.process_time()
    segments, tokens = hear(arguments.recording)
    wall, cpu = time.monotonic() - began, time.process_time() - used
    print(json.dumps({"wall": wall, "cpu": cpu, "tokens": tokens, "segments": list(segments)}))


if __name__ == "__main__":
    main()
