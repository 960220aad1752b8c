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
import sys

import torch
from training_curves import (
    FIXTURES, distilled_loss, opened, train, windows, with_first_targets, write,
)

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
    "last-block-hidden": {"model": "llama-gqa", "without": 2, "divergence": "forward",
                          "temperature": 1.5, "share": 0.4, "hidden": 0.5, "train": ["last 1"]},
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
    if "divergence" not in curve:
        logits = student(torch.tensor([tokens]), use_cache=False).logits[0, first - 1 : -1]
        targets = torch.tensor(tokens[first:])
        return torch.nn.functional.cross_entropy(logits, targets, reduction="sum"), len(targets)

    def loss(given, logits, targets, curve):
        return taught_loss(given, logits, targets, curve, kept)

    places = range(first, len(tokens))
    return distilled_loss(student, teacher, curve, tokens, places, loss), len(places)


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
    model, teacher = opened(curve, torch.float64)
    settings = {**curve, "tied": model.config.tie_word_embeddings}
    for name, weight in model.named_parameters():
        weight.requires_grad_(is_trained(name, settings, len(model.model.layers)))

    def loss_of(part):
        sums = [window_sums(model, teacher, curve, kept, window) for window in part]
        return sum(loss for loss, _ in sums) / sum(count for _, count in sums)

    data = windows(model.config.vocab_size)
    return train(model, curve, data, loss_of), data


def main():
    if len(sys.argv) == 1:
        write_losses()
    for name in sys.argv[1:] or CURVES:
        curve = {"rate": 3e-3, "weight_decay": 0.1, "schedule": "cosine", **CURVES[name]}
        found, data = losses(curve, None)
        more = {"kept_losses": losses(curve, curve["kept"])[0]} if "kept" in curve else {}
        write("distillation", name, curve, with_first_targets(data), found, **more)


if __name__ == "__main__":
    main()
