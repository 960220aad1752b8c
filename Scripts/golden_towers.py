"""Writes the random image models in Tests/Fixtures/towers, and what transformers computes of text with
them: whole, without blocks, and without heads and channels.

    python3 Scripts/golden_towers.py

Needs torch, transformers and safetensors. Images are not run.
"""

import json
import pathlib
import shutil

import torch
import transformers as hf
from golden_models import as_json, randomise
from golden_widths import zero
from reference import load, logits, text_model, without_blocks
from safetensors.torch import load_file, save_file

FIXTURES = pathlib.Path(__file__).parent.parent / "Tests" / "Fixtures" / "towers"

TEXT = dict(
    vocab_size=45, hidden_size=16, intermediate_size=24, num_hidden_layers=5,
    num_attention_heads=4, num_key_value_heads=2, head_dim=8, max_position_embeddings=64,
)
VISION = dict(
    hidden_size=8, intermediate_size=12, num_hidden_layers=1, num_attention_heads=2, image_size=28,
    patch_size=14,
)


def gemma3():
    text = TEXT | dict(
        sliding_window=5, query_pre_attn_scalar=12, rope_parameters={
            "full_attention": {"rope_type": "linear", "factor": 3.0, "rope_theta": 5000.0},
            "sliding_attention": {"rope_type": "default", "rope_theta": 100.0},
        },
        layer_types=[
            "sliding_attention", "full_attention", "sliding_attention", "sliding_attention",
            "full_attention",
        ],
    )
    return hf.Gemma3ForConditionalGeneration(hf.Gemma3Config(
        text_config=text, vision_config=VISION, mm_tokens_per_image=4, boi_token_index=40,
        eoi_token_index=41, image_token_index=42,
    ))


def mistral3(text):
    return hf.Mistral3ForConditionalGeneration(hf.Mistral3Config(
        text_config=text, vision_config=hf.PixtralVisionConfig(**VISION), image_token_index=42,
        tie_word_embeddings=False,
    ))


def mistral():
    return mistral3(hf.MistralConfig(**TEXT, sliding_window=None))


def ministral():
    return mistral3(hf.Ministral3Config(**TEXT, rope_parameters={
        "rope_type": "yarn", "rope_theta": 100.0, "factor": 8.0, "beta_fast": 4.0,
        "beta_slow": 0.5, "original_max_position_embeddings": 5, "mscale": 1.0,
        "mscale_all_dim": 1.0, "llama_4_scaling_beta": 0.4,
    }))


def as_modules(folder):
    """Names the tensors as the modules of transformers are named, as some of its versions did."""
    path = folder / "model.safetensors"
    tensors = {}
    for name, tensor in load_file(path).items():
        if name.startswith("language_model.lm_head"):
            name = name.removeprefix("language_model.")
        elif name.startswith("language_model.model"):
            name = "model.language_model" + name.removeprefix("language_model.model")
        elif not name.startswith("lm_head"):
            name = "model." + name
        tensors[name] = tensor
    save_file(tensors, path, metadata={"format": "pt"})


# A model, whether its tensors are named by modules, and keys that config.json lacks.
TOWERS = {
    "gemma3": (gemma3, False, []),
    "gemma3-modules": (gemma3, True, []),
    # Without the key, the files say that the table is not shared.
    "mistral3": (mistral, False, ["tie_word_embeddings"]),
    "ministral3": (ministral, True, []),
}


def make(name, seed):
    build, is_by_modules, lacks = TOWERS[name]
    folder = FIXTURES / name
    shutil.rmtree(folder, ignore_errors=True)
    torch.manual_seed(seed)
    model = build()
    randomise(model)
    shard = "1GB" if is_by_modules else "12KB"
    model.save_pretrained(folder, max_shard_size=shard)
    (folder / "generation_config.json").unlink(missing_ok=True)
    if is_by_modules:
        as_modules(folder)
    path = folder / "config.json"
    config = json.loads(path.read_text())
    for key in lacks:
        config.pop(key)
    path.write_text(json.dumps(config, indent=2) + "\n")
    tokens = [1] + torch.randint(3, 40, (13,), generator=torch.Generator().manual_seed(seed)).tolist()
    model = load(folder)
    golden = {"tokens": tokens, "logits": as_json(logits(model, [tokens]))}
    golden["parameters"] = sum(weight.numel() for weight in text_model(model).parameters())
    if model.lm_head.weight.data_ptr() != text_model(model).embed_tokens.weight.data_ptr():
        golden["parameters"] += model.lm_head.weight.numel()
    removed = [0, 2]
    golden["removed"] = removed
    golden["cut"] = as_json(logits(without_blocks(model, removed), [tokens]))
    model = load(folder)
    # The first KV group of every block, and its first five channels.
    narrow = {
        "heads": {str(block): [0, 1] for block in range(5)},
        "channels": {str(block): list(range(5)) for block in range(5)},
    }
    zero(model, narrow)
    golden["narrow"] = as_json(logits(model, [tokens]))
    (folder / "golden.json").write_text(json.dumps(golden, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    for seed, name in enumerate(TOWERS, start=1):
        make(name, seed)
        size = sum(path.stat().st_size for path in (FIXTURES / name).iterdir())
        print(f"{name}: {size // 1000} KB")
