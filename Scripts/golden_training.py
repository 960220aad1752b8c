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
import pathlib
import sys

import torch
from peft import LoraConfig, get_peft_model
from reference import load, window_loss
from torch.nn.utils import parametrize
from transformers import get_cosine_schedule_with_warmup, get_linear_schedule_with_warmup

ROOT = pathlib.Path(__file__).parent.parent
FIXTURES = ROOT / "Tests" / "Fixtures"
STEPS, BATCH, WARMUP = 30, 4, 5

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


def windows(vocabulary, count=10):
    """Random walks over the vocabulary, so that there is something to learn.

    Without the first tokens: transformers does not train the embedding of the padding token.
    """
    generator = torch.Generator().manual_seed(5)
    made = []
    for index in range(count):
        length = 12 + 5 * (index % 4)
        steps = torch.randint(1, 4, (length,), generator=generator)
        tokens = (4 + (17 * index + steps.cumsum(0)) % (min(vocabulary, 97) - 4)).tolist()
        made.append((tokens, 4 if index % 3 == 2 else 1))
    return made


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


def block_outputs(model, numbers, tokens):
    """The logits of a text, and what comes out of each block, by its number."""
    outputs, hooks = {}, []
    for number, layer in zip(numbers, model.model.layers):
        def keep(module, inputs, output, number=number):
            outputs[number] = (output[0] if isinstance(output, tuple) else output).reshape(
                len(tokens), -1
            )
        hooks.append(layer.register_forward_hook(keep))
    logits = model(torch.tensor([tokens]), use_cache=False).logits[0].float()
    for hook in hooks:
        hook.remove()
    return logits, outputs


def distilled_loss(student, teacher, removed, curve, window):
    """Summed loss and number of the targets of one window, beside a teacher that has a block more.

    The hidden states count where they predict a token.
    """
    tokens, first = window
    blocks = list(range(len(teacher.model.layers)))
    rows = slice(first - 1, len(tokens) - 1)
    logits, mine = block_outputs(student, [b for b in blocks if b != removed], tokens)
    with torch.no_grad():
        given, theirs = block_outputs(teacher, blocks, tokens)
    heat, share = curve["temperature"], curve["share"]
    log_p = (given[rows] / heat).log_softmax(-1)
    log_q = (logits[rows] / heat).log_softmax(-1)
    loss = share * heat**2 * (log_p.exp() * (log_p - log_q)).sum()
    loss = loss + (1 - share) * torch.nn.functional.cross_entropy(
        logits[rows], torch.tensor(tokens[first:]), reduction="sum"
    )
    for number, states in mine.items():
        taught = theirs[number][rows]
        distance = (states[rows] - taught).square().sum(-1) / taught.square().sum(-1)
        loss = loss + curve["hidden"] * distance.sum()
    return loss, len(tokens) - first


def decays(name):
    return not ("norm" in name or "bias" in name or "embed" in name)


def losses(curve):
    folder = ROOT / "Examples/Models/tiny" if curve["model"] == "tiny" else (
        FIXTURES / "models" / curve["model"]
    )
    model = load(folder)
    teacher = None
    if "without" in curve:
        teacher = load(folder).requires_grad_(False)
        del model.model.layers[curve["without"]]
    prune(model, curve.get("masked", []))
    model.requires_grad_("rank" not in curve)
    if "rank" in curve:
        model = with_masked_adapters(model, curve) if "masked" in curve else with_adapters(model, curve)
    trained = [(name, weight) for name, weight in model.named_parameters() if weight.requires_grad]
    if "rank" not in curve:
        for _, role, module in linear_layers(model):
            if role in curve.get("masked", []):
                mask = kept(module.weight.shape)
                module.weight.register_hook(lambda gradient, mask=mask: gradient * mask)
    decay = curve.get("weight_decay", 0.0)
    optimizer = torch.optim.AdamW(
        [
            {"params": [w for n, w in trained if decays(n)], "weight_decay": decay},
            {"params": [w for n, w in trained if not decays(n)], "weight_decay": 0.0},
        ],
        lr=curve["rate"],
        betas=(0.9, 0.999 if "rank" in curve else 0.95),
    )
    make = {
        "linear": get_linear_schedule_with_warmup, "cosine": get_cosine_schedule_with_warmup
    }[curve.get("schedule", "linear")]
    schedule = make(optimizer, WARMUP, STEPS)
    data = windows(model.config.vocab_size)
    per_epoch = math.ceil(len(data) / BATCH)
    found = []
    for step in range(STEPS):
        start = step % per_epoch * BATCH
        parts = [
            distilled_loss(model, teacher, curve["without"], curve, window)
            if teacher is not None else window_loss(model, window)
            for window in data[start : start + BATCH]
        ]
        loss = sum(loss for loss, _ in parts) / sum(count for _, count in parts)
        loss.backward()
        torch.nn.utils.clip_grad_norm_([w for _, w in trained], 1.0)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()
        for _, role, module in linear_layers(model):
            if role in curve.get("masked", []):
                assert not module.weight[~kept(module.weight.shape)].any()
        found.append(float(f"{loss.item():.8g}"))
    return found, data


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
    (FIXTURES / "training").mkdir(exist_ok=True)
    for name in wanted:
        curve = {"schedule": "linear", **CURVES[name]}
        found, data = losses(curve)
        text = json.dumps(
            {
                **curve,
                "batch": BATCH,
                "warmup": WARMUP,
                "windows": [{"tokens": t, "first_target": f} for t, f in data],
                "losses": found,
            }
        )
        (FIXTURES / "training" / f"{name}.json").write_text(text + "\n")
        print(name, found[0], "to", found[-1])


if __name__ == "__main__":
    main()
