"""Writes Tests/Fixtures/released/golden.json: how many parameters transformers gives models whose
published config.json stands beside it.

    python3 Scripts/golden_released.py

Needs torch and transformers. The configurations are written from the published numbers; no weight is
made.
"""

import json
import pathlib
import tempfile

import torch
from transformers import AutoConfig, AutoModelForCausalLM, AutoModelForImageTextToText

FOLDER = pathlib.Path(__file__).parent.parent / "Tests" / "Fixtures" / "released"


def text_parameters(path):
    """The parameters of the text model, and those of everything else."""
    with tempfile.TemporaryDirectory() as folder:
        (pathlib.Path(folder) / "config.json").write_text(path.read_text())
        config = AutoConfig.from_pretrained(folder)
    has_images = hasattr(config, "text_config")
    kind = AutoModelForImageTextToText if has_images else AutoModelForCausalLM
    with torch.device("meta"):
        model = kind.from_config(config)
    text, others = 0, 0
    for name, parameter in model.named_parameters():
        if not has_images or ".language_model." in name or name.startswith("lm_head."):
            text += parameter.numel()
        else:
            others += parameter.numel()
    return text, others


if __name__ == "__main__":
    found = {}
    for path in sorted(FOLDER.glob("*.json")):
        if path.name == "golden.json":
            continue
        text, others = text_parameters(path)
        found[path.stem] = {"text": text, "others": others}
        print(f"{path.stem}: {text:,} and {others:,}")
    (FOLDER / "golden.json").write_text(json.dumps(found, indent=2) + "\n")
