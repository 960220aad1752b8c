"""Writes Tests/Fixtures/openings.json: what transformers computes for configurations that say more
than it reads, or less than is usual.

    python3 Scripts/golden_openings.py

Needs torch, transformers and safetensors. Each case is a model of Tests/Fixtures/models with other
keys in its config.json, and the logits that the last token of a text gets.
"""

import json
import pathlib
import shutil
import tempfile

import torch
import transformers
from golden_models import FIXTURES, as_json

# As before transformers 5, with a base at which every wavelength of a short text matters.
OLD = {"rope_parameters": None, "rope_theta": 300.0}
YARN = {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 16}
LLAMA3 = {
    "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
    "original_max_position_embeddings": 16,
}
ONES, TWOS = [1.0, 1.1, 1.2, 1.3, 1.4, 1.5], [2.0, 2.5, 3.0, 4.0, 5.0, 6.0]

# Objects of `rope_scaling` as published models carry them.
ROPE = {
    "yarn-attn-factor": YARN | {"attn_factor": 0.8782488562869419},
    "yarn-finetuned": {
        "type": "yarn", "factor": 4.0, "original_max_position_embeddings": 16, "finetuned": True
    },
    "yarn-extrapolation": YARN | {
        "attn_factor": 1, "extrapolation_factor": 1.0, "beta_fast": 32, "beta_slow": 1
    },
    "yarn-nulls": YARN | {"attention_factor": None, "mscale": None, "beta_fast": None},
    "yarn-mscale-zero": YARN | {"mscale": 0.7, "mscale_all_dim": 0.0},
    "yarn-zeros": YARN | {"mscale": 0, "mscale_all_dim": 0.9, "beta_fast": 0, "beta_slow": 0},
    "linear-original": {
        "type": "linear", "factor": 3, "original_max_position_embeddings": 16
    },
    "dynamic-original": {
        "type": "dynamic", "factor": 2.0, "original_max_position_embeddings": 16
    },
    "dynamic-alpha": {
        "type": "dynamic", "alpha": 1000.0, "factor": 1.5, "beta_fast": 32, "beta_slow": 1,
        "mscale": 1.0,
    },
    "default-factor": {"rope_type": "default", "factor": 4.0},
    "default-sections": {"type": "default", "mrope_section": [2, 2, 2], "rope_type": "default"},
    "default-share": {"rope_type": "default", "partial_rotary_factor": 1.0},
    "llama3-twice": LLAMA3 | {"rope_type": "llama3", "type": "llama3", "attention_factor": 2.0},
    "longrope": {
        "rope_type": "longrope", "short_factor": ONES, "long_factor": TWOS, "factor": 4.0,
        "original_max_position_embeddings": 16, "long_mscale": 1.2, "short_mscale": 1.0,
    },
    "empty": {},
}

# Keys that no class of these families reads; nearly all of them occur in published files.
UNREAD = {
    "rope_interleaved": True, "rotary_pct": 0.5, "rotary_dim": 4, "n_ctx": 32, "seq_length": 8,
    "layer_norm_eps": 0.5, "norm_eps": 0.5, "rope_base": 3.0, "use_qk_norm": True, "qk_norm": True,
    "logit_scale": 0.25, "embedding_multiplier": 12.0, "residual_multiplier": 0.2,
    "dual_chunk_attention_config": {"chunk_size": 4, "local_size": 2}, "use_mrope": True,
    "num_experts_per_tok": 2, "router_aux_loss_coef": 0.1, "head_dim_v": 3, "use_parallel_residual":
    True, "multiple_of": 256, "ffn_dim_multiplier": 1.3, "max_batch_size": 4, "mup": 0.5,
    "num_nextn_predict_layers": 1, "alibi": True, "use_flash_attn": True, "onnx": {"a": 1},
}

NAMES = {
    "absent": {"architectures": None},
    "null": {"architectures": [None]},
    "empty": {"architectures": []},
    "spelling": {"architectures": ["LLaMAForCausalLM"]},
    "base": {"architectures": ["LlamaModel"]},
    "head": {"architectures": ["LlamaForSequenceClassification"]},
    "two": {"architectures": ["LlamaForCausalLM", "LlamaModel"]},
}

CASES = (
    [("llama-gqa", f"rope-{name}", OLD | {"rope_scaling": value}) for name, value in ROPE.items()]
    + [("llama-gqa", f"named-{name}", edits) for name, edits in NAMES.items()]
    + [
        (model, "unread", UNREAD)
        for model in
        ("llama-gqa", "mistral-window", "qwen2", "qwen3", "gemma", "gemma2", "gemma3", "phi3")
    ]
    + [
        ("llama-gqa", "bos-negative", {"bos_token_id": -1}),
        ("llama-gqa", "bos-beyond", {"bos_token_id": 999}),
        ("mistral", "bias", {"attention_bias": True, "mlp_bias": True}),
        ("llama-gqa", "windows", {"use_sliding_window": True, "max_window_layers": 2}),
        ("gemma2", "pattern", {"sliding_window_pattern": 3}),
    ]
)


def edited(source, folder, edits):
    """A copy of a model with other keys: None takes one away, [None] makes it null."""
    for file in source.glob("*.safetensors"):
        shutil.copy(file, folder)
    config = json.loads((source / "config.json").read_text())
    for key, value in edits.items():
        if value is None:
            config.pop(key, None)
        else:
            config[key] = None if value == [None] else value
    (folder / "config.json").write_text(json.dumps(config, indent=2))


def make(name, case, edits):
    with tempfile.TemporaryDirectory() as path:
        folder = pathlib.Path(path)
        edited(FIXTURES / name, folder, edits)
        model = transformers.AutoModelForCausalLM.from_pretrained(
            folder, dtype=torch.float32, attn_implementation="eager"
        ).eval()
    generator = torch.Generator().manual_seed(7)
    tokens = torch.randint(3, model.config.vocab_size, (40,), generator=generator).tolist()
    with torch.no_grad():
        logits = model(torch.tensor([tokens]), use_cache=False).logits[0, -1]
    return {
        "model": name, "name": case, "edits": edits, "tokens": tokens, "logits": as_json(logits)
    }


if __name__ == "__main__":
    cases = [make(*case) for case in CASES]
    lines = ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases)
    path = FIXTURES.parent / "openings.json"
    path.write_text(f"[\n{lines}\n]\n")
    print(f"{len(cases)} cases, {path.stat().st_size // 1000} KB")
