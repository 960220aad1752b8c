"""Writes the random models and the golden numbers in Tests/Fixtures/models.

    python3 Scripts/golden_models.py

Needs torch, transformers and safetensors. Each model is tiny, random and of another form; its
golden.json holds logits, losses and scores that Scripts/reference.py computes in f32.
"""

import json
import pathlib

import torch
from reference import (
    load, logits, magnitudes, mean_loss, removal_losses, taylor, without_blocks
)
from transformers import LlamaConfig, LlamaForCausalLM

FIXTURES = pathlib.Path(__file__).parent.parent / "Tests" / "Fixtures" / "models"

COMMON = dict(vocab_size=61, hidden_size=32, max_position_embeddings=64, bos_token_id=1)

# name: (configuration, type it is saved in, largest file)
MODELS = {
    "llama-gqa": (
        dict(
            num_hidden_layers=4, num_attention_heads=4, num_key_value_heads=2, head_dim=12,
            intermediate_size=56,
        ),
        torch.float32,
        "1GB",
    ),
    "llama-tied-biases": (
        dict(
            num_hidden_layers=3, num_attention_heads=4, num_key_value_heads=4,
            intermediate_size=40, tie_word_embeddings=True, attention_bias=True, mlp_bias=True,
            rms_norm_eps=1e-5, rope_parameters={"rope_type": "default", "rope_theta": 500.0},
        ),
        torch.float16,
        "1GB",
    ),
    "llama-sharded": (
        dict(
            num_hidden_layers=16, num_attention_heads=2, num_key_value_heads=1,
            intermediate_size=24,
        ),
        torch.bfloat16,
        "40KB",
    ),
}


def make(name, settings, dtype, shard, seed):
    torch.manual_seed(seed)
    model = LlamaForCausalLM(LlamaConfig(**COMMON, **settings))
    # Wider than the default and with norms and biases that are not all alike, so that no weight
    # can be left out without being noticed.
    with torch.no_grad():
        for key, weight in model.named_parameters():
            if "norm" in key:
                weight.copy_(1 + 0.2 * torch.randn_like(weight))
            else:
                weight.copy_(0.15 * torch.randn_like(weight))
    folder = FIXTURES / name
    model.to(dtype).save_pretrained(folder, max_shard_size=shard)
    (folder / "generation_config.json").unlink(missing_ok=True)

    model = load(folder)
    generator = torch.Generator().manual_seed(seed)
    tokens = torch.randint(2, COMMON["vocab_size"], (4, 12), generator=generator).tolist()
    windows = [([1] + row, 1) for row in tokens[:3]] + [([1] + tokens[3], 5)]
    shown = [windows[0][0], windows[1][0]]
    golden = {
        "windows": [{"tokens": row, "first_target": first} for row, first in windows],
        "logits": logits(model, shown).reshape(-1).tolist(),
        "loss": mean_loss(model, windows),
        "scores": {
            "ppl": removal_losses(model, windows),
            "magnitude1": magnitudes(model, 1),
            "magnitude2": magnitudes(model, 2),
            "taylor_abs_sum": taylor(model, windows, "abs_sum"),
            "taylor_sum_abs": taylor(model, windows, "sum_abs"),
        },
    }
    removed = [0, 2]
    cut = logits(without_blocks(model, removed), shown)
    golden["cut"] = {"removed": removed, "logits": cut.reshape(-1).tolist()}
    text = json.dumps(golden, indent=None, separators=(",", ":"))
    (folder / "golden.json").write_text(text + "\n")


if __name__ == "__main__":
    for seed, (name, (settings, dtype, shard)) in enumerate(MODELS.items(), start=1):
        make(name, settings, dtype, shard, seed)
        size = sum(path.stat().st_size for path in (FIXTURES / name).iterdir())
        print(f"{name}: {size // 1000} KB")
