"""Muon: momentum whose update is orthogonalised, for the matrices; see `optimisers`.

Newton-Schulz iterations run on stacks of equal shapes, in bfloat16 where that is fast.
"""

from collections import defaultdict

import torch
from torch import Tensor, nn

from .network import fast_bfloat16

COEFFICIENTS = (3.4445, -4.7750, 2.0315)


def orthogonalise(stack: Tensor, steps: int = 5) -> Tensor:
    """Push the singular values of each matrix of [count, rows <= columns] towards 1."""
    a, b, c = COEFFICIENTS
    x = stack.bfloat16() if fast_bfloat16(stack.device) else stack
    x = x / (x.norm(dim=(1, 2), keepdim=True) + 1e-7)
    for _ in range(steps):
        gram = x @ x.mT
        x = a * x + (b * gram + c * gram @ gram) @ x
    return x.to(stack.dtype)


class Muon(torch.optim.Optimizer):
    def __init__(self, parameters, lr: float, momentum: float = 0.95, weight_decay: float = 0.01):
        super().__init__(parameters, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self) -> None:
        for group in self.param_groups:
            told = [p for p in group["params"] if p.grad is not None]
            gradients = [p.grad for p in told]
            momenta = [self.state[p].setdefault("momentum", torch.zeros_like(p)) for p in told]
            torch._foreach_mul_(momenta, group["momentum"])
            torch._foreach_add_(momenta, gradients, alpha=1 - group["momentum"])
            updates = torch._foreach_mul(momenta, group["momentum"])
            torch._foreach_add_(updates, gradients, alpha=1 - group["momentum"])
            by_shape: dict[tuple[int, ...], list[tuple[nn.Parameter, Tensor]]] = defaultdict(list)
            for parameter, update in zip(told, updates, strict=True):
                wide = update if update.shape[0] <= update.shape[1] else update.T
                by_shape[tuple(wide.shape)].append((parameter, wide))
            torch._foreach_mul_(told, 1 - group["lr"] * group["weight_decay"])
            for members in by_shape.values():
                stack = orthogonalise(torch.stack([wide for _, wide in members]))
                scales = [max(1.0, p.shape[0] / p.shape[1]) ** 0.5 for p, _ in members]
                turned = [u if p.shape == u.shape else u.T for (p, _), u in zip(members, stack, strict=True)]
                torch._foreach_add_([p for p, _ in members], torch._foreach_mul(turned, [-group["lr"] * s for s in scales]))


def optimisers(network: nn.Module, matrix_rate: float, other_rate: float) -> list[torch.optim.Optimizer]:
    """Of what is to be trained: Muon for the matrices inside blocks; AdamW for embeddings, convolutions, norms and biases."""
    matrices, others = [], []
    for name, parameter in network.named_parameters():
        if not parameter.requires_grad:
            continue
        (matrices if ".blocks." in name and parameter.ndim == 2 else others).append(parameter)
    fused = {"fused": True} if others[0].is_cuda else {}
    adam = torch.optim.AdamW(others, lr=other_rate, betas=(0.9, 0.98), weight_decay=0.0, **fused)
    return [Muon(matrices, matrix_rate), adam]
