"""The criteria and perplexity once more, in PyTorch and transformers, to compare Billhook with.

Everything is computed the plain way: whole model in memory, autograd over all weights, one
forward pass for each removed block.

    python3 Scripts/reference.py scores MODEL TOKENS.txt CRITERION [SCORES.csv]
    python3 Scripts/reference.py perplexity MODEL TEXT.txt --length 256 --bos every
    python3 Scripts/reference.py saved PRUNED MODEL

TOKENS.txt and SCORES.csv are what a run keeps in its folder. CRITERION is ppl, magnitude1,
magnitude2, taylor_abs_sum or taylor_sum_abs. With SCORES.csv, the largest relative difference is
printed, and the exit status is 1 when it is over 1e-4. `saved` does the same for the logits of a
directory that Billhook saved, beside those of its source without the blocks that billhook.json says
were removed.
"""

import argparse
import csv
import json
import math
import pathlib
import sys

import torch
from torch.nn.functional import cross_entropy
from transformers import AutoModelForCausalLM, AutoTokenizer


def load(path):
    # Plain attention, because the faster kinds ignore the soft caps of Gemma 2.
    return AutoModelForCausalLM.from_pretrained(
        path, dtype=torch.float32, attn_implementation="eager"
    ).eval()


def read_windows(path):
    """Windows of token ids, each with the first position whose loss counts."""
    windows = []
    for line in open(path):
        parts = line.split()
        if "/" in parts or parts.count("|") > 1:
            raise SystemExit(f"{path}: windows of several texts, or with context later on, are not read")
        first = parts.index("|") if "|" in parts else 1
        windows.append(([int(part) for part in parts if part != "|"], first))
    return windows


def window_loss(model, window):
    """Summed loss and number of the targets of one window."""
    tokens, first = window
    ids = torch.tensor([tokens])
    logits = model(ids, use_cache=False).logits[0, first - 1 : -1].float()
    return cross_entropy(logits, ids[0, first:], reduction="sum"), len(tokens) - first


def mean_loss(model, windows):
    with torch.no_grad():
        parts = [window_loss(model, window) for window in windows]
    return sum(float(loss) for loss, _ in parts) / sum(count for _, count in parts)


def removal_losses(model, windows):
    """The mean loss without each block."""
    layers, types = model.model.layers, getattr(model.config, "layer_types", None)
    losses = []
    for removed in range(len(layers)):
        losses.append(mean_loss(without_blocks(model, [removed]), windows))
        model.model.layers = layers
        if types is not None:
            model.config.layer_types = types
    return losses


def scored_weights(layer):
    """The projections and norms of a block; biases do not count."""
    return [weight for name, weight in layer.named_parameters() if name.endswith("weight")]


def magnitudes(model, power):
    return [
        sum(float((weight.detach().double().abs() ** power).sum()) for weight in scored_weights(layer))
        for layer in model.model.layers
    ]


def taylor(model, windows, aggregate):
    """|mean gradient * weight|, or the mean over samples of |gradient * weight|, summed."""
    layers = model.model.layers
    total = sum(len(tokens) - first for tokens, first in windows)
    products = [[torch.zeros_like(weight) for weight in scored_weights(layer)] for layer in layers]
    for window in windows:
        model.zero_grad()
        loss, count = window_loss(model, window)
        (loss / (total if aggregate == "abs_sum" else count)).backward()
        for layer, sums in zip(layers, products):
            for weight, running in zip(scored_weights(layer), sums):
                product = (weight.grad * weight).detach()
                running += product if aggregate == "abs_sum" else product.abs() / len(windows)
    return [sum(float(running.abs().double().sum()) for running in sums) for sums in products]


def scores(model, windows, criterion):
    if criterion == "ppl":
        return removal_losses(model, windows)
    if criterion.startswith("magnitude"):
        return magnitudes(model, int(criterion.removeprefix("magnitude")))
    return taylor(model, windows, criterion.removeprefix("taylor_"))


def perplexity(model, ids, bos, length, mode):
    """As in Shortened LLaMA: windows without overlap, and the rest at the end is dropped."""
    if mode == "first":
        ids = [bos] + ids
    windows = [ids[start : start + length] for start in range(0, len(ids) - length + 1, length)]
    if mode == "every":
        windows = [[bos] + window for window in windows]
    loss = count = 0.0
    with torch.no_grad():
        for start in range(0, len(windows), 16):
            batch = torch.tensor(windows[start : start + 16])
            logits = model(batch, use_cache=False).logits[:, :-1].float()
            targets = batch[:, 1:].reshape(-1)
            losses = cross_entropy(logits.reshape(len(targets), -1), targets, reduction="none")
            loss += float(losses.double().sum())
            count += len(targets)
    return math.exp(loss / count), int(count)


def without_blocks(model, removed):
    kept = [index for index in range(len(model.model.layers)) if index not in removed]
    model.model.layers = torch.nn.ModuleList(model.model.layers[index] for index in kept)
    if getattr(model.config, "layer_types", None) is not None:
        model.config.layer_types = [model.config.layer_types[index] for index in kept]
    return model


def logits(model, windows):
    with torch.no_grad():
        return model(torch.tensor(windows), use_cache=False).logits


def compare_saved(pruned, source):
    record = json.loads((pathlib.Path(pruned) / "billhook.json").read_text())
    removed = [number for step in record["removed"] for number in step["removed"]]
    windows = torch.randint(
        0, source.config.vocab_size, (4, 64), generator=torch.Generator().manual_seed(1)
    ).tolist()
    found = logits(load(pruned), windows)
    expected = logits(without_blocks(source, removed), windows)
    difference = float((found - expected).abs().max() / expected.abs().max())
    print(f"without {removed}: largest difference {difference:.2e} of the largest logit")
    return difference


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    score = commands.add_parser("scores")
    score.add_argument("model")
    score.add_argument("tokens")
    score.add_argument("criterion")
    score.add_argument("scores", nargs="?")
    ppl = commands.add_parser("perplexity")
    ppl.add_argument("model")
    ppl.add_argument("text")
    ppl.add_argument("--length", type=int, required=True)
    ppl.add_argument("--bos", choices=["none", "first", "every"], required=True)
    saved = commands.add_parser("saved")
    saved.add_argument("pruned")
    saved.add_argument("model")
    options = parser.parse_args()
    model = load(options.model)

    if options.command == "saved":
        sys.exit(compare_saved(options.pruned, model) > 1e-4)

    if options.command == "perplexity":
        tokenizer = AutoTokenizer.from_pretrained(options.model)
        text = open(options.text, encoding="utf-8", newline="").read()
        ids = tokenizer(text, add_special_tokens=False)["input_ids"]
        value, count = perplexity(
            model, ids, model.config.bos_token_id, options.length, options.bos
        )
        print(f"{value:.6f} over {count} tokens")
        return

    expected = scores(model, read_windows(options.tokens), options.criterion)
    if options.scores is None:
        for block, value in enumerate(expected):
            print(f"{block},{value!r}")
        return
    found = [float(row["score"]) for row in csv.DictReader(open(options.scores))]
    difference = max(abs(a - b) / abs(b) for a, b in zip(found, expected, strict=True))
    print(f"{options.criterion}: {len(found)} scores, largest relative difference {difference:.2e}")
    sys.exit(difference > 1e-4)


if __name__ == "__main__":
    main()
