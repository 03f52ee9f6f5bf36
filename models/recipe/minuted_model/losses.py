"""What is minimised: next token, phonemes, where attention looks, and silence.

The phoneme losses give the encoder a reason to hear before the decoder can
tell it what for: which sound at each position (rough, but it teaches from the
first step) and which sounds in order (CTC: exact, but flat at first).  The
guide gives attention its first idea of where a token is said.  All three are
scaffolding: their weights fall with time.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from .batches import Batch
from .network import GUIDED, Network


@dataclass(frozen=True)
class Weights:
    phonemes: float = 0.5
    frames: float = 0.5
    guide: float = 1.0
    silence: float = 0.7


def losses(network: Network, mel: Tensor, batch: Batch, weights: Weights, no_speech_row: int) -> tuple[Tensor, dict[str, Tensor]]:
    """The total, and its parts for the progress line."""
    memory = network.encoder(mel, batch.offset)
    states, looks = network.decoder(batch.inputs, memory)
    logits = network.decoder.logits(states.flatten(0, 1)[batch.predicted]).float()
    log_probabilities = logits.log_softmax(-1)
    told = log_probabilities.gather(1, batch.targets[:, None])[:, 0]
    parts = {"token": -(told * batch.weights).sum() / batch.weights.sum()}
    if len(batch.silent):
        parts["silence"] = -log_probabilities[batch.silent, no_speech_row].sum() / len(batch.inputs)
    if memory.requires_grad:
        parts["phonemes"] = _phonemes(network.phoneme_head(memory).float(), batch)
        parts["frames"] = F.cross_entropy(network.frame_head(memory).float().flatten(0, 1), batch.frames.flatten())
    parts["guide"] = _guide(looks, batch)
    total = parts["token"] + sum(getattr(weights, name) * value for name, value in parts.items() if name != "token")
    with torch.no_grad():
        parts["right"] = (logits.argmax(-1) == batch.targets).float().mean()
    return total, {name: value.detach() for name, value in parts.items()}


def _phonemes(spelled: Tensor, batch: Batch) -> Tensor:
    log_probabilities = spelled.log_softmax(-1).transpose(0, 1)
    counts = batch.phoneme_counts
    lengths = torch.full_like(counts, log_probabilities.shape[0])
    each = F.ctc_loss(log_probabilities, batch.phonemes, lengths, counts, reduction="none", zero_infinity=True)
    return each.sum() / max(1, int(counts.sum()))


def _guide(looks: dict[int, Tensor], batch: Batch) -> Tensor:
    """Minus the log of the attention that falls where the token is said (with a little margin)."""
    heads = torch.stack([looks[layer][:, head] for layer, head in GUIDED], dim=1).float()
    place = torch.arange(heads.shape[-1], device=heads.device)
    inside = (place >= batch.span_starts[..., None]) & (place <= batch.span_ends[..., None])
    mass = (heads * inside[:, None]).sum(-1)
    told = (batch.span_starts >= 0)[:, None]
    return -((mass + 1e-4).log() * told).sum() / (len(GUIDED) * told.sum()).clamp_min(1)
