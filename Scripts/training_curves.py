"""What the scripts for golden loss curves share: windows, models, the plain training loop, and files.

Imported by golden_training.py, golden_answers.py, golden_distillation.py and golden_loraprune.py. Needs torch
and transformers.
"""

import json
import math
import pathlib

import torch
from reference import load
from transformers import get_cosine_schedule_with_warmup, get_linear_schedule_with_warmup

ROOT = pathlib.Path(__file__).parent.parent
FIXTURES = ROOT / "Tests" / "Fixtures"
STEPS, BATCH, WARMUP = 30, 4, 5


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


def opened(curve, dtype=torch.float32):
    """The model of a curve, without the block that it lacks, and the same model whole."""
    folder = ROOT / "Examples/Models/tiny" if curve["model"] == "tiny" else (
        FIXTURES / "models" / curve["model"]
    )
    model, whole = load(folder).to(dtype), load(folder).to(dtype).requires_grad_(False)
    if "without" in curve:
        del model.model.layers[curve["without"]]
        if getattr(model.config, "layer_types", None):
            del model.config.layer_types[curve["without"]]
    return model, whole


def block_outputs(model, numbers, tokens):
    """The logits of a text, and what comes out of each block, by its number."""
    outputs, hooks = {}, []
    for number, layer in zip(numbers, model.model.layers):
        def keep(module, inputs, output, number=number):
            outputs[number] = (output[0] if isinstance(output, tuple) else output).reshape(
                len(tokens), -1
            )
        hooks.append(layer.register_forward_hook(keep))
    logits = model(torch.tensor([tokens]), use_cache=False).logits[0]
    for hook in hooks:
        hook.remove()
    return logits, outputs


def forward_divergence(given, logits, targets, curve):
    """The loss of each row beside a teacher's logits, by the forward divergence."""
    heat, share = curve["temperature"], curve["share"]
    log_p, log_q = (given / heat).log_softmax(-1), (logits / heat).log_softmax(-1)
    data = torch.nn.functional.cross_entropy(logits, targets, reduction="none")
    return (1 - share) * data + share * heat**2 * (log_p.exp() * (log_p - log_q)).sum(-1)


def distilled_loss(student, teacher, curve, tokens, places, loss=forward_divergence):
    """The summed loss of some places of a text, beside a teacher that may have a block more.

    Hidden states count where they predict one of the places.
    """
    blocks = list(range(len(teacher.model.layers)))
    mine_are = [block for block in blocks if block != curve.get("without")]
    rows, targets = [place - 1 for place in places], torch.tensor([tokens[place] for place in places])
    logits, mine = block_outputs(student, mine_are, tokens)
    with torch.no_grad():
        given, theirs = block_outputs(teacher, blocks, tokens)
    total = loss(given[rows], logits[rows], targets, curve).sum()
    for number, states in mine.items() if curve["hidden"] else ():
        taught = theirs[number][rows]
        distance = (states[rows] - taught).square().sum(-1) / taught.square().sum(-1)
        total = total + curve["hidden"] * distance.sum()
    return total


def decays(name):
    return not ("norm" in name or "bias" in name or "embed" in name)


def train(model, curve, data, loss_of, after=lambda: None):
    """The loss of each step of a training with AdamW.

    `loss_of` gives the mean loss of some windows; `after` is called after each step.
    """
    trained = [(name, weight) for name, weight in model.named_parameters() if weight.requires_grad]
    optimizer = torch.optim.AdamW(
        [
            {"params": [w for n, w in trained if decays(n)],
             "weight_decay": curve.get("weight_decay", 0.0)},
            {"params": [w for n, w in trained if not decays(n)], "weight_decay": 0.0},
        ],
        lr=curve["rate"],
        betas=(0.9, 0.999 if "rank" in curve else 0.95),
    )
    make = {
        "linear": get_linear_schedule_with_warmup, "cosine": get_cosine_schedule_with_warmup
    }[curve["schedule"]]
    schedule = make(optimizer, WARMUP, STEPS)
    per_epoch = math.ceil(len(data) / BATCH)
    found = []
    for step in range(STEPS):
        start = step % per_epoch * BATCH
        loss = loss_of(data[start : start + BATCH])
        loss.backward()
        torch.nn.utils.clip_grad_norm_([w for _, w in trained], 1.0)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()
        after()
        found.append(float(f"{loss.item():.8g}"))
    return found


def write(folder, name, curve, data, losses, **more):
    """Writes a curve, with windows in the form of the tests."""
    parts = {**curve, "batch": BATCH, "warmup": WARMUP, "windows": data, "losses": losses, **more}
    place = FIXTURES / folder
    place.mkdir(exist_ok=True)
    (place / f"{name}.json").write_text(json.dumps(parts) + "\n")
    print(name, losses[0], "to", losses[-1])


def with_first_targets(data):
    """Windows with the number of their first target, as they are written."""
    return [{"tokens": tokens, "first_target": first} for tokens, first in data]
