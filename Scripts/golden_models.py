"""Writes the random models and the golden numbers in Tests/Fixtures/models.

    python3 Scripts/golden_models.py [NAME...]

Needs torch, transformers and safetensors. Each model is tiny, random and of another family or
form; its golden.json holds logits, losses and scores that Scripts/reference.py computes in f32.
"""

import json
import pathlib
import sys

import torch
from golden_families import MODELS
from reference import (
    load, logits, magnitudes, mean_loss, removal_losses, taylor, without_blocks
)

FIXTURES = pathlib.Path(__file__).parent.parent / "Tests" / "Fixtures" / "models"


def randomise(model):
    """Weights wider than the default, and norms and biases that are not all alike, so that none
    can be left out without being noticed."""
    with torch.no_grad():
        for key, weight in model.named_parameters():
            if "norm" in key:
                # Gemma stores its norms less one.
                center = 0 if "Gemma" in type(model).__name__ else 1
                weight.copy_(center + 0.2 * torch.randn_like(weight))
            else:
                weight.copy_(0.15 * torch.randn_like(weight))


def as_json(value):
    """Numbers in as many digits as f32 has."""
    if isinstance(value, torch.Tensor):
        return [float(f"{number:.8g}") for number in value.reshape(-1).tolist()]
    return value


def make(name, seed):
    sample = MODELS[name]
    torch.manual_seed(seed)
    model = sample.model(sample.config(**sample.settings))
    randomise(model)
    folder = FIXTURES / name
    model.to(sample.dtype).save_pretrained(folder, max_shard_size=sample.shard)
    (folder / "generation_config.json").unlink(missing_ok=True)
    path = folder / "config.json"
    config = json.loads(path.read_text())
    for key, value in sample.edits.items():
        if value is None:
            config.pop(key, None)
        else:
            config[key] = value
    path.write_text(json.dumps(config, indent=2) + "\n")

    model = load(folder)
    generator = torch.Generator().manual_seed(seed)
    vocabulary = model.config.vocab_size
    tokens = torch.randint(2, vocabulary, (4, sample.length), generator=generator).tolist()
    windows = [([1] + row, 1) for row in tokens[:3]] + [([1] + tokens[3], 5)]
    shown = [windows[0][0], windows[1][0]]
    golden = {
        "windows": [{"tokens": row, "first_target": first} for row, first in windows],
        "logits": as_json(logits(model, shown)),
        "loss": mean_loss(model, windows),
        "scores": {
            "ppl": removal_losses(model, windows),
            "magnitude1": magnitudes(model, 1),
            "magnitude2": magnitudes(model, 2),
            "taylor_abs_sum": taylor(model, windows, "abs_sum"),
            "taylor_sum_abs": taylor(model, windows, "sum_abs"),
        },
    }
    removed = [0, 2]
    cut = without_blocks(model, removed)
    golden["cut"] = {"removed": removed, "logits": as_json(logits(cut, shown))}
    if types := getattr(cut.config, "layer_types", None):
        golden["cut"]["layer_types"] = types
    text = json.dumps(golden, indent=None, separators=(",", ":"))
    (folder / "golden.json").write_text(text + "\n")


if __name__ == "__main__":
    for seed, name in enumerate(MODELS, start=1):
        if len(sys.argv) > 1 and name not in sys.argv[1:]:
            continue
        make(name, seed)
        size = sum(path.stat().st_size for path in (FIXTURES / name).iterdir())
        print(f"{name}: {size // 1000} KB")
