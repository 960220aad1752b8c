"""Writes the golden numbers of distillation in Tests/Fixtures/distillation, computed in f64.

    python3 Scripts/golden_distillation.py [CURVE ...]

Needs torch and transformers. The divergences are written from their papers: forward KL (Hinton et al.,
2015, arXiv 1503.02531), reverse KL (Gu et al., MiniLLM, 2023, arXiv 2306.08543) and the generalised
Jensen-Shannon divergence (Agarwal et al., GKD, 2023, arXiv 2306.13649, equation 1); gradients are those
of autograd.

`losses.json` has the loss of a few rows of random logits with its gradient, by each divergence, for
whole distributions and for the likeliest tokens of the teacher with all others as one class; and what
that leaves out, computed from the distributions among the others.

The other files are loss curves of 30 steps, in the form of golden_training.py: `losses` with the
teacher's whole distributions, `kept_losses` with `kept` tokens of each. Curves with `train` train some
parts of a model only, on the data alone where they name no divergence. With names, only those curves
are written.
"""

import json
import math
import pathlib
import sys

import torch
from golden_training import BATCH, STEPS, WARMUP, block_outputs, decays, windows
from reference import load
from transformers import get_cosine_schedule_with_warmup

ROOT = pathlib.Path(__file__).parent.parent
FIXTURES = ROOT / "Tests" / "Fixtures"

CURVES = {
    "forward": {"model": "llama-gqa", "without": 2, "divergence": "forward", "temperature": 2.0,
                "share": 0.7, "hidden": 0.0, "kept": 8},
    "forward-tiny": {"model": "tiny", "without": 5, "divergence": "forward", "temperature": 1.0,
                     "share": 0.5, "hidden": 0.0, "kept": 64, "rate": 1e-3},
    "reverse": {"model": "llama-gqa", "without": 1, "divergence": "reverse", "temperature": 1.0,
                "share": 0.8, "hidden": 0.0, "kept": 8},
    "reverse-biases": {"model": "llama-tied-biases", "without": 1, "divergence": "reverse",
                       "temperature": 1.5, "share": 1.0, "hidden": 0.0, "kept": 16},
    "jensen-shannon": {"model": "qwen3", "without": 1, "divergence": "jensen_shannon", "beta": 0.1,
                       "temperature": 1.0, "share": 1.0, "hidden": 0.0, "kept": 8},
    "jensen-shannon-gemma2": {"model": "gemma2", "without": 1, "divergence": "jensen_shannon",
                              "beta": 0.7, "temperature": 2.0, "share": 0.6, "hidden": 0.0, "kept": 6},
    "some-parts": {"model": "llama-gqa", "without": 1, "divergence": "forward", "temperature": 1.0,
                   "share": 0.5, "hidden": 0.3, "train": ["last 1", "norms", "query"]},
    "last-blocks-and-head": {"model": "llama-gqa", "train": ["last 2", "head"]},
    "tied-head": {"model": "llama-tied-biases", "train": ["last 1", "head", "biases"]},
}


def divergence(log_p, log_q, curve):
    """The divergence of each row of two distributions, given as logarithms."""
    p, q = log_p.exp(), log_q.exp()
    if curve["divergence"] == "forward":
        return (p * (log_p - log_q)).sum(-1)
    if curve["divergence"] == "reverse":
        return (q * (log_q - log_p)).sum(-1)
    beta = curve["beta"]
    mixture = (beta * p + (1 - beta) * q).log()
    return (beta * p * (log_p - mixture) + (1 - beta) * q * (log_q - mixture)).sum(-1)


def classes(log_p, log_q, kept):
    """Both distributions over the likeliest tokens of the first, and all others as one class."""
    if kept is None:
        return log_p, log_q
    chosen = log_p.topk(kept, dim=-1).indices
    others = torch.ones_like(log_p, dtype=torch.bool).scatter(-1, chosen, False)

    def merged(log):
        rest = log.masked_fill(~others, -math.inf).logsumexp(-1, keepdim=True)
        return torch.cat([log.gather(-1, chosen), rest], -1)

    return merged(log_p), merged(log_q)


def taught_loss(given, logits, targets, curve, kept=None):
    """The loss of each row beside a teacher's logits."""
    heat, share = curve["temperature"], curve["share"]
    log_p, log_q = classes((given / heat).log_softmax(-1), (logits / heat).log_softmax(-1), kept)
    data = torch.nn.functional.cross_entropy(logits, targets, reduction="none")
    return (1 - share) * data + share * heat**2 * divergence(log_p, log_q, curve)


def left_out(given, logits, curve, kept):
    """What the one class leaves out of each row's divergence: an equation for the two KL divergences, and
    a bound for the other, both computed among the others alone."""
    heat = curve["temperature"]
    log_p, log_q = (given / heat).log_softmax(-1), (logits / heat).log_softmax(-1)
    chosen = log_p.topk(kept, dim=-1).indices
    others = torch.ones_like(log_p, dtype=torch.bool).scatter(-1, chosen, False)
    p, q = (
        log.exp()[others].reshape(len(given), -1) for log in (log_p, log_q)
    )
    mass_p, mass_q = p.sum(-1), q.sum(-1)
    inside_p, inside_q = p / mass_p[:, None], q / mass_q[:, None]
    if curve["divergence"] == "forward":
        return mass_p * (inside_p * (inside_p / inside_q).log()).sum(-1)
    if curve["divergence"] == "reverse":
        return mass_q * (inside_q * (inside_q / inside_p).log()).sum(-1)
    beta = curve["beta"]
    return -beta * mass_p * math.log(beta) - (1 - beta) * mass_q * math.log(1 - beta)


def numbers(tensor, digits=8):
    return [float(f"{number:.{digits}g}") for number in tensor.reshape(-1).tolist()]


def write_losses():
    generator = torch.Generator().manual_seed(11)
    rows, vocabulary, kept = 3, 100, 64
    # Exact in f32, so that both sides begin with the same.
    given, logits = (
        (3 * torch.randn(rows, vocabulary, generator=generator)).float().double() for _ in range(2)
    )
    targets = torch.randint(0, vocabulary, (rows,), generator=generator)
    cases = []
    for settings in (
        {"divergence": "forward"}, {"divergence": "reverse"},
        {"divergence": "jensen_shannon", "beta": 0.1}, {"divergence": "jensen_shannon", "beta": 0.5},
        {"divergence": "jensen_shannon", "beta": 0.9},
    ):
        for heat, share in ((1.0, 1.0), (2.0, 0.6)):
            case = {**settings, "temperature": heat, "share": share, "kept": kept}
            for name, count in (("all", None), ("some", kept)):
                student = logits.clone().requires_grad_(True)
                loss = taught_loss(given, student, targets, case, count)
                loss.sum().backward()
                case[name] = {"losses": numbers(loss.detach()), "gradient": numbers(student.grad)}
            case["left_out"] = numbers(share * heat**2 * left_out(given, logits, case, kept))
            cases.append(case)
    text = json.dumps(
        {
            "vocabulary": vocabulary,
            "teacher": numbers(given, 9),
            "student": numbers(logits, 9),
            "targets": targets.tolist(),
            "cases": cases,
        }
    )
    (FIXTURES / "distillation" / "losses.json").write_text(text + "\n")


def window_sums(student, teacher, curve, kept, window):
    """Summed loss and number of the targets of one window."""
    tokens, first = window
    rows, targets = slice(first - 1, len(tokens) - 1), torch.tensor(tokens[first:])
    removed = curve.get("without")
    blocks = list(range(len(student.model.layers) + (removed is not None)))
    logits, mine = block_outputs(student, [b for b in blocks if b != removed], tokens)
    logits = logits.double()
    if teacher is None:
        loss = torch.nn.functional.cross_entropy(logits[rows], targets, reduction="sum")
        return loss, len(targets)
    with torch.no_grad():
        given, theirs = block_outputs(teacher, blocks, tokens)
    loss = taught_loss(given[rows].double(), logits[rows], targets, curve, kept).sum()
    for number, states in mine.items() if curve["hidden"] else ():
        taught = theirs[number][rows]
        distance = (states[rows] - taught).square().sum(-1) / taught.square().sum(-1)
        loss = loss + curve["hidden"] * distance.sum()
    return loss, len(targets)


def is_trained(name, curve, count):
    """Whether a parameter of transformers belongs to one of the parts that `train` names."""
    parts = curve.get("train")
    if parts is None:
        return True
    pieces = name.split(".")
    block = int(pieces[pieces.index("layers") + 1]) if "layers" in pieces else None
    for part in parts:
        words = part.split()
        if words[0] == "last" and block is not None and block >= count - int(words[1]):
            return True
        # A tied head is the embedding, as which transformers names it.
        if part == "head" and ("lm_head" in name or "embed_tokens" in name and curve["tied"]):
            return True
        if part == "norms" and "norm" in name or part == "biases" and "bias" in name:
            return True
        if part == "query" and "q_proj.weight" in name:
            return True
    return False


def losses(curve, kept):
    folder = ROOT / "Examples/Models/tiny" if curve["model"] == "tiny" else (
        FIXTURES / "models" / curve["model"]
    )
    model = load(folder).double()
    teacher = load(folder).double().requires_grad_(False) if "divergence" in curve else None
    if "without" in curve:
        del model.model.layers[curve["without"]]
        if getattr(model.config, "layer_types", None):
            del model.config.layer_types[curve["without"]]
    curve = {**curve, "tied": model.config.tie_word_embeddings}
    for name, weight in model.named_parameters():
        weight.requires_grad_(is_trained(name, curve, len(model.model.layers)))
    trained = [(name, weight) for name, weight in model.named_parameters() if weight.requires_grad]
    optimizer = torch.optim.AdamW(
        [
            {"params": [w for n, w in trained if decays(n)], "weight_decay": curve["weight_decay"]},
            {"params": [w for n, w in trained if not decays(n)], "weight_decay": 0.0},
        ],
        lr=curve["rate"],
        betas=(0.9, 0.95),
    )
    schedule = get_cosine_schedule_with_warmup(optimizer, WARMUP, STEPS)
    data = windows(model.config.vocab_size)
    per_epoch = math.ceil(len(data) / BATCH)
    found = []
    for step in range(STEPS):
        start = step % per_epoch * BATCH
        parts = [
            window_sums(model, teacher, curve, kept, window) for window in data[start : start + BATCH]
        ]
        loss = sum(loss for loss, _ in parts) / sum(count for _, count in parts)
        loss.backward()
        torch.nn.utils.clip_grad_norm_([w for _, w in trained], 1.0)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()
        found.append(float(f"{loss.item():.8g}"))
    return found, data


def main():
    (FIXTURES / "distillation").mkdir(exist_ok=True)
    if len(sys.argv) == 1:
        write_losses()
    for name in sys.argv[1:] or CURVES:
        curve = {"rate": 3e-3, "weight_decay": 0.1, "schedule": "cosine", **CURVES[name]}
        found, data = losses(curve, None)
        extra = {"kept_losses": losses(curve, curve["kept"])[0]} if "kept" in curve else {}
        text = json.dumps(
            {
                **curve,
                "batch": BATCH,
                "warmup": WARMUP,
                "windows": [{"tokens": t, "first_target": f} for t, f in data],
                "losses": found,
                **extra,
            }
        )
        (FIXTURES / "distillation" / f"{name}.json").write_text(text + "\n")
        print(name, found[0], "to", found[-1], extra.get("kept_losses", [])[-1:])


if __name__ == "__main__":
    main()
