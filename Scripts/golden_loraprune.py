"""Writes the golden numbers in Tests/Fixtures/gradual: models that are pruned while they train.

    python3 Scripts/golden_loraprune.py [CASE ...]

Needs torch, transformers and peft. LoRAPrune (Zhang et al., 2023, arXiv 2305.18403) the plain way, from
paper and published code: masks multiply what comes out of query, key, value, gate and up, with the update
in it; scores are running means of what each step says; the ratio follows a cubic curve. In three places
it does what Billhook's documents say instead of the published code: units are KV groups and not 32 heads,
every block that loses units loses the same number, and the last cut is at the end of the ramp, exactly.

Each case is 30 steps in f32 on a random model from Tests/Fixtures/models, with the windows and the first
matrices of golden_training.py. Written are the loss of each step, the units that were gone after each cut,
and the mean loss of all windows in the end.
"""

import json
import math
import sys

import torch
from golden_training import with_adapters
from reference import load, window_loss
from training_curves import BATCH, FIXTURES, STEPS, WARMUP, decays, windows
from transformers import get_linear_schedule_with_warmup

ATTENTION = ["q_proj", "k_proj", "v_proj", "o_proj"]
MLP = ["gate_proj", "up_proj", "down_proj"]
START, END = 3, 27  # a warm-up and a cool-down of a tenth each

CASES = {
    "lora-taylor": {"model": "llama-gqa", "by": "lora_taylor", "rank": 4, "alpha": 8, "rate": 1e-2},
    "lora-taylor-norms": {"model": "qwen3", "by": "lora_taylor", "rank": 2, "alpha": 8, "rate": 1e-2},
    "lora-magnitude": {"model": "llama-gqa", "by": "magnitude", "rank": 4, "alpha": 8, "rate": 3e-2},
    "cpt-taylor": {"model": "llama-gqa", "by": "taylor", "rate": 3e-3, "weight_decay": 0.1},
}
SETTINGS = {"ratio": 0.5, "every": 3, "decay": 0.9, "first": 1, "last": 1}


def ratio(step, final):
    """r(t) for r_0 = 0."""
    if step <= START:
        return 0.0
    if step >= END:
        return final
    return final - final * (1 - (step - START) / (END - START)) ** 3


class Half:
    """One sub-layer of a block: its linear layers, its mask, and the running score of its units."""

    def __init__(self, layer, names, outer, units):
        parent = layer.self_attn if "q_proj" in names else layer.mlp
        self.linears = {name: getattr(parent, name) for name in names}
        self.outer, self.units = outer, units
        self.mask = torch.ones(units)
        self.score = torch.zeros(units, dtype=torch.float64)
        for name, linear in self.linears.items():
            if name != outer:
                linear.register_forward_hook(
                    lambda module, inputs, output: output
                    * self.mask.repeat_interleave(output.shape[-1] // self.units)
                )

    def step_score(self, by, low_rank):
        total = torch.zeros(self.units, dtype=torch.float64)
        for name, linear in self.linears.items():
            value = importance(linear, by, low_rank)
            if name == self.outer:
                value = value.t()
            number = value.double().reshape(self.units, -1).sum(1)
            if by == "lora_taylor":
                number = number / (number.norm() + 1e-8)
            total += number
        return total

    def gone(self):
        return [unit for unit in range(self.units) if self.mask[unit] == 0]


def importance(linear, by, low_rank):
    """A value for each weight of a linear layer."""
    with torch.no_grad():
        if not low_rank:
            return (linear.weight.grad * linear.weight).abs()
        down, up = linear.lora_A["default"].weight, linear.lora_B["default"].weight
        weight = linear.base_layer.weight + linear.scaling["default"] * up @ down
        if by == "magnitude":
            return weight.abs()
        estimate = up.grad @ down + up @ down.grad - up.grad @ down.grad
        return (estimate * weight).abs()


def prune(case):
    torch.manual_seed(0)
    model = load(FIXTURES / "models" / case["model"])
    low_rank = "rank" in case
    model.requires_grad_(not low_rank)
    inner = model
    if low_rank:
        model = with_adapters(model, case)
        inner = model.base_model.model
    config = inner.config
    layers = inner.model.layers
    halves = {}
    for number in range(SETTINGS["first"], len(layers) - SETTINGS["last"]):
        groups = config.num_key_value_heads
        halves[number, "attention_head"] = Half(layers[number], ATTENTION, "o_proj", groups)
        width = config.intermediate_size
        halves[number, "mlp_channel"] = Half(layers[number], MLP, "down_proj", width)
    trained = [(name, weight) for name, weight in model.named_parameters() if weight.requires_grad]
    decay = case.get("weight_decay", 0.0)
    optimizer = torch.optim.AdamW(
        [
            {"params": [w for n, w in trained if decays(n)], "weight_decay": decay},
            {"params": [w for n, w in trained if not decays(n)], "weight_decay": 0.0},
        ],
        lr=case["rate"],
        betas=(0.9, 0.999 if low_rank else 0.95),
    )
    schedule = get_linear_schedule_with_warmup(optimizer, WARMUP, STEPS)
    data = windows(config.vocab_size)
    per_epoch = math.ceil(len(data) / BATCH)
    losses, cuts = [], []
    keep = 0.0 if case["by"] == "magnitude" else SETTINGS["decay"]
    for step in range(STEPS):
        start = step % per_epoch * BATCH
        parts = [window_loss(model, window) for window in data[start : start + BATCH]]
        loss = sum(loss for loss, _ in parts) / sum(count for _, count in parts)
        loss.backward()
        torch.nn.utils.clip_grad_norm_([w for _, w in trained], 1.0)
        for half in halves.values():
            half.score = keep * half.score + (1 - keep) * half.step_score(case["by"], low_rank)
        share = ratio(step, SETTINGS["ratio"])
        if (step % SETTINGS["every"] == 0 and 0 < share < SETTINGS["ratio"]) or step == END:
            for half in halves.values():
                score = half.score * half.mask
                count = int(half.units * share)
                half.mask[score.argsort(stable=True)[:count]] = 0
            cuts.append(
                {
                    "step": step,
                    "gone": {f"{n} {kind}": half.gone() for (n, kind), half in halves.items()},
                }
            )
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()
        losses.append(float(f"{loss.item():.8g}"))
    with torch.no_grad():
        parts = [window_loss(model, window) for window in data]
    after = sum(float(loss) for loss, _ in parts) / sum(count for _, count in parts)
    return losses, cuts, float(f"{after:.8g}"), data


def main():
    folder = FIXTURES / "gradual"
    folder.mkdir(exist_ok=True)
    for name in sys.argv[1:] or list(CASES):
        case = CASES[name]
        losses, cuts, after, data = prune(case)
        text = json.dumps(
            {
                **case,
                **SETTINGS,
                "batch": BATCH,
                "warmup": WARMUP,
                "windows": [{"tokens": t, "first_target": f} for t, f in data],
                "losses": losses,
                "cuts": cuts,
                "loss_after": after,
            }
        )
        (folder / f"{name}.json").write_text(text + "\n")
        print(name, losses[0], "to", losses[-1], "and", after)


if __name__ == "__main__":
    main()
