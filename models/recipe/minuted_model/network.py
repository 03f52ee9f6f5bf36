"""The network: Whisper's architecture at small dimensions, in PyTorch.

Parameter names and shapes are those of Whisper's own checkpoints, so that
`ggml.py` can write them without a translation table.  Three things differ
from the usual implementation, all of them for training:

* the vocabulary is *reduced*: only the rows of the tied embedding that our
  text can use exist (see `vocabulary.py`); export scatters them back;
* the last dimension of the embedding is reserved, so that rows which were
  never trained can be given a logit of -60 at export (`RESERVED_BIAS`);
* attention is spelt out (softmax of a product), because the guide loss needs
  the weights and because it is the faster form on a CPU.

GELU is the exact form, which is faster to train; whisper.cpp's tanh form
differs from it by less than 0.0005.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

RESERVED_BIAS = 4.0
UNUSED_ROW = -15.0


@dataclass(frozen=True)
class Shape:
    """The dimensions of a model; the defaults are the bundled one's."""

    width: int = 192
    heads: int = 3
    encoder_layers: int = 4
    decoder_layers: int = 3  # two would make whisper.cpp take it for a distilled model
    mels: int = 80
    audio_positions: int = 1500
    text_positions: int = 448


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

    def forward(self, x: Tensor, memory: Tensor, mask: Tensor | None) -> tuple[Tensor, Tensor]:
        """Attend from `x` to `memory`; also returns the weights [batch, heads, x, memory]."""
        query = self._split(self.query(x))
        key = self._split(self.key(memory))
        value = self._split(self.value(memory))
        scores = (query * (query.shape[-1] ** -0.5)) @ key.transpose(-1, -2)
        if mask is not None:
            scores = scores + mask
        weights = scores.softmax(dim=-1)
        mixed = (weights @ value).transpose(1, 2).flatten(2)
        return self.out(mixed), weights


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

    def forward(self, x: Tensor, memory: Tensor | None = None, mask: Tensor | None = None):
        normed = self.attn_ln(x)
        x = x + self.attn(normed, normed, mask)[0]
        looked = None
        if self.cross_attn is not None:
            step, looked = self.cross_attn(self.cross_attn_ln(x), memory, None)
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
        causal = torch.full((shape.text_positions, shape.text_positions), float("-inf")).triu(1)
        self.register_buffer("causal", causal, persistent=False)

    def forward(self, rows: Tensor, memory: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Token rows [batch, length] to final states, and each layer's cross-attention."""
        length = rows.shape[1]
        x = F.embedding(rows, self.token_embedding.weight * self.spared) + self.positional_embedding[:length]
        looks = []
        for block in self.blocks:
            x, looked = block(x, memory, self.causal[:length, :length])
            looks.append(looked)
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
