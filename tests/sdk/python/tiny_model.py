"""A language model of random weights, as a file that llama.cpp loads: 30 000 of them, made in a moment.

It has the shape of a Llama and a vocabulary of bytes and syllables. Read are bytes; written are syllables alone, since the
rows of all others are zero in the last matrix: at temperature 0 it writes for as long as it is let. The format is GGUF,
version 3: a header, fields by name, a list of tensors, and their numbers, each tensor from a multiple of 32 bytes on.
"""

import array
import itertools
import random
import struct
from pathlib import Path

CONTEXT, WIDTH, HEADS, HIDDEN = 16_384, 32, 2, 64
SYLLABLES = [f"\u2581{first}{second}" for first, second in itertools.product("bdfgklmnprst", "aeiou")]

# A message is its role and its text in a line; the text may come in parts.
TEMPLATE = (
    "{% for message in messages %}{{ message.role }}: {{ message.content }}\n{% endfor %}"
    "{% if add_generation_prompt %}assistant:{% endif %}"
)

# Types of a token.
NORMAL, UNKNOWN, CONTROL, BYTE = 1, 2, 3, 6
TOKENS = [("<unk>", UNKNOWN), ("<s>", CONTROL), ("</s>", CONTROL)]
TOKENS += [(f"<0x{byte:02X}>", BYTE) for byte in range(256)]
SILENT = len(TOKENS)
TOKENS += [(syllable, NORMAL) for syllable in SYLLABLES]


def _text(text: str) -> bytes:
    encoded = text.encode()
    return struct.pack("<Q", len(encoded)) + encoded


def _field(name: str, kind: int, value: bytes) -> bytes:
    return _text(name) + struct.pack("<I", kind) + value


def _string(name: str, value: str) -> bytes:
    return _field(name, 8, _text(value))


def _number(name: str, value: int) -> bytes:
    return _field(name, 4, struct.pack("<I", value))


def _list(name: str, kind: int, items: list[bytes]) -> bytes:
    return _field(name, 9, struct.pack("<IQ", kind, len(items)) + b"".join(items))


def _fields() -> list[bytes]:
    return [
        _string("general.architecture", "llama"),
        _string("general.name", "tiny"),
        _number("llama.context_length", CONTEXT),
        _number("llama.embedding_length", WIDTH),
        _number("llama.block_count", 1),
        _number("llama.feed_forward_length", HIDDEN),
        _number("llama.attention.head_count", HEADS),
        _number("llama.rope.dimension_count", WIDTH // HEADS),
        _number("llama.vocab_size", len(TOKENS)),
        _field("llama.attention.layer_norm_rms_epsilon", 6, struct.pack("<f", 1e-5)),
        _string("tokenizer.ggml.model", "llama"),
        _list("tokenizer.ggml.tokens", 8, [_text(text) for text, _ in TOKENS]),
        _list("tokenizer.ggml.scores", 6, [struct.pack("<f", 0)] * len(TOKENS)),
        _list("tokenizer.ggml.token_type", 5, [struct.pack("<i", kind) for _, kind in TOKENS]),
        _number("tokenizer.ggml.unknown_token_id", 0),
        _number("tokenizer.ggml.bos_token_id", 1),
        _number("tokenizer.ggml.eos_token_id", 2),
        _string("tokenizer.chat_template", TEMPLATE),
    ]


def _tensors() -> list[tuple[str, tuple[int, ...], array.array]]:
    weights = random.Random(7)

    def matrix(columns: int, rows: int) -> array.array:
        return array.array("f", (weights.gauss(0, columns**-0.5) for _ in range(columns * rows)))

    ones = array.array("f", [1.0] * WIDTH)
    output = matrix(WIDTH, len(TOKENS))
    output[: SILENT * WIDTH] = array.array("f", [0.0] * (SILENT * WIDTH))
    square = (WIDTH, WIDTH)
    return [
        ("token_embd.weight", (WIDTH, len(TOKENS)), matrix(WIDTH, len(TOKENS))),
        ("blk.0.attn_norm.weight", (WIDTH,), ones),
        *((f"blk.0.attn_{name}.weight", square, matrix(*square)) for name in ("q", "k", "v", "output")),
        ("blk.0.ffn_norm.weight", (WIDTH,), ones),
        *((f"blk.0.ffn_{name}.weight", (WIDTH, HIDDEN), matrix(WIDTH, HIDDEN)) for name in ("gate", "up")),
        ("blk.0.ffn_down.weight", (HIDDEN, WIDTH), matrix(HIDDEN, WIDTH)),
        ("output_norm.weight", (WIDTH,), ones),
        ("output.weight", (WIDTH, len(TOKENS)), output),
    ]


def write(path: Path) -> None:
    """The model as a file; always the same one."""

    def padded(data: bytes) -> bytes:
        return data + bytes(-len(data) % 32)

    fields, tensors = _fields(), _tensors()
    head = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(fields)) + b"".join(fields)
    body = b""
    for name, shape, numbers in tensors:
        head += _text(name) + struct.pack(f"<I{len(shape)}QIQ", len(shape), *shape, 0, len(body))
        body += padded(numbers.tobytes())
    path.write_bytes(padded(head) + body)
