"""Writes the golden loss curves in Tests/Fixtures/training over windows in which only some tokens count,
and of which some hold several texts: training with transformers and PEFT.

    python3 Scripts/golden_answers.py [CURVE ...]

Needs torch, transformers and peft. As golden_training.py, but a window is one or several texts, each
with the ranges of its tokens that count. Every text runs alone, with -100 as the label of what does
not count, and `num_items_in_batch` is the number of tokens that count in the step: the loss is
transformers' own.
"""

import sys

import torch
from golden_training import with_adapters
from training_curves import distilled_loss, opened, train, write

CURVES = {
    "cpt-answers": {"model": "llama-gqa", "rate": 3e-3, "weight_decay": 0.1},
    "cpt-packed": {"model": "gemma2", "rate": 3e-3, "weight_decay": 0.1, "packed": True},
    "lora-answers": {"model": "qwen3", "rate": 1e-2, "rank": 4, "alpha": 8, "rslora": True},
    "lora-packed": {"model": "mistral-window", "rate": 1e-2, "rank": 4, "alpha": 8, "packed": True},
    "distill-answers": {"model": "llama-gqa", "rate": 3e-3, "weight_decay": 0.1, "without": 2,
                        "temperature": 2.0, "share": 0.6, "hidden": 0.3, "packed": True},
}


def texts(vocabulary, count):
    """Random walks over the vocabulary, each with the ranges of its tokens that count."""
    generator = torch.Generator().manual_seed(8)
    made = []
    for index in range(count):
        length = 9 + 4 * (index % 5)
        steps = torch.randint(1, 4, (length,), generator=generator)
        tokens = (4 + (19 * index + steps.cumsum(0)) % (min(vocabulary, 97) - 4)).tolist()
        counted = [[[1, 4], [6, length]], [[3, 5]], [[2, 3], [4, 6], [8, length - 1]]][index % 3]
        made.append((tokens, [[start, end] for start, end in counted if start < end]))
    return made


def windows(vocabulary, packed):
    """Lists of texts: one each, or now and then two or three."""
    made = texts(vocabulary, 18 if packed else 10)
    if not packed:
        return [[text] for text in made]
    sizes, result = [2, 1, 3, 2], []
    while made:
        size = sizes[len(result) % len(sizes)]
        result.append(made[:size])
        made = made[size:]
    return result


def targets(text):
    return [place for start, end in text[1] for place in range(start, end)]


def labelled_loss(model, text, total):
    """The part of a step's mean loss that a text gives, by transformers' own loss."""
    tokens, wanted = text[0], set(targets(text))
    labels = [token if place in wanted else -100 for place, token in enumerate(tokens)]
    return model(
        input_ids=torch.tensor([tokens]),
        labels=torch.tensor([labels]),
        num_items_in_batch=torch.tensor(total),
        use_cache=False,
    ).loss


def losses(curve):
    model, teacher = opened(curve)
    model.requires_grad_("rank" not in curve)
    data = windows(model.config.vocab_size, curve.get("packed", False))
    if "rank" in curve:
        model = with_adapters(model, curve)

    def loss_of(part):
        used = [text for window in part for text in window]
        total = sum(len(targets(text)) for text in used)
        return sum(
            labelled_loss(model, text, total) if "temperature" not in curve
            else distilled_loss(model, teacher, curve, text[0], targets(text)) / total
            for text in used
        )

    return train(model, curve, data, loss_of), data


def joined(window):
    """A window as one list of tokens, with the lengths of its texts where there are several."""
    tokens, counted = [], []
    for text, ranges in window:
        counted += [[len(tokens) + start, len(tokens) + end] for start, end in ranges]
        tokens += text
    texts = [len(text) for text, _ in window] if len(window) > 1 else []
    return {"tokens": tokens, "counted": counted, "texts": texts}


def main():
    for name in sys.argv[1:] or list(CURVES):
        curve = {"schedule": "cosine", **CURVES[name]}
        found, data = losses(curve)
        curve.pop("packed", None)
        write("training", name, curve, [joined(window) for window in data], found)


if __name__ == "__main__":
    main()
