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
from .network import Network

GUIDED = ((1, 0), (1, 1), (2, 0))  # (decoder layer, head)


@dataclass(frozen=True)
class Weights:
    phonemes: float = 0.5
    frames: float = 0.5
    guide: float = 1.0
    silence: float = 0.7


def losses(network: Network, batch: Batch, weights: Weights, no_speech_row: int) -> tuple[Tensor, dict[str, float]]:
    """The total, and its parts as numbers for the progress line."""
    memory = network.encoder(batch.mel, batch.offset)
    spelled = network.phoneme_head(memory)
    states, looks = network.decoder(batch.inputs, memory)
    chosen = batch.targets >= 0
    logits = network.decoder.logits(states[chosen]).float()
    log_probabilities = logits.log_softmax(-1)
    targets = batch.targets[chosen]
    told = log_probabilities.gather(1, targets[:, None])[:, 0]
    token = -(told * batch.weights[chosen]).sum() / batch.weights[chosen].sum()
    parts = {"token": token}
    if batch.silent.any():
        first = batch.first[chosen] & batch.silent[:, None].expand_as(chosen)[chosen]
        parts["silence"] = -log_probabilities[first, no_speech_row].sum() / len(batch.silent)
    parts["phonemes"] = _phonemes(spelled.float(), batch)
    parts["frames"] = F.cross_entropy(network.frame_head(memory).float().flatten(0, 1), batch.frames.flatten())
    parts["guide"] = _guide(looks, batch)
    total = token + sum(getattr(weights, name) * value for name, value in parts.items() if name != "token")
    with torch.no_grad():
        parts["right"] = (logits.argmax(-1) == targets).float().mean()
    return total, {name: value.item() for name, value in parts.items()}


def _phonemes(spelled: Tensor, batch: Batch) -> Tensor:
    known = batch.phoneme_counts > 0
    if not known.any():
        return spelled.sum() * 0.0
    log_probabilities = spelled[known].log_softmax(-1).transpose(0, 1)
    counts = batch.phoneme_counts[known]
    lengths = torch.full_like(counts, log_probabilities.shape[0])
    each = F.ctc_loss(log_probabilities, batch.phonemes[known], lengths, counts, reduction="none", zero_infinity=True)
    return each.sum() / counts.sum()


def _guide(looks: list[Tensor], batch: Batch) -> Tensor:
    """Minus the log of the attention that falls where the token is said (with a little margin)."""
    heads = torch.stack([looks[layer][:, head] for layer, head in GUIDED], dim=1).float()
    place = torch.arange(heads.shape[-1], device=heads.device)
    inside = (place >= batch.span_starts[..., None]) & (place <= batch.span_ends[..., None])
    mass = (heads * inside[:, None]).sum(-1)
    told = (batch.span_starts >= 0)[:, None].expand_as(mass)
    return -(mass[told] + 1e-4).log().mean()
