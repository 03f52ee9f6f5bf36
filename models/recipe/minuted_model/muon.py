"""Muon: momentum whose update is orthogonalised, for the matrices; see `optimisers`.

Newton-Schulz iterations run on stacks of equal shapes, in bfloat16, which keeps
the overhead on a CPU at a few per cent of a step.
"""

from collections import defaultdict

import torch
from torch import Tensor, nn

COEFFICIENTS = (3.4445, -4.7750, 2.0315)


def orthogonalise(stack: Tensor, steps: int = 5) -> Tensor:
    """Push the singular values of each matrix of [count, rows <= columns] towards 1."""
    a, b, c = COEFFICIENTS
    x = stack.bfloat16()
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
            by_shape: dict[tuple[int, ...], list[tuple[nn.Parameter, Tensor]]] = defaultdict(list)
            for parameter in group["params"]:
                if parameter.grad is None:
                    continue
                state = self.state[parameter]
                momentum = state.setdefault("momentum", torch.zeros_like(parameter))
                momentum.lerp_(parameter.grad, 1 - group["momentum"])
                update = parameter.grad.lerp(momentum, group["momentum"])
                wide = update if update.shape[0] <= update.shape[1] else update.T
                by_shape[tuple(wide.shape)].append((parameter, wide))
            for shape, members in by_shape.items():
                updates = orthogonalise(torch.stack([wide for _, wide in members]))
                for (parameter, _), update in zip(members, updates, strict=True):
                    scale = max(1.0, parameter.shape[0] / parameter.shape[1]) ** 0.5
                    parameter.mul_(1 - group["lr"] * group["weight_decay"])
                    parameter.add_(update if tuple(parameter.shape) == shape else update.T, alpha=-group["lr"] * scale)


def optimisers(network: nn.Module, matrix_rate: float, other_rate: float) -> list[torch.optim.Optimizer]:
    """Muon for the matrices inside blocks; AdamW for embeddings, convolutions, norms and biases."""
    matrices, others = [], []
    for name, parameter in network.named_parameters():
        (matrices if ".blocks." in name and parameter.ndim == 2 else others).append(parameter)
    adam = torch.optim.AdamW(others, lr=other_rate, betas=(0.9, 0.98), weight_decay=0.0)
    return [Muon(matrices, matrix_rate), adam]
