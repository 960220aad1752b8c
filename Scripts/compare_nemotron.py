#!/usr/bin/env python3
"""Compares directories that `architecture = nemotron_nas` writes with the programs that read them.

    python3 Scripts/compare_nemotron.py --billhook ./billhook --work /tmp/nas [MODEL ...]

For each Llama, recipes remove sub-layers, blocks and channels, one of them from a Nemotron-NAS that this
script makes, whose blocks have different numbers of KV heads, and save the model in f32, once as
nemotron_nas and once as `architecture = custom`. The logits of 32 tokens, computed in f64, are compared between

- transformers with the code of the custom directory, which is what was measured;
- transformers with the code of the nemotron_nas directory;
- a reader of this script, written after vLLM's `nemotron_nas.py`: what it takes from `block_configs`
  and `config.json`, the names of tensors that it stacks, and the way it carries the residual;
- mlx-lm's own `nemotron-nas.py`, in f32, where mlx-lm is installed with `mlx[cpu]`.

A recipe that is refused is a failure.

Needs torch, transformers, safetensors and numpy, and mlx with mlx-lm for the last; no other check
needs this script.
"""

import argparse
import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import torch
import transformers
from safetensors.torch import load_file, save_file

ROOT = Path(__file__).resolve().parent.parent
# transformers computes norms and the softmax in f32 whatever the type of the model.
TOLERANCE = 1e-4
# mlx-lm computes everything in f32, to which a model without one of its first blocks is sensitive.
TOLERANCE_IN_F32 = 2e-3
VARIANTS = {
    "mlps": "prune mlp { remove [1, 2] }",
    "both": "prune attention { remove [1] }\nprune mlp { remove [2] }",
    "depth": "prune block { remove [1] }\nprune attention { remove [2] }",
    "widths": "prune mlp_channel { by magnitude, remove 30%, allocate global, multiple_of = 256 }\n"
    "prune mlp { remove [1] }",
    "groups": "prune attention { remove [1] }",
}


def rms(states, weight, epsilon):
    return weight * states * torch.rsqrt(states.pow(2).mean(-1, keepdim=True) + epsilon)


class Reader:
    """A nemotron_nas directory as vLLM's DeciLMForCausalLM loads and runs it."""

    def __init__(self, folder):
        self.config = json.loads((folder / "config.json").read_text())
        assert self.config["architectures"] == ["DeciLMForCausalLM"]
        weights = {}
        for file in sorted(folder.glob("*.safetensors")):
            weights.update({key: value.double() for key, value in load_file(file).items()})
        self.parameters = {}
        for key, value in weights.items():
            for stacked, part in [("qkv_proj", "qkv"), ("gate_up_proj", ("gate", "up"))]:
                for one in part:
                    if f".{one}_proj." in key:
                        name = key.replace(f"{one}_proj", stacked)
                        self.parameters.setdefault(name, {})[one] = value
            if not any(f".{one}_proj." in key for one in ["q", "k", "v", "gate", "up"]):
                self.parameters[key] = value

    def width(self, ffn):
        if "ffn_mult" in ffn:
            size = int(2 * ffn["ffn_mult"] * self.config["hidden_size"] / 3)
            return size if size % 256 == 0 else size + 256 - size % 256
        return ffn["intermediate_size"]

    def attention(self, name, states, block):
        config = self.config
        heads = config["num_attention_heads"]
        size = config.get("head_dim") or config["hidden_size"] // heads
        groups = heads // block["n_heads_in_group"]
        parts = self.parameters[f"{name}.self_attn.qkv_proj.weight"]
        assert parts["k"].shape == parts["v"].shape == (groups * size, config["hidden_size"])
        assert parts["q"].shape == (heads * size, config["hidden_size"])
        count = states.shape[0]
        theta = config.get("rope_theta") or config["rope_parameters"]["rope_theta"]
        angles = torch.outer(
            torch.arange(count).float(), 1 / theta ** (torch.arange(0, size, 2).float() / size)
        )
        cos, sin = angles.cos()[:, None], angles.sin()[:, None]

        def turned(rows, heads):
            first, second = (states @ rows.T).view(count, heads, size).chunk(2, -1)
            return torch.cat([first * cos - second * sin, second * cos + first * sin], -1)

        query, key = turned(parts["q"], heads), turned(parts["k"], groups)
        value = (states @ parts["v"].T).view(count, groups, size)
        key, value = [each.repeat_interleave(heads // groups, 1) for each in (key, value)]
        scores = torch.einsum("qhd,khd->hqk", query, key) * size ** -0.5
        scores = scores.masked_fill(torch.ones(count, count).triu(1).bool(), -torch.inf)
        mixed = torch.einsum("hqk,khd->qhd", scores.softmax(-1), value).reshape(count, -1)
        return mixed @ self.parameters[f"{name}.self_attn.o_proj.weight"].T

    def logits(self, tokens):
        config, epsilon = self.config, self.config["rms_norm_eps"]
        hidden, residual = self.parameters["model.embed_tokens.weight"][tokens], None
        assert len(config["block_configs"]) == config["num_hidden_layers"]
        for number, block in enumerate(config["block_configs"]):
            name = f"model.layers.{number}"
            if not block["attention"]["no_op"]:
                residual = hidden if residual is None else hidden + residual
                norm = self.parameters[f"{name}.input_layernorm.weight"]
                hidden = self.attention(name, rms(residual, norm, epsilon), block["attention"])
            if not block["ffn"]["no_op"]:
                assert residual is not None, "the first block has no attention"
                residual = hidden + residual
                norm = self.parameters[f"{name}.post_attention_layernorm.weight"]
                parts = self.parameters[f"{name}.mlp.gate_up_proj.weight"]
                assert parts["gate"].shape[0] == self.width(block["ffn"])
                states = rms(residual, norm, epsilon)
                gate = torch.nn.functional.silu(states @ parts["gate"].T)
                down = self.parameters[f"{name}.mlp.down_proj.weight"]
                hidden = (gate * (states @ parts["up"].T)) @ down.T
        states = rms(hidden + residual, self.parameters["model.norm.weight"], epsilon)
        tied = config["tie_word_embeddings"]
        return states @ self.parameters["model.embed_tokens.weight" if tied else "lm_head.weight"].T


def grouped(source, place):
    """A Nemotron-NAS of a Llama, where every second block has its first KV head alone."""
    config = json.loads((source / "config.json").read_text())
    heads, groups = config["num_attention_heads"], config["num_key_value_heads"]
    size = config.get("head_dim") or config["hidden_size"] // heads
    place.mkdir(parents=True)
    for file in source.glob("*.json"):
        if "safetensors" not in file.name:
            shutil.copy(file, place / file.name)
    weights = {}
    for file in sorted(source.glob("*.safetensors")):
        weights.update(load_file(file))
    blocks = []
    for number in range(config["num_hidden_layers"]):
        kept = 1 if number % 2 == 0 else groups
        for name in "kv":
            key = f"model.layers.{number}.self_attn.{name}_proj.weight"
            weights[key] = weights[key][: kept * size].contiguous()
        blocks.append({
            "attention": {"n_heads_in_group": heads // kept, "no_op": False},
            "ffn": {"intermediate_size": config["intermediate_size"], "no_op": False},
        })
    save_file(weights, place / "model.safetensors", metadata={"format": "pt"})
    config.update(
        architectures=["DeciLMForCausalLM"], model_type="nemotron-nas", block_configs=blocks,
        num_key_value_heads=None,
    )
    (place / "config.json").write_text(json.dumps(config, indent=2))
    return place


def by_mlx(folder, tokens):
    try:
        import mlx.core as mx
        from mlx_lm.utils import load_model
    except ImportError:
        return None
    mx.set_default_device(mx.cpu)
    model, _ = load_model(folder)
    return torch.from_numpy(np.array(model(mx.array([tokens]))[0].astype(mx.float32)))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="*", default=[str(ROOT / "Examples/Models/tiny")])
    parser.add_argument("--billhook", default=str(ROOT / "billhook"))
    parser.add_argument("--work", required=True)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    torch.set_grad_enabled(False)
    transformers.logging.set_verbosity_error()
    isWell = True
    for model in arguments.models:
        width = json.loads((Path(model) / "config.json").read_text())["intermediate_size"]
        for variant, steps in VARIANTS.items():
            if variant == "widths" and width < 512:
                print(f"{Path(model).name:12} {variant:6} left out: its {width} channels are too few")
                continue
            place = Path(arguments.work) / f"{Path(model).name}-{variant}"
            shutil.rmtree(place, ignore_errors=True)
            place.mkdir(parents=True)
            source = Path(model).resolve()
            if variant == "groups":
                source = grouped(source, place / "source")
            (place / "a.recipe").write_text(
                f'model "{source}"\n{steps}\n'
                + "".join(
                    f'save "{place}/{name}" {{ architecture = {name}, dtype = float32 }}\n'
                    for name in ("custom", "nemotron_nas")
                )
            )
            done = subprocess.run(
                [arguments.billhook, "run", f"{place}/a.recipe", "--work", f"{place}/work"],
                capture_output=True, text=True,
            )
            if done.returncode != 0:
                print(f"{Path(model).name:12} {variant:6} REFUSED: {done.stderr.strip()[:200]}")
                isWell = False
                continue
            found = {}
            for name in ("custom", "nemotron_nas"):
                opened = transformers.AutoModelForCausalLM.from_pretrained(
                    place / name, trust_remote_code=True, dtype=torch.float32,
                    attn_implementation="eager",
                ).double()
                size = opened.config.vocab_size
                generator = torch.Generator().manual_seed(5)
                tokens = torch.randint(0, size, (32,), generator=generator).tolist()
                found[name] = opened(torch.tensor([tokens])).logits[0]
            expected = found.pop("custom")
            found["as vLLM"] = Reader(place / "nemotron_nas").logits(torch.tensor(tokens))
            found["mlx-lm"] = by_mlx(place / "nemotron_nas", tokens)
            texts = []
            for name, logits in found.items():
                if logits is None:
                    texts.append(f"{name} is not installed")
                    continue
                share = float((logits - expected).abs().max() / expected.abs().max())
                limit = TOLERANCE_IN_F32 if name == "mlx-lm" else TOLERANCE
                isWell = isWell and share <= limit
                texts.append(f"{name} {share:.1e}")
            print(f"{Path(model).name:12} {variant:6} " + ", ".join(texts), flush=True)
    return 0 if isWell else 1


if __name__ == "__main__":
    sys.exit(main())
