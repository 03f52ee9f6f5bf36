"""whisper.cpp's own times of words over one recording, in a process of its own: `python -m peers.words METHOD MODEL RECORDING`.

Prints a list of words with start and end in seconds, as JSON. The methods: `tokens`, by the probabilities of timestamps and the
loudness, and `attention`, by dynamic time warping over the cross-attention of the topmost layers, for models whose
alignment heads are not known.
"""

import argparse
import json
from pathlib import Path

import _pywhispercpp as native
from pywhispercpp.model import Model

METHODS = ("tokens", "attention")
TOPMOST = native.whisper_alignment_heads_preset.WHISPER_AHEADS_N_TOP_MOST
LAYERS = 1  # with more the bundled model is no better


def words(method: str, model: Path, recording: Path) -> list[tuple[str, float, float]]:
    """A word begins with the token that has a blank before it."""
    context = {"flash_attn": False}
    if method == "attention":
        context |= {"dtw_token_timestamps": True, "dtw_aheads_preset": TOPMOST, "dtw_n_top": LAYERS}
    loaded = Model(str(model), redirect_whispercpp_logs_to=None, print_progress=False, context_params=context, token_timestamps=True)
    loaded.transcribe(str(recording))
    found: list[tuple[bytes, float, float]] = []
    for segment in range(native.whisper_full_n_segments(loaded._ctx)):
        last = native.whisper_full_get_segment_t0(loaded._ctx, segment)
        for token in _text_tokens(loaded._ctx, segment):
            # The warped path tells where it leaves a token for the next one.
            start, end = (last, token.t_dtw) if method == "attention" else (token.t0, token.t1)
            last = end
            text = native.whisper_token_to_bytes(loaded._ctx, token.id)
            if found and not text.startswith(b" "):
                before, start, _ = found.pop()
                text = before + text
            found.append((text, start, end))
    return [(text.decode(errors="replace").strip(), start / 100, end / 100) for text, start, end in found]


def _text_tokens(context, segment: int):
    tokens = (native.whisper_full_get_token_data(context, segment, i) for i in range(native.whisper_full_n_tokens(context, segment)))
    return [token for token in tokens if token.id < native.whisper_token_eot(context)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("method", choices=METHODS)
    parser.add_argument("model", type=Path)
    parser.add_argument("recording", type=Path)
    arguments = parser.parse_args()
    print(json.dumps(words(arguments.method, arguments.model, arguments.recording)))


if __name__ == "__main__":
    main()
