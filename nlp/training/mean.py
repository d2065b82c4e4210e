"""The mean of several runs' weights: `python -m nlp.training.mean A.pt 0.3 B.pt 0.7 --out mean.pt`.

Runs that go on from one another lie in one basin; their mean reads other kinds of text better than the last one does
(Wortsman et al. 2022, "Model soups").
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor


def main(argv: Sequence[str] | None = None) -> None:
    """Write the weighted mean of what `train` wrote; the shares are divided by their sum."""
    parser = argparse.ArgumentParser("python -m nlp.training.mean", description=__doc__)
    parser.add_argument("parts", nargs="+", metavar="FILE SHARE", help="weights and their share, in turns")
    parser.add_argument("--out", type=Path, required=True)
    told = parser.parse_args(argv)
    shares = [float(share) for share in told.parts[1::2]]
    weights = [torch.load(file, weights_only=True) for file in told.parts[::2]]
    torch.save(mean(weights, shares), told.out)


def mean(weights: Sequence[dict[str, Tensor]], shares: Sequence[float]) -> dict[str, Tensor]:
    """Return the mean of `weights`, each counting by its share. Raises ValueError when one has no share."""
    each = list(zip(weights, shares, strict=True))
    return {name: sum(share * part[name] for part, share in each) / sum(shares) for name in weights[0]}


if __name__ == "__main__":
    main()
