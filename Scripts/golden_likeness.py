#!/usr/bin/env python3
"""Writes Tests/Fixtures/likeness.json: how much a pruned model predicts like the whole one.

    python3 Scripts/golden_likeness.py
    python3 Scripts/golden_likeness.py --model DIR --without 20,21,22 --text FILE --windows 8 --length 256

The second form prints the numbers for a model of yours, on the first windows of a text, which lie beside
OUT with `--out`, one window of token ids a line. The definitions are those of llama.cpp's
`llama-perplexity --kl-divergence` (tools/perplexity/perplexity.cpp), computed here from whole distributions
of transformers in f64; with k, the tokens beyond the k likeliest of the whole model are added up first.
`missed` is how much larger the divergence of the whole distributions is on average, `bound` the bound on
it that Docs/Plugins/likeness.md states. Nothing of Billhook is used. Needs torch and transformers.
"""

import argparse
import json
import time
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

ROOT = Path(__file__).parent.parent

FIXTURES = ROOT / "Tests/Fixtures"

# Two random models, and the trained one of Examples, which is sure of most tokens.
MODELS = {"llama-gqa": [1], "gemma2": [2], "tiny": [1, 2, 3, 4, 5, 6, 7]}


def opened(path, dtype=torch.float64):
    # Plain attention, because the faster kinds ignore the soft caps of Gemma 2.
    return AutoModelForCausalLM.from_pretrained(path, dtype=dtype, attn_implementation="eager").eval()


def without(model, removed):
    kept = [layer for number, layer in enumerate(model.model.layers) if number not in removed]
    types = getattr(model.config, "layer_types", None)
    model.model.layers = torch.nn.ModuleList(kept)
    if types is not None:
        model.config.layer_types = [kind for number, kind in enumerate(types) if number not in removed]
    model.config.num_hidden_layers = len(kept)
    return model


def distributions(model, windows):
    """The log-probabilities before each target, in f64: `[targets, vocabulary]`."""
    found = []
    with torch.no_grad():
        for tokens, first in windows:
            logits = model(torch.tensor([tokens]), use_cache=False).logits[0]
            found.append(torch.log_softmax(logits[first - 1 : -1].double(), -1))
    return torch.cat(found)


def mean_and_error(values):
    count = len(values)
    mean = values.sum().item() / count
    variance = (values * values).sum().item() / count - mean * mean
    return mean, (variance / (count - 1)) ** 0.5 if count > 10 and variance > 0 else 0.0


def quantile(ordered, fraction):
    place = fraction * (len(ordered) - 1)
    below = int(place)
    part = place - below
    after = min(below + 1, len(ordered) - 1)
    return ((1 - part) * ordered[below] + part * ordered[after]).item()


def grouped(p, q, k):
    """The log-probabilities of the k likeliest tokens of p and of all others together, in p and in q."""
    top = p.topk(k).indices
    rest = torch.ones_like(p, dtype=torch.bool).scatter(1, top, False)

    def parts(x):
        others = torch.logsumexp(x.masked_fill(~rest, -torch.inf), -1, keepdim=True)
        return torch.cat([x.gather(1, top), others], 1)

    return parts(p), parts(q)


def divergence(p, q):
    return (p.exp() * (p - q)).sum(-1)


def likeness(p, q, targets, k=None):
    whole = divergence(p, q)
    kept = (p, q) if k is None else grouped(p, q, k)
    values = divergence(*kept)
    ordered = values.sort().values
    count = len(values)
    mean, error = mean_and_error(values)
    same = (p.argmax(-1) == q.argmax(-1)).double().mean().item()
    change = (q.gather(1, targets[:, None]).exp() - p.gather(1, targets[:, None]).exp())[:, 0]
    change_mean, change_error = mean_and_error(change)
    square, square_error = mean_and_error(change * change)
    rms = square**0.5
    half = count // 2
    median = ordered[half] if count % 2 else (ordered[half] + ordered[half - 1]) / 2
    found = {
        "kl": mean,
        "kl_error": error,
        "median": median.item(),
        "quantiles": [quantile(ordered, share) for share in (0.9, 0.95, 0.99)],
        "same_top": same,
        "same_top_error": (same * (1 - same) / (count - 1)) ** 0.5,
        "change": change_mean,
        "change_error": change_error,
        "rms_change": rms,
        "rms_change_error": 0.5 / rms * square_error,
    }
    if k is not None:
        least, rest = kept[0][:, k - 1], kept[0][:, k]
        bound = rest.exp() * (
            (least - rest).clamp(max=0) + kept[1][:, k] - q.min(-1).values
        )
        found["missed"] = (whole - values).mean().item()
        found["bound"] = bound.mean().item()
        found["rest"] = rest.exp().mean().item()
    return found


def targets_of(windows):
    return torch.tensor([token for tokens, first in windows for token in tokens[first:]])


def fixture_windows(name, folder):
    lengths = [(33, 1), (33, 1), (33, 1), (20, 6), (29, 1), (2, 1)]
    if name == "tiny":
        text = (ROOT / "Examples/Data/heldout.txt").read_text(encoding="utf-8")
        ids = AutoTokenizer.from_pretrained(folder)(text, add_special_tokens=False)["input_ids"]
        starts = [sum(length for length, _ in lengths[:number]) for number in range(len(lengths))]
        return [(ids[start : start + length], first) for start, (length, first) in zip(starts, lengths)]
    vocabulary = json.loads((folder / "config.json").read_text())["vocab_size"]
    generator = torch.Generator().manual_seed(11)
    return [
        (torch.randint(3, vocabulary, (length,), generator=generator).tolist(), first)
        for length, first in lengths
    ]


def fixtures():
    found = {}
    for name, removed in MODELS.items():
        folder = ROOT / "Examples/Models/tiny" if name == "tiny" else FIXTURES / "models" / name
        windows = fixture_windows(name, folder)
        p = distributions(opened(folder), windows)
        q = distributions(without(opened(folder), removed), windows)
        targets = targets_of(windows)
        counts = [None, 64 if p.shape[1] > 64 else 16, 4]
        found[name] = {
            "removed": removed,
            "windows": [{"tokens": tokens, "first_target": first} for tokens, first in windows],
            "likeness": {str(k or "all"): likeness(p, q, targets, k) for k in counts},
        }
    (FIXTURES / "likeness.json").write_text(json.dumps(found, separators=(",", ":")) + "\n")


def own(options):
    tokenizer = AutoTokenizer.from_pretrained(options.model)
    text = Path(options.text).read_text(encoding="utf-8")
    ids = tokenizer(text, add_special_tokens=False)["input_ids"]
    length = options.length
    windows = [(ids[start * length : (start + 1) * length], 1) for start in range(options.windows)]
    if options.out:
        lines = [" ".join(map(str, tokens)) + "\n" for tokens, _ in windows]
        Path(options.out).write_text("".join(lines))
    start = time.time()
    removed = [int(number) for number in options.without.split(",")]
    p = distributions(opened(options.model, torch.float32), windows)
    q = distributions(without(opened(options.model, torch.float32), removed), windows)
    for k in (None, 64, 4):
        print(f"k = {k or 'all'}")
        for name, value in likeness(p, q, targets_of(windows), k).items():
            print(f"  {name} {value}")
    print(f"{time.time() - start:.1f} s")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model")
    parser.add_argument("--without")
    parser.add_argument("--text")
    parser.add_argument("--windows", type=int, default=8)
    parser.add_argument("--length", type=int, default=256)
    parser.add_argument("--out")
    options = parser.parse_args()
    if options.model:
        own(options)
    else:
        fixtures()


if __name__ == "__main__":
    main()
