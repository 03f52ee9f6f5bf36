"""The network: Whisper's architecture at small dimensions, in PyTorch.

Parameter names and shapes are those of Whisper's own checkpoints, so that
`ggml.py` can write them without a translation table.  Three things differ
from the usual implementation, all of them for training:

* the vocabulary is *reduced*: only the rows of the tied embedding that our
  text can use exist (see `vocabulary.py`); export scatters them back;
* the last dimension of the embedding is reserved, so that rows which were
  never trained can be given a logit of -60 at export (`RESERVED_BIAS`);
* attention is spelt out (softmax of a product) where the guide loss needs the
  weights, and on a CPU, where it is the faster form.

GELU is the exact form, which is faster to train; whisper.cpp's tanh form
differs from it by less than 0.0005.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

RESERVED_BIAS = 4.0
UNUSED_ROW = -15.0
GUIDED = ((1, 0), (1, 1), (2, 0))  # (decoder layer, head) whose attention is told where to look


@dataclass(frozen=True)
class Shape:
    """The dimensions of a model; the defaults are the bundled one's."""

    width: int = 192
    heads: int = 3
    encoder_layers: int = 6
    decoder_layers: int = 4  # two would make whisper.cpp take it for a distilled model
    mels: int = 80
    audio_positions: int = 1500
    text_positions: int = 448


@cache
def fast_bfloat16(device: torch.device) -> bool:
    """Whether the device multiplies bfloat16 itself; on a processor that does not, it is a hundred times slower than float32."""
    return device.type == "cuda" or "avx512_bf16" in Path("/proc/cpuinfo").read_text()


def sinusoids(length: int, width: int) -> Tensor:
    """Whisper's fixed positional embedding of the encoder."""
    rates = torch.exp(-torch.arange(width // 2) * (torch.log(torch.tensor(10000.0)) / (width // 2 - 1)))
    angles = torch.arange(length)[:, None] * rates[None, :]
    return torch.cat([angles.sin(), angles.cos()], dim=1)


class Attention(nn.Module):
    def __init__(self, width: int, heads: int):
        super().__init__()
        self.heads = heads
        self.query = nn.Linear(width, width)
        self.key = nn.Linear(width, width, bias=False)
        self.value = nn.Linear(width, width)
        self.out = nn.Linear(width, width)

    def _split(self, x: Tensor) -> Tensor:
        batch, length, width = x.shape
        return x.view(batch, length, self.heads, width // self.heads).transpose(1, 2)

    def forward(self, x: Tensor, memory: Tensor, causal: bool = False, told: bool = False) -> tuple[Tensor, Tensor | None]:
        """Attend from `x` to `memory`; also returns the weights [batch, heads, x, memory] if they are to be told."""
        query, key, value = self._split(self.query(x)), self._split(self.key(memory)), self._split(self.value(memory))
        if x.is_cuda and not told:
            weights, mixed = None, F.scaled_dot_product_attention(query, key, value, is_causal=causal)
        else:
            scores = (query * (query.shape[-1] ** -0.5)) @ key.transpose(-1, -2)
            if causal:
                scores = scores + torch.full(scores.shape[-2:], float("-inf"), device=x.device).triu(1)
            weights = scores.softmax(dim=-1)
            mixed = weights.to(value.dtype) @ value
        return self.out(mixed.transpose(1, 2).flatten(2)), weights


class Block(nn.Module):
    """Pre-norm transformer block; with cross-attention in the decoder."""

    def __init__(self, width: int, heads: int, cross: bool):
        super().__init__()
        self.attn = Attention(width, heads)
        self.attn_ln = nn.LayerNorm(width)
        self.cross_attn = Attention(width, heads) if cross else None
        self.cross_attn_ln = nn.LayerNorm(width) if cross else None
        self.mlp = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))
        self.mlp_ln = nn.LayerNorm(width)

    def forward(self, x: Tensor, memory: Tensor | None = None, told: bool = False) -> tuple[Tensor, Tensor | None]:
        normed, looked = self.attn_ln(x), None
        x = x + self.attn(normed, normed, causal=memory is not None)[0]
        if memory is not None:
            step, looked = self.cross_attn(self.cross_attn_ln(x), memory, told=told)
            x = x + step
        return x + self.mlp(self.mlp_ln(x)), looked


class Encoder(nn.Module):
    def __init__(self, shape: Shape):
        super().__init__()
        self.conv1 = nn.Conv1d(shape.mels, shape.width, 3, padding=1)
        self.conv2 = nn.Conv1d(shape.width, shape.width, 3, stride=2, padding=1)
        self.register_buffer("positional_embedding", sinusoids(shape.audio_positions, shape.width))
        self.blocks = nn.ModuleList(Block(shape.width, shape.heads, False) for _ in range(shape.encoder_layers))
        self.ln_post = nn.LayerNorm(shape.width)

    def forward(self, mel: Tensor, offset: Tensor) -> Tensor:
        """[batch, mels, frames] to [batch, frames / 2, width], as if each began at its `offset`."""
        x = F.gelu(self.conv1(mel))
        x = F.gelu(self.conv2(x)).transpose(1, 2)
        x = x + self.positional_embedding[offset[:, None] + torch.arange(x.shape[1], device=x.device)]
        for block in self.blocks:
            x, _ = block(x)
        return self.ln_post(x)


class Decoder(nn.Module):
    def __init__(self, shape: Shape, rows: int):
        super().__init__()
        self.token_embedding = nn.Embedding(rows, shape.width)
        self.positional_embedding = nn.Parameter(torch.randn(shape.text_positions, shape.width) * 0.01)
        self.blocks = nn.ModuleList(Block(shape.width, shape.heads, True) for _ in range(shape.decoder_layers))
        self.ln = nn.LayerNorm(shape.width)
        spared = torch.ones(shape.width)
        spared[-1] = 0.0
        self.register_buffer("spared", spared, persistent=False)

    def forward(self, rows: Tensor, memory: Tensor) -> tuple[Tensor, dict[int, Tensor]]:
        """Token rows [batch, length] to final states, and the cross-attention of each guided layer."""
        x = F.embedding(rows, self.token_embedding.weight * self.spared) + self.positional_embedding[: rows.shape[1]]
        guided, looks = {layer for layer, _ in GUIDED}, {}
        for layer, block in enumerate(self.blocks):
            x, looked = block(x, memory, told=self.training and layer in guided)
            if looked is not None:
                looks[layer] = looked
        return self.ln(x) * self.spared, looks

    def logits(self, states: Tensor) -> Tensor:
        return F.linear(states, self.token_embedding.weight * self.spared)


class Network(nn.Module):
    """Encoder, decoder and the auxiliary heads that spell phonemes (never exported)."""

    def __init__(self, shape: Shape, rows: int, phonemes: int):
        super().__init__()
        self.shape = shape
        self.encoder = Encoder(shape)
        self.decoder = Decoder(shape, rows)
        self.phoneme_head = nn.Linear(shape.width, phonemes)  # which sounds, in order (CTC)
        self.frame_head = nn.Linear(shape.width, phonemes)  # which sound at each position
        nn.init.normal_(self.decoder.token_embedding.weight, std=0.05)
