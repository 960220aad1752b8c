#!/usr/bin/env python3
"""Writes what a search by policy gradients does in a few steps, computed independently.

Usage: Scripts/golden_search.py, from the repository's root; writes Tests/Fixtures/search.

The formulas are those of Bypass Back-propagation (arXiv 2406.10576, section 3) and of its authors' code:
probabilities as torch tensors in f64, masks and losses that are drawn here and written down, a learning
rate that torch's own cosine schedule gives. The projection onto the budget is found by sorting the
corners of the sum, another way than halving. Nothing of Billhook is used.
"""

import json
import pathlib

import torch

EPSILON = 1e-7


def project(s, kept):
    """The nearest point of the cube with the given sum, by the corners of the sum."""
    corners = torch.cat([s, s - 1]).sort().values
    sums = [(s - v).clamp(0, 1).sum().item() for v in corners]
    for low, high, above, below in zip(corners, corners[1:], sums, sums[1:]):
        if above >= kept >= below and above > below:
            v = low + (high - low) * (above - kept) / (above - below)
            return (s - v).clamp(0, 1)
    raise ValueError("no such sum")


def start(scores, kept):
    """A sigmoid of z-scores whose mean is the part that stays."""
    z = (scores - scores.mean()) / scores.std()
    return project(torch.sigmoid(z), kept)


def course(scores, kept, gradient, steps, draws, window, rate, generator):
    """Steps of the search with the probabilities before the first and after each of them."""
    s = start(scores, kept)
    # As the authors' code: an optimiser that only drives the schedule.
    optimiser = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=rate)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, T_max=steps, eta_min=0)
    baseline = None
    record = {"start": s.tolist(), "steps": []}
    for _ in range(steps):
        masks = (torch.rand(draws, len(s), generator=generator, dtype=torch.float64) < s).double()
        losses = 3 + torch.rand(draws, generator=generator, dtype=torch.float64)
        mean = losses.mean().item()
        baseline = mean if baseline is None else (1 - 1 / window) * baseline + mean / window
        if gradient == "preconditioned":
            scores_of_masks = (masks - s) / torch.sqrt((s + EPSILON) * (1 - s + EPSILON))
        else:
            scores_of_masks = torch.where(masks == s, 0.0, (masks - s) / (s * (1 - s)))
        slope = ((losses - baseline).unsqueeze(1) * scores_of_masks).sum(0) / (draws - 1)
        s = s - schedule.get_last_lr()[0] * slope
        optimiser.step()
        schedule.step()
        s = project(s, kept) if s.clamp(0, 1).sum() > kept else s.clamp(0, 1)
        record["steps"].append(
            {"masks": masks.int().tolist(), "losses": losses.tolist(), "after": s.tolist()}
        )
    return record


def main():
    folder = pathlib.Path("Tests/Fixtures/search")
    folder.mkdir(parents=True, exist_ok=True)
    generator = torch.Generator().manual_seed(7)
    scores = torch.rand(40, generator=generator, dtype=torch.float64) ** 3 * 10
    cases = []
    for gradient in ["preconditioned", "unbiased"]:
        for draws, window in [(2, 5), (4, 10)]:
            found = course(scores, 28, gradient, 12, draws, window, 0.05, generator)
            setting = {"gradient": gradient, "draws": draws, "window": window, "rate": 0.05}
            cases.append({**setting, "kept": 28, "scores": scores.tolist(), **found})
    path = folder / "policy_gradient.json"
    path.write_text(json.dumps(cases, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
