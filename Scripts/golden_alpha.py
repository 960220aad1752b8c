#!/usr/bin/env python3
"""Allocates sparsity to blocks and matrices by spectra and by outliers, with transformers, and writes it.

    python3 Scripts/golden_alpha.py OUT.json MODEL…

Written from Lu et al., AlphaPruning (arXiv 2410.10912), and Yin et al., OWL (arXiv 2310.05175), and what
the code of their authors does; nothing here comes from Billhook. Needs torch, transformers and numpy.

OUT.json holds for each model, by the name of its directory, the windows that were measured, the exponents
of all projections, the ratios of outliers, and what shares and amounts make of them; and the exponents of
spectra that follow a power law.
"""

import json
import math
import os
import sys

import numpy
import torch

import golden_sparse

LEVELS = [1.5, 2, 5]
LAMBDA = 0.08
AMOUNTS = [0.3, 0.6, 0.85]
MOST = 0.95
EPSILON = 0.3
DENSITIES = [1.5, 2, 3, 4, 6]


# AlphaPruning


def hill(values, i):
    """The exponent of the density from the i-th value on."""
    n = len(values) - i
    logs = torch.log(values[i:])
    return 1 + n / (logs.sum() - n * logs[0]).item()


def distance(values, i, alpha):
    """How far the values from the i-th on are from a power law."""
    n = len(values) - i
    above = (values[i:] / values[i]) ** (1 - alpha)
    return (1 - above - torch.arange(n, dtype=torch.float64) / n).abs().max().item()


def middle(values):
    """The exponent from the middle on."""
    return hill(values, len(values) // 2)


def peak(values, bound):
    """The exponent from where values about the peak are nearest to a power law, and how much nearer than
    from anywhere else."""
    logs = torch.log10(values)
    low, high = logs.min().item(), logs.max().item()
    counts = torch.histc(logs, 100, min=low, max=high)
    edge = 10 ** torch.linspace(low, high, 101, dtype=torch.float64)[counts.argmax()].item()
    least = math.log10(0.95 * edge) if bound == "shipped" else 0.95 * edge
    found = []
    for i in range(len(values) - 1):
        if values[i] < least or values[i] > 1.5 * edge:
            continue
        alpha = hill(values, i)
        if alpha > 1:
            found.append((distance(values, i, alpha), alpha))
    found.sort()
    return found[0][1], found[1][0] - found[0][0] if len(found) > 1 else math.inf


def exponents(values):
    """All exponents of a spectrum, from the smallest value up."""
    shipped, gap = peak(values, "shipped")
    meant, other = peak(values, "meant")
    return {"middle": middle(values), "shipped": shipped, "meant": meant, "gap": min(gap, other)}


def spectrum(weight):
    """The squared singular values, from the smallest up."""
    return torch.linalg.svdvals(weight.double()).square().flip(0)


def mapped(alphas):
    """Exponents as shares."""
    low, high = min(alphas), max(alphas)
    return [(a - low) / (high - low) * 2 * EPSILON + 1 - EPSILON for a in alphas]


def parts(shares, sizes, amount):
    """Parts in proportion to shares, none above MOST, whose mean by size is the amount: found by
    bisection."""
    shares, sizes = numpy.array(shares), numpy.array(sizes, float)
    low, high = 0.0, 1e9
    for _ in range(400):
        scale = (low + high) / 2
        if (numpy.minimum(MOST, scale * shares) * sizes).sum() < amount * sizes.sum():
            low = scale
        else:
            high = scale
    return numpy.minimum(MOST, high * shares).tolist()


# OWL


def norms(model, windows):
    """The norms of what enters each linear layer of each block."""
    sums, hooks = {}, []

    def observe(key):
        def hook(module, args, output):
            x = args[0].reshape(-1, args[0].shape[-1]).double()
            sums[key] = sums.get(key, 0) + (x * x).sum(0)
        return hook

    for number, layer in enumerate(model.model.layers):
        for name, module in golden_sparse.linears(layer).items():
            hooks.append(module.register_forward_hook(observe((number, name))))
    for window in windows:
        model(torch.tensor([window]))
    for hook in hooks:
        hook.remove()
    return {key: value.sqrt() for key, value in sums.items()}


def outliers(values, level):
    """The share of values above so many times their mean, and how near any of them is to that."""
    limit = level * values.mean()
    return (values > limit).double().mean().item(), ((values - limit).abs().min() / limit).item()


def owl(ratios, sizes, amount):
    """The parts that go."""
    ratios, sizes = numpy.array(ratios), numpy.array(sizes, float)
    stays = (ratios - ratios.min()) / (ratios.max() - ratios.min()) * LAMBDA * 2
    stays = stays - (stays * sizes).sum() / sizes.sum() + (1 - amount)
    return (1 - stays).tolist()


def measure(path):
    """Everything about a model."""
    model = golden_sparse.opened(path)
    data = golden_sparse.windows(model.config.vocab_size)["calibration"]
    found = norms(model, data)
    matrices, block_outliers = {}, {str(level): [] for level in LEVELS}
    sizes, block_sizes, least = [], [], math.inf
    for number, layer in enumerate(model.model.layers):
        linears = golden_sparse.linears(layer)
        values = []
        for name, module in linears.items():
            matrices[f"{number}.{name}"] = exponents(spectrum(module.weight.data))
            sizes.append(module.weight.numel())
            values.append((module.weight.data.double().abs() * found[number, name]).flatten())
        block_sizes.append(sum(m.weight.numel() for m in linears.values()))
        for level in LEVELS:
            ratio, gap = outliers(torch.cat(values), level)
            block_outliers[str(level)].append(ratio)
            least = min(least, gap)
    fits, count = {}, len(matrices) // len(model.model.layers)
    for fit in ("middle", "shipped", "meant"):
        alphas = [entry[fit] for entry in matrices.values()]
        means = [float(numpy.mean(alphas[i:i + count])) for i in range(0, len(alphas), count)]
        fits[fit] = {
            "blocks": mapped(means), "matrices": mapped(alphas),
            "block_parts": {str(s): parts(mapped(means), block_sizes, s) for s in AMOUNTS},
            "matrix_parts": {str(s): parts(mapped(alphas), sizes, s) for s in AMOUNTS},
        }
    ratios = {
        level: {
            "ratios": ratios,
            "parts": {str(s): owl(ratios, block_sizes, s) for s in AMOUNTS}
            if max(ratios) > min(ratios) else {},
        } for level, ratios in block_outliers.items()
    }
    gap = min(entry.pop("gap") for entry in matrices.values())
    print(path, "gap of distances", gap, "of outliers", least)
    return {"calibration": data, "exponents": matrices, "fits": fits, "outliers": ratios}


def power_laws():
    """The exponents of 4,000 quantiles of a density that falls with a power."""
    laws = []
    for density in DENSITIES:
        ranks = (torch.arange(4000, dtype=torch.float64) + 0.5) / 4000
        found = exponents((1 - ranks) ** (-1 / (density - 1)))
        laws.append({"density": density, **{k: found[k] for k in ("middle", "shipped", "meant")}})
        print(laws[-1])
    return laws


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    with torch.no_grad():
        results = {
            "models": {os.path.basename(path.rstrip("/")): measure(path) for path in sys.argv[2:]},
            "laws": power_laws(),
        }
    with open(sys.argv[1], "w") as file:
        json.dump(results, file, separators=(",", ":"))
        file.write("\n")


if __name__ == "__main__":
    main()
