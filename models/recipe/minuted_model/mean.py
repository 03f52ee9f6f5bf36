"""The mean of model files, tensor by tensor, which knows more than each of them.

    python -m minuted_model.mean TO FILE:SHARE FILE:SHARE...

A network that has learnt something new has lost a little of what it knew; a
mean of the files before and after has most of both (Wortsman et al., 2022,
"Robust fine-tuning of zero-shot models").  Shares are of one training's files:
networks that began apart have no mean.
"""

import argparse
import math
from pathlib import Path

from . import ggml
from .train import blank_network
from .vocabulary import Vocabulary, used_tokens


def mean(target: Path, parts: list[tuple[Path, float]]) -> None:
    """Write the weighted mean of these files' weights; `parts` are files and their shares."""
    vocabulary = Vocabulary(used_tokens())
    networks = [blank_network(vocabulary) for _ in parts]
    for network, (path, _) in zip(networks, parts, strict=True):
        ggml.load_weights(path, network, vocabulary)
    states = [network.state_dict() for network in networks]
    shares = [share for _, share in parts]
    whole = {name: sum(share * state[name] for share, state in zip(shares, states, strict=True)) for name in states[0]}
    networks[0].load_state_dict(whole)
    ggml.write(target, networks[0], vocabulary)


def _part(text: str) -> tuple[Path, float]:
    path, share = text.rsplit(":", 1)
    return Path(path), float(share)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("target", type=Path, metavar="TO", help="the model file to write")
    parser.add_argument("parts", type=_part, nargs="+", metavar="FILE:SHARE", help="a model file, and how much of it; shares sum to 1")
    arguments = parser.parse_args()
    if not math.isclose(sum(share for _, share in arguments.parts), 1.0, abs_tol=1e-6):
        parser.error("the shares do not sum to 1")
    mean(arguments.target, arguments.parts)
    print(ggml.described(arguments.target))


if __name__ == "__main__":
    main()
