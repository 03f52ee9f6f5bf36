"""The same weights as a model folder that faster-whisper opens, with no hub and no other framework between."""

import json
from pathlib import Path

import numpy as np
from ctranslate2.specs import WhisperSpec
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

from .chain import STEPS_IN_30_SECONDS, Vocabulary
from .random_model import Weights


def write(folder: Path, weights: Weights, quantization: str | None = "int8") -> None:
    """`quantization` is one of CTranslate2's, such as int8; None keeps 32-bit floats."""
    folder.mkdir(parents=True, exist_ok=True)
    shape = weights.shape
    spec = WhisperSpec(shape.encoder_layers, shape.heads, shape.decoder_layers, shape.heads)
    tensors = dict(weights.tensors())
    _encoder(spec.encoder, tensors)
    _decoder(spec.decoder, tensors)
    tokens = _tokens(weights.vocabulary)
    spec.register_vocabulary(tokens)
    spec.config.suppress_ids = []
    spec.config.suppress_ids_begin = [220, weights.vocabulary.end]
    spec.config.lang_ids = []
    spec.config.alignment_heads = [(shape.decoder_layers - 1, head) for head in range(shape.heads)]
    spec.validate()
    spec.optimize(quantization=quantization)
    spec.save(str(folder))
    _tokenizer(tokens, weights.vocabulary).save(str(folder / "tokenizer.json"))
    (folder / "preprocessor_config.json").write_text(json.dumps({"feature_size": shape.mels}))


def _encoder(spec, tensors: dict[str, np.ndarray]) -> None:
    for conv in ("conv1", "conv2"):
        layer = getattr(spec, conv)
        layer.weight, layer.bias = tensors[f"encoder.{conv}.weight"], tensors[f"encoder.{conv}.bias"].reshape(-1)
    spec.position_encodings.encodings = tensors["encoder.positional_embedding"]
    for number, layer in enumerate(spec.layer):
        name = f"encoder.blocks.{number}"
        _self_attention(layer.self_attention, tensors, f"{name}.attn")
        _mlp(layer.ffn, tensors, name)
    _norm(spec.layer_norm, tensors, "encoder.ln_post")


def _decoder(spec, tensors: dict[str, np.ndarray]) -> None:
    spec.embeddings.weight = tensors["decoder.token_embedding.weight"]
    spec.projection.weight = tensors["decoder.token_embedding.weight"]
    spec.position_encodings.encodings = tensors["decoder.positional_embedding"]
    for number, layer in enumerate(spec.layer):
        name = f"decoder.blocks.{number}"
        _self_attention(layer.self_attention, tensors, f"{name}.attn")
        cross = f"{name}.cross_attn"
        _norm(layer.attention.layer_norm, tensors, f"{cross}_ln")
        _linear(layer.attention.linear[0], tensors, f"{cross}.query")
        _joined(layer.attention.linear[1], tensors, cross, ("key", "value"))
        _linear(layer.attention.linear[2], tensors, f"{cross}.out")
        _mlp(layer.ffn, tensors, name)
    _norm(spec.layer_norm, tensors, "decoder.ln")


def _self_attention(spec, tensors: dict[str, np.ndarray], name: str) -> None:
    _norm(spec.layer_norm, tensors, f"{name}_ln")
    _joined(spec.linear[0], tensors, name, ("query", "key", "value"))
    _linear(spec.linear[1], tensors, f"{name}.out")


def _mlp(spec, tensors: dict[str, np.ndarray], name: str) -> None:
    _norm(spec.layer_norm, tensors, f"{name}.mlp_ln")
    _linear(spec.linear_0, tensors, f"{name}.mlp.0")
    _linear(spec.linear_1, tensors, f"{name}.mlp.2")


def _norm(spec, tensors: dict[str, np.ndarray], name: str) -> None:
    spec.gamma, spec.beta = tensors[f"{name}.weight"], tensors[f"{name}.bias"]


def _linear(spec, tensors: dict[str, np.ndarray], name: str) -> None:
    spec.weight, spec.bias = tensors[f"{name}.weight"], tensors[f"{name}.bias"]


def _joined(spec, tensors: dict[str, np.ndarray], name: str, parts: tuple[str, ...]) -> None:
    weights = [tensors[f"{name}.{part}.weight"] for part in parts]
    biases = [tensors.get(f"{name}.{part}.bias", np.zeros(len(w), np.float32)) for part, w in zip(parts, weights, strict=True)]
    spec.weight, spec.bias = np.concatenate(weights), np.concatenate(biases)


def _tokens(vocabulary: Vocabulary) -> list[str]:
    """Every token as GPT-2's byte alphabet writes it, special ones by name."""
    alphabet = _byte_alphabet()
    words = ["".join(alphabet[byte] for byte in word) for word in vocabulary.words[: vocabulary.end]]
    tokens = [*alphabet.values(), *words[len(alphabet) :]]  # the first 256 are the bytes, also those that are no text
    names = {
        vocabulary.end: "<|endoftext|>",
        vocabulary.start: "<|startoftranscript|>",
        vocabulary.transcribe - 1: "<|translate|>",
        vocabulary.transcribe: "<|transcribe|>",
        vocabulary.no_timestamps - 3: "<|startoflm|>",
        vocabulary.no_timestamps - 2: "<|startofprev|>",
        vocabulary.no_timestamps - 1: "<|nospeech|>",
        vocabulary.no_timestamps: "<|notimestamps|>",
        vocabulary.start + 1: "<|en|>",
    }
    tokens += [names.get(i, f"<|{i}|>") for i in range(len(tokens), vocabulary.first_timestamp)]
    return tokens + [f"<|{step * 0.02:.2f}|>" for step in range(STEPS_IN_30_SECONDS + 1)]


def _byte_alphabet() -> dict[int, str]:
    """GPT-2's, in its order: printable bytes stand for themselves, the others for characters from 256 on."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in printable]
    return {**{byte: chr(byte) for byte in printable}, **{byte: chr(256 + i) for i, byte in enumerate(others)}}


def _tokenizer(tokens: list[str], vocabulary: Vocabulary) -> Tokenizer:
    """It has to turn ids into text and special names into ids; what is text becomes single bytes, without merges."""
    tokenizer = Tokenizer(models.BPE({token: i for i, token in enumerate(tokens)}, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    special = tokens[vocabulary.end : vocabulary.first_timestamp]
    tokenizer.add_special_tokens([AddedToken(token, special=True) for token in special])
    return tokenizer
