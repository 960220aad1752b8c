#!/usr/bin/env python3
"""Writes what lm-eval makes of a few questions of each task, with small models.

Usage: Scripts/golden_tasks.py, from the repository's root; writes Tests/Fixtures/tasks.
       Scripts/golden_tasks.py MODEL TASK ROWS OUT [--examples FILE] [--shots N] [--limit N]
       [--type float64] writes the same for a model and a file of yours, whose answers `make task-test
       ANSWERS=OUT` compares with Billhook's.

The questions and the log-likelihoods are lm-eval's own (pip install lm-eval==0.4.13), from its
descriptions of the tasks, which only read rows from local files instead of the hub. The questions were
written for this project. Nothing of Billhook is used.
"""

import argparse
import functools
import json
import os
import pathlib
import shutil
import time

os.environ["HF_HUB_OFFLINE"] = "1"

import lm_eval
import lm_eval.tasks
import torch
from lm_eval.models.huggingface import HFLM
from lm_eval.tasks import TaskManager
from transformers import LlamaConfig, LlamaForCausalLM

OUT = pathlib.Path("Tests/Fixtures/tasks")

# Each with what is odd: spaces at ends, words that merge across the border, other scripts, ties, three
# and five answers, labels that are digits, brackets, a question without a text.
ROWS = {
    "piqa": [
        {
            "goal": "How do I keep a tent dry?",
            "sol1": "Put a sheet under the tent.",
            "sol2": "Put a sheet under the lake.",
            "label": 0,
        },
        {"goal": "Boil an egg ", "sol1": " in water", "sol2": "in paper", "label": 0},
        {"goal": "Couper du pain dur, déjà vieux", "sol1": "Une scie à pain 🍞", "sol2": "Un œuf", "label": 1},
        {"goal": "Equal answers", "sol1": "the same words", "sol2": "the same words", "label": 1},
    ],
    "boolq": [
        {"question": "is the moon nearer than the sun", "passage": "The moon goes round the earth.", "label": 1},
        {
            "question": "can a stone swim?",
            "passage": "Stones sink.\n\nWood does not, and pumice, which is a stone, swims.",
            "label": 0,
        },
        {"question": "no passage", "passage": "", "label": 0},
    ],
    "hellaswag": [
        {
            "activity_label": "Mending a bike [step]",
            "ctx_a": "[header] How to mend a bike [title] Turn it over [substeps] first.  Then wait.",
            "ctx_b": "a Woman",
            "endings": [
                "takes the wheel off. [step] She looks at it.",
                " puts the  bike into the   river [title] and goes.",
                "[substeps] sings.",
                "reads [a] book] aloud\n[not\nclosed].",
            ],
            "label": "2",
        },
        {
            "activity_label": "Cooking",
            "ctx_a": "Ein Mann schält Äpfel.",
            "ctx_b": "ÉLISE et SON chien",
            "endings": ["wait.", "bark at Ǆ.", "eat the apples", "wait."],
            "label": "3",
        },
        {
            "activity_label": "Empty",
            "ctx_a": "Nothing follows here.",
            "ctx_b": "",
            "endings": ["one", "two", "three", "four"],
            "label": "0",
        },
    ],
    "winogrande": [
        {
            "sentence": "The cup did not fit into the bag because the _ was too small.",
            "option1": "cup",
            "option2": "bag",
            "answer": "2",
        },
        {"sentence": "Ann thanked Bo, for _ had helped.", "option1": "Ann", "option2": "Bo", "answer": "2"},
        {"sentence": "_ is_bigger than the mouse.", "option1": "The cat ", "option2": "The ant", "answer": "1"},
    ],
    "arc_easy": [
        {
            "question": "What do plants need to grow?",
            "choices": {"text": ["light", "noise", "paint", "glass"], "label": ["A", "B", "C", "D"]},
            "answerKey": "A",
        },
        {
            "question": "Which is the hottest?",
            "choices": {"text": ["ice", "the sun", "a fire"], "label": ["1", "2", "3"]},
            "answerKey": "2",
        },
        {
            "question": "Which number is even?",
            "choices": {"text": ["1", "3", "5", "7", "8"], "label": ["A", "B", "C", "D", "E"]},
            "answerKey": "E",
        },
    ],
    "openbookqa": [
        {
            "question_stem": "A fish breathes with",
            "choices": {"text": ["gills", "Its lungs", "leaves.", "…"], "label": ["A", "B", "C", "D"]},
            "answerKey": " A",
        },
        {
            "question_stem": "",
            "choices": {"text": ["Nothing stands", "before", "these", "answers"], "label": ["A", "B", "C", "D"]},
            "answerKey": "C",
        },
        {
            "question_stem": "The line ends here:\n ",
            "choices": {"text": ["a", "bb", "ccc", "dddd"], "label": ["A", "B", "C", "D"]},
            "answerKey": "D",
        },
    ],
    "mmlu_us_foreign_policy": [
        {
            "question": " Who signs a treaty? ",
            "subject": "us_foreign_policy",
            "choices": ["The president", "A horse", "Nobody", "The cook"],
            "answer": 0,
        },
        {
            "question": "What is an embassy?",
            "subject": "us_foreign_policy",
            "choices": ["A tree", "A house of another country", "A war", "A coin"],
            "answer": 1,
        },
    ],
    "mmlu_astronomy": [
        {
            "question": "What do planets go round?",
            "subject": "astronomy",
            "choices": ["The moon", "A wall", "The sun", "Mars"],
            "answer": 2,
        },
        {
            "question": "How old is the light of a star?",
            "subject": "astronomy",
            "choices": ["New", "Old", "It depends", "Ageless"],
            "answer": 2,
        },
    ],
}

EXAMPLES = {
    "mmlu_us_foreign_policy": [
        {
            "question": "What does NATO do?",
            "subject": "us_foreign_policy",
            "choices": ["It bakes", "It defends its members", "It sings", "It digs"],
            "answer": 1,
        },
        {
            "question": "Where is Canada?",
            "subject": "us_foreign_policy",
            "choices": ["South", "East", "West", "North"],
            "answer": 3,
        },
    ],
    "mmlu_astronomy": [
        {
            "question": "Which is a planet?",
            "subject": "astronomy",
            "choices": ["Venus", "Sirius", "The sun", "The moon"],
            "answer": 0,
        },
        {
            "question": "Is the sky dark at night?",
            "subject": "astronomy",
            "choices": ["Never", "On Mondays", "Yes", "No"],
            "answer": 2,
        },
    ],
}
SHOTS = 2


@functools.cache
def task_manager():
    """The tasks that are needed; reading all of them takes minutes."""
    tasks = pathlib.Path(lm_eval.tasks.__file__).parent
    folders = ["arc", "hellaswag", "mmlu/default", "openbookqa", "piqa", "super_glue", "winogrande"]
    return TaskManager(
        include_path=[str(tasks / folder) for folder in folders], include_defaults=False
    )


def evaluate(lm, name, rows, examples=None, shots=0, limit=None):
    """What lm-eval makes of rows in a local file: log-likelihoods, choices, accuracies, seconds."""
    splits = dict.fromkeys(["train", "validation", "test"], str(rows))
    manager = task_manager()
    overrides = {
        "dataset_path": "json",
        "dataset_name": None,
        "dataset_kwargs": {"data_files": {**splits, "dev": str(examples or rows)}},
    }
    task = manager._factory.build(
        manager._entry(name), overrides=overrides, registry=manager._index
    )
    began = time.monotonic()
    found = lm_eval.simple_evaluate(
        model=lm,
        tasks=[task],
        task_manager=task_manager(),
        num_fewshot=shots,
        limit=limit,
        log_samples=True,
        bootstrap_iters=10,
    )
    seconds = time.monotonic() - began
    samples = sorted(found["samples"][name], key=lambda sample: sample["doc_id"])
    results = found["results"][name]
    kept = {key.split(",")[0]: value for key, value in results.items() if key.endswith(",none")}
    return {
        "requests": [
            [list(request) for request in arguments(sample)] for sample in samples
        ],
        "log_likelihoods": [[reply[0] for reply in sample["filtered_resps"]] for sample in samples],
        "acc": [sample["acc"] for sample in samples],
        "acc_norm": [sample["acc_norm"] for sample in samples] if "acc_norm" in samples[0] else None,
        "results": kept,
        "seconds": seconds,
    }


def arguments(sample):
    """The context and the continuation of each request."""
    found = sample["arguments"]
    if isinstance(found, dict):
        found = [list(each.values()) for each in found.values()]
    return found


def write_lines(path, rows):
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")


def random_model(folder, tokenizer):
    """A Llama of two blocks with random weights, and a tokenizer that puts a token before a text."""
    torch.manual_seed(20)
    size = max(json.loads(tokenizer.read_text())["model"]["vocab"].values()) + 32
    config = LlamaConfig(
        vocab_size=size,
        hidden_size=32,
        intermediate_size=48,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=96,
        initializer_range=0.3,
        bos_token_id=1,
        eos_token_id=2,
    )
    LlamaForCausalLM(config).float().save_pretrained(folder)
    shutil.copy(tokenizer, folder / "tokenizer.json")
    described = {"tokenizer_class": "PreTrainedTokenizerFast", "bos_token": "<s>", "eos_token": "</s>"}
    (folder / "tokenizer_config.json").write_text(json.dumps(described, indent=2) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", nargs="?")
    parser.add_argument("task", nargs="?")
    parser.add_argument("rows", nargs="?")
    parser.add_argument("out", nargs="?")
    parser.add_argument("--examples")
    parser.add_argument("--shots", type=int, default=0)
    parser.add_argument("--limit", type=int)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--type", default="float32", help="the type of the arithmetic")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    if options.out:
        lm = HFLM(pretrained=options.model, dtype=options.type, device="cpu", batch_size=8)
        found = evaluate(
            lm, options.task, options.rows, options.examples, options.shots, options.limit
        )
        asked = {key: getattr(options, key) for key in ["model", "task", "rows", "examples", "shots", "limit"]}
        for key in ["model", "rows", "examples"]:
            asked[key] = asked[key] and str(pathlib.Path(asked[key]).resolve())
        pathlib.Path(options.out).write_text(json.dumps(asked | found, indent=1))
        return
    OUT.mkdir(parents=True, exist_ok=True)
    for name, rows in ROWS.items():
        write_lines(OUT / f"{name}.jsonl", rows)
    for name, rows in EXAMPLES.items():
        write_lines(OUT / f"{name}-examples.jsonl", rows)
    random_model(OUT / "model", pathlib.Path("Tests/Fixtures/tokenizers/metaspace.json"))
    for label, folder in [("random", OUT / "model"), ("tiny", pathlib.Path("Examples/Models/tiny"))]:
        golden = {}
        for rule, added in [("lm_eval", None), ("before_0.4.9.2", False)]:
            lm = HFLM(
                pretrained=str(folder),
                dtype="float32",
                device="cpu",
                batch_size=4,
                add_bos_token=added,
            )
            for name in ROWS:
                isMMLU = name in EXAMPLES
                examples = OUT / f"{name}-examples.jsonl" if isMMLU else None
                found = evaluate(lm, name, OUT / f"{name}.jsonl", examples, SHOTS if isMMLU else 0)
                del found["seconds"]
                if rule != "lm_eval":
                    del found["requests"]
                golden.setdefault(rule, {})[name] = found
        (OUT / f"{label}.json").write_text(
            json.dumps(golden, ensure_ascii=False, indent=1, sort_keys=True) + "\n", encoding="utf-8"
        )


if __name__ == "__main__":
    main()
