#!/usr/bin/env python3
"""Prunes single weights of a small model as the papers say, with transformers, and writes what comes out.

    python3 Scripts/golden_sparse.py MODEL OUT.json [TOKENS.json]

Written from Sun et al., Wanda (arXiv 2306.11695), Frantar and Alistarh, SparseGPT (arXiv 2301.00774) and
Zhao et al. (arXiv 2410.15567), with the counts and the order of the blocks of the code that the authors
published; nothing here comes from Billhook. Needs torch and transformers.

TOKENS.json: {"calibration": [[ids]], "heldout": [[ids]]}; without it, random windows. OUT.json holds the
windows and, for each case, masks as bits, the loss of the sparse model, and some weights where a solver
moved them.
"""

import base64
import json
import sys

import numpy
import torch
from transformers import AutoModelForCausalLM

NAMES = {
    "q_proj": "query", "k_proj": "key", "v_proj": "value", "o_proj": "output",
    "gate_proj": "gate", "up_proj": "up", "down_proj": "down",
}

CASES = {
    "wanda 50": {"by": "wanda", "group": "row", "percent": 50},
    "wanda 70 matrix": {"by": "wanda", "group": "matrix", "percent": 70},
    "wanda 2:4": {"by": "wanda", "pattern": [2, 4]},
    "wanda 1:4": {"by": "wanda", "pattern": [1, 4]},
    "magnitude 50": {"by": "magnitude", "group": "matrix", "percent": 50},
    "magnitude 30 column": {"by": "magnitude", "group": "column", "percent": 30},
    "sparsegpt 50": {"by": "obs", "percent": 50, "slab": 16, "solver": "sweep"},
    "sparsegpt 2:4": {"by": "obs", "pattern": [2, 4], "slab": 16, "solver": "sweep"},
    "mrp 50": {"by": "obs", "percent": 50, "slab": 16, "solver": "joint"},
}

SEED = 9

# The weights that are written where a solver moves them.
SHOWN = [(0, "key"), (1, "output")]


def linears(layer):
    """The seven matrices of a block by Billhook's names."""
    return {NAMES[name.split(".")[-1]]: module for name, module in layer.named_modules()
            if isinstance(module, torch.nn.Linear)}


def opened(path):
    """The model in f32, its attention computed step by step."""
    model = AutoModelForCausalLM.from_pretrained(path, dtype=torch.float32,
                                                 attn_implementation="eager").eval()
    model.config.use_cache = False
    return model


def loss(model, windows):
    """The mean loss of a token in nats."""
    total, count = 0.0, 0
    for window in windows:
        ids = torch.tensor([window])
        logits = model(ids).logits[0, :-1].double()
        total += torch.nn.functional.cross_entropy(logits, ids[0, 1:], reduction="sum").item()
        count += len(window) - 1
    return total / count


# Masks


def lowest(scores, count):
    """A mask without the `count` lowest scores of each row; of equal ones the first go."""
    order = torch.sort(scores, dim=1, stable=True).indices[:, :count]
    return torch.ones_like(scores, dtype=torch.bool).scatter(1, order, False)


def pattern(scores, kept, size):
    """A mask with the highest `kept` of each `size` neighbours."""
    rows, columns = scores.shape
    order = torch.sort(scores.reshape(rows, -1, size), dim=2, stable=True).indices
    mask = torch.ones(rows, columns // size, size, dtype=torch.bool)
    return mask.scatter(2, order[:, :, : size - kept], False).reshape(rows, columns)


def choose(scores, case):
    """The mask of one matrix."""
    if "pattern" in case:
        return pattern(scores, *case["pattern"])
    share = case["percent"] / 100
    if case["group"] == "row":
        return lowest(scores, int(scores.shape[1] * share))
    if case["group"] == "column":
        return lowest(scores.T.contiguous(), int(scores.shape[0] * share)).T.contiguous()
    flat = scores.reshape(1, -1)
    return lowest(flat, int(flat.shape[1] * share)).reshape(scores.shape)


def gap(scores, mask, case):
    """The least difference between a weight that stays and one that goes, relative to it: where it is
    tiny, another rounding decides otherwise."""
    if "pattern" in case:
        groups, kept = (t.reshape(-1, case["pattern"][1]) for t in (scores, mask))
    elif case["group"] == "row":
        groups, kept = scores, mask
    elif case["group"] == "column":
        groups, kept = scores.T, mask.T
    else:
        groups, kept = scores.reshape(1, -1), mask.reshape(1, -1)
    highest = groups.masked_fill(kept, -1).amax(1)
    low = groups.masked_fill(~kept, float("inf")).amin(1)
    return ((low - highest) / low).min().item()


# Solvers


def solved(weight, gram, case):
    """The new weights and the mask of a matrix, chosen slab by slab from weights as they stand."""
    w = weight.double().clone()
    h = gram.clone()
    h += 0.01 * h.diagonal().mean() * torch.eye(len(h), dtype=torch.float64)
    upper = torch.linalg.cholesky(torch.linalg.inv(h), upper=True)
    mask = torch.ones_like(w, dtype=torch.bool)
    least, columns = float("inf"), w.shape[1]
    for a in range(0, columns, case["slab"]):
        b = min(a + case["slab"], columns)
        if "pattern" not in case:
            scores = w[:, a:b] ** 2 / upper.diagonal()[a:b] ** 2
            share = case["percent"] / 100
            count = int(w.shape[0] * b * share) - int(w.shape[0] * a * share)
            mask[:, a:b] = lowest(scores.reshape(1, -1), count).reshape(scores.shape)
            least = min(least, gap(scores, mask[:, a:b], {"group": "matrix"}))
        if case["solver"] == "sweep":
            for i in range(a, b):
                if "pattern" in case and (i - a) % case["pattern"][1] == 0:
                    end = i + case["pattern"][1]
                    scores = w[:, i:end] ** 2 / upper.diagonal()[i:end] ** 2
                    mask[:, i:end] = pattern(scores, *case["pattern"])
                    least = min(least, gap(scores, mask[:, i:end], case))
                error = torch.where(mask[:, i], 0.0, w[:, i]) / upper[i, i]
                w[:, i:] -= error[:, None] * upper[i, i:][None]
                w[:, i] = torch.where(mask[:, i], w[:, i], 0.0)
        else:
            inverse = torch.linalg.inv(h[a:, a:])
            for row in range(w.shape[0]):
                gone = (~mask[row, a:b]).nonzero()[:, 0]
                z = torch.linalg.solve(inverse[gone][:, gone], w[row, a:][gone])
                w[row, a:] -= z @ inverse[gone]
                w[row, a:][gone] = 0
    return torch.where(mask, w, 0.0).float(), mask, least


# The chain


def states_before(model, windows):
    """The hidden states before the first block, and what else each block is given."""
    found = []

    def catch(module, args, kwargs):
        found.append((args[0] if args else kwargs["hidden_states"], kwargs))
        raise StopIteration

    handle = model.model.layers[0].register_forward_pre_hook(catch, with_kwargs=True)
    for window in windows:
        try:
            model(torch.tensor([window]))
        except StopIteration:
            pass
    handle.remove()
    others = [{k: v for k, v in kwargs.items() if k != "hidden_states"} for _, kwargs in found]
    return [state for state, _ in found], others


def run(layer, states, others):
    """The hidden states after a block."""
    outputs = [layer(state, **other) for state, other in zip(states, others)]
    return [output[0] if isinstance(output, tuple) else output for output in outputs]


def sequential(model, windows, case):
    """Prunes block after block: each is measured after those before it are pruned."""
    states, others = states_before(model, windows)
    masks, least = {}, float("inf")
    for number, layer in enumerate(model.model.layers):
        grams = {}

        def observe(name):
            def hook(module, args, output):
                x = args[0].reshape(-1, args[0].shape[-1]).double()
                grams[name] = grams.get(name, 0) + x.T @ x
            return hook

        hooks = [m.register_forward_hook(observe(n)) for n, m in linears(layer).items()]
        run(layer, states, others)
        for hook in hooks:
            hook.remove()
        for name, module in linears(layer).items():
            weight = module.weight.data
            if case["by"] == "obs":
                module.weight.data, mask, found = solved(weight, grams[name], case)
            else:
                scores = weight.double().abs()
                if case["by"] == "wanda":
                    scores = scores * grams[name].diagonal().sqrt()
                mask = choose(scores, case)
                found = gap(scores, mask, case)
                module.weight.data = torch.where(mask, weight, 0.0)
            least = min(least, found)
            masks[f"{number}.{name}"] = mask
        states = run(layer, states, others)
    return masks, least


def bits(mask):
    """A mask as text: eight columns a byte, the first one lowest."""
    packed = numpy.packbits(mask.numpy(), axis=1, bitorder="little")
    return base64.b64encode(packed.tobytes()).decode()


def windows(vocabulary):
    """Random windows, by which no two weights at a border are so close that f32 cannot tell them apart."""
    generator = torch.Generator().manual_seed(SEED)
    ids = torch.randint(3, vocabulary, (14, 24), generator=generator).tolist()
    return {"calibration": ids[:10], "heldout": ids[10:]}


def main():
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    path, out = sys.argv[1:3]
    with torch.no_grad():
        model = opened(path)
        if len(sys.argv) == 4:
            with open(sys.argv[3]) as file:
                data = json.load(file)
        else:
            data = windows(model.config.vocab_size)
        results = {"tokens": data, "dense": loss(model, data["heldout"]), "cases": {}}
        for name, case in CASES.items():
            model = opened(path)
            masks, least = sequential(model, data["calibration"], case)
            found = {"setting": case, "loss": loss(model, data["heldout"]), "gap": least,
                     "masks": {key: bits(mask) for key, mask in masks.items()}}
            if "solver" in case:
                found["weights"] = {
                    f"{block}.{role}": base64.b64encode(
                        linears(model.model.layers[block])[role].weight.data.numpy().tobytes()
                    ).decode() for block, role in SHOWN
                }
            results["cases"][name] = found
            print(name, found["loss"], "gap", least)
    with open(out, "w") as file:
        json.dump(results, file, separators=(",", ":"))
        file.write("\n")


if __name__ == "__main__":
    main()
