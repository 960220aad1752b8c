"""Writes the golden loss curves in Tests/Fixtures/training, and the adapters in
Tests/Fixtures/adapters: training with transformers and PEFT.

    python3 Scripts/golden_training.py [CURVE ...]

Needs torch, transformers and peft. Each curve is 30 steps in f32 on the tiny model or on a random
one from Tests/Fixtures/models, over windows of different lengths, some with a context that does not
count. Every window runs alone, so there is no padding; a step's loss is the mean over its targets.
With names, only those curves are written, and no adapters.

Curves with `masked` begin with a sparse model: two of four neighbours in each row of the named
projections are zero. Trained in full, the gradient of a zero is zero before gradients are clipped.
Low-rank updates are those of PERP (Zimmer et al., 2023, arXiv 2312.15230), W + mask * (scale * B A).
"""

import json
import math
import sys

import torch
from peft import LoraConfig, get_peft_model
from reference import load, window_loss
from torch.nn.utils import parametrize
from training_curves import (
    FIXTURES, distilled_loss, opened, train, windows, with_first_targets, write,
)

# Billhook's name for a projection, from which the seed of its initial values is derived; of several in one
# tensor, that of the first.
PROJECTIONS = {
    "query": "q_proj", "key": "k_proj", "value": "v_proj", "output": "o_proj",
    "gate": "gate_proj", "up": "up_proj", "down": "down_proj",
}
FUSED = {"query": "qkv_proj", "output": "o_proj", "gate": "gate_up_proj", "down": "down_proj"}

CURVES = {
    "cpt-tiny": {"model": "tiny", "rate": 1e-3, "weight_decay": 0.1, "schedule": "cosine"},
    "cpt-tied-biases": {"model": "llama-tied-biases", "rate": 3e-3, "weight_decay": 0.1},
    "cpt-gemma2": {"model": "gemma2", "rate": 3e-3, "weight_decay": 0.1},
    "cpt-phi3": {"model": "phi3", "rate": 3e-3, "weight_decay": 0.1},
    "lora-tiny": {"model": "tiny", "rate": 2e-3, "rank": 8, "alpha": 16},
    "lora-qwen3": {"model": "qwen3", "rate": 1e-2, "rank": 4, "alpha": 8, "rslora": True},
    "lora-phi3-fused": {"model": "phi3", "rate": 1e-2, "rank": 4, "alpha": 8, "fused": True},
    "distill-hidden": {"model": "llama-gqa", "rate": 3e-3, "weight_decay": 0.1, "without": 2,
                       "temperature": 2.0, "share": 0.7, "hidden": 0.3},
    "cpt-masked": {"model": "llama-gqa", "rate": 3e-3, "weight_decay": 0.1, "schedule": "cosine",
                   "masked": list(PROJECTIONS)},
    "distill-masked": {"model": "llama-gqa", "rate": 3e-3, "weight_decay": 0.1, "without": 1,
                       "temperature": 1.5, "share": 0.5, "hidden": 0.2,
                       "masked": ["query", "output", "gate", "down"]},
    "lora-masked": {"model": "qwen3", "rate": 1e-2, "rank": 4, "alpha": 8, "rslora": True,
                    "masked": list(PROJECTIONS)},
    "lora-partly-masked": {"model": "gemma2", "rate": 1e-2, "rank": 4, "alpha": 8,
                           "masked": ["query", "output", "up"]},
    "cpt-granite": {"model": "granite", "rate": 3e-3, "weight_decay": 0.1},
    "cpt-olmo2": {"model": "olmo2", "rate": 3e-3, "weight_decay": 0.1},
    "cpt-ministral3": {"model": "ministral3", "rate": 3e-3, "weight_decay": 0.1},
    "lora-arcee": {"model": "arcee", "rate": 1e-2, "rank": 4, "alpha": 8},
    "lora-smollm3": {"model": "smollm3", "rate": 1e-2, "rank": 4, "alpha": 8},
}


def seed(start, *names):
    """The seed that Billhook derives for something with a name: FNV-1a, without the last bit."""
    for name in names:
        value = 0xCBF29CE484222325
        for byte in start.to_bytes(8, "little") + name.encode():
            value = (value ^ byte) * 0x100000001B3 % 2**64
        start = value >> 1
    return start


def with_adapters(model, curve):
    """The model with LoRA, its first matrices as Billhook draws them."""
    projections = FUSED if curve.get("fused") else PROJECTIONS
    model = get_peft_model(
        model,
        LoraConfig(
            r=curve["rank"],
            lora_alpha=curve["alpha"],
            lora_dropout=0.0,
            target_modules=list(projections.values()),
            use_rslora=curve.get("rslora", False),
        ),
    )
    roles = {module: role for role, module in projections.items()}
    for name, weight in model.named_parameters():
        if "lora_A" not in name:
            continue
        parts = name.split(".")
        block, role = parts[parts.index("layers") + 1], roles[parts[parts.index("lora_A") - 1]]
        generator = torch.Generator().manual_seed(seed(0, "lora", f"block {block} {role}"))
        start = (torch.rand(weight.shape, generator=generator) * 2 - 1) / math.sqrt(weight.shape[1])
        weight.data.copy_(start)
    return model


def kept(shape):
    """Which elements of a matrix stay: two of four neighbours in each row."""
    rows, columns = torch.arange(shape[0])[:, None], torch.arange(shape[1])[None, :]
    return (rows + columns) % 4 < 2


def linear_layers(model):
    """The projections with Billhook's names and the numbers of their blocks."""
    roles = {module: role for role, module in PROJECTIONS.items()}
    for name, module in model.named_modules():
        parts = name.split(".")
        if parts[-1] in roles and "layers" in parts:
            yield int(parts[parts.index("layers") + 1]), roles[parts[-1]], module


def prune(model, masked):
    """Makes the named projections sparse."""
    with torch.no_grad():
        for _, role, module in linear_layers(model):
            if role in masked:
                module.weight *= kept(module.weight.shape)


class Update(torch.nn.Module):
    """W + mask * (scale * B A), with W frozen."""

    def __init__(self, shape, mask, scale, rank, seed_value):
        super().__init__()
        generator = torch.Generator().manual_seed(seed_value)
        start = (torch.rand([rank, shape[1]], generator=generator) * 2 - 1) / math.sqrt(shape[1])
        self.down = torch.nn.Parameter(start)
        self.up = torch.nn.Parameter(torch.zeros([shape[0], rank]))
        self.mask, self.scale = mask, scale

    def forward(self, weight):
        return weight + self.mask * (self.scale * (self.up @ self.down))


def with_masked_adapters(model, curve):
    """The sparse model with an update of each projection, masked where the projection is."""
    root = math.sqrt(curve["rank"]) if curve.get("rslora") else curve["rank"]
    for block, role, module in list(linear_layers(model)):
        shape = module.weight.shape
        mask = kept(shape) if role in curve["masked"] else torch.ones(shape)
        update = Update(
            shape, mask, curve["alpha"] / root, curve["rank"], seed(0, "lora", f"block {block} {role}")
        )
        parametrize.register_parametrization(module, "weight", update)
    return model


def losses(curve):
    model, teacher = opened(curve)
    masked = curve.get("masked", [])
    prune(model, masked)
    model.requires_grad_("rank" not in curve)
    if "rank" in curve:
        model = with_masked_adapters(model, curve) if masked else with_adapters(model, curve)
    else:
        for _, role, module in linear_layers(model):
            if role in masked:
                mask = kept(module.weight.shape)
                module.weight.register_hook(lambda gradient, mask=mask: gradient * mask)

    def window_sums(window):
        if "temperature" not in curve:
            return window_loss(model, window)
        tokens, first = window
        places = range(first, len(tokens))
        return distilled_loss(model, teacher, curve, tokens, places), len(places)

    def loss_of(part):
        sums = [window_sums(window) for window in part]
        return sum(loss for loss, _ in sums) / sum(count for _, count in sums)

    def zeros_stay():
        for _, role, module in linear_layers(model):
            assert role not in masked or not module.weight[~kept(module.weight.shape)].any()

    data = windows(model.config.vocab_size)
    return train(model, curve, data, loss_of, zeros_stay), data


# Adapters of every form that PEFT scales in its own way, on a model with fused tensors and one
# without.
ADAPTERS = {
    "llama-gqa": {"r": 3, "lora_alpha": 5, "target_modules": ["q_proj", "o_proj", "down_proj"],
                  "rank_pattern": {"down_proj": 2}, "alpha_pattern": {"layers.1.self_attn.q_proj": 9}},
    "phi3": {"r": 2, "lora_alpha": 3, "target_modules": ["qkv_proj", "gate_up_proj"],
             "use_rslora": True},
}


def write_adapter(name, settings):
    """A random adapter as PEFT saves it, with the logits of the model that it is merged into."""
    torch.manual_seed(7)
    model = get_peft_model(load(FIXTURES / "models" / name), LoraConfig(**settings))
    with torch.no_grad():
        for key, weight in model.named_parameters():
            if "lora_" in key:
                weight.copy_(0.2 * torch.randn_like(weight))
    folder = FIXTURES / "adapters" / name
    model.save_pretrained(folder)
    (folder / "README.md").unlink(missing_ok=True)
    path = folder / "adapter_config.json"
    config = json.loads(path.read_text())
    # No path of the machine that it was made on.
    config["base_model_name_or_path"] = name
    config["target_modules"] = sorted(config["target_modules"])
    path.write_text(json.dumps(config, indent=2) + "\n")
    tokens = list(range(3, 23))
    with torch.no_grad():
        logits = model.merge_and_unload()(torch.tensor([tokens]), use_cache=False).logits
    numbers = [float(f"{number:.8g}") for number in logits.reshape(-1).tolist()]
    (folder / "golden.json").write_text(json.dumps({"tokens": tokens, "logits": numbers}) + "\n")
    print(name, "adapter")


def main():
    wanted = sys.argv[1:] or list(CURVES)
    for name, settings in ADAPTERS.items() if len(sys.argv) == 1 else []:
        write_adapter(name, settings)
    for name in wanted:
        curve = {"schedule": "linear", **CURVES[name]}
        found, data = losses(curve)
        write("training", name, curve, with_first_targets(data), found)


if __name__ == "__main__":
    main()
