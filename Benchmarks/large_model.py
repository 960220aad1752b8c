"""Makes a random Llama of the shape of the first 7B, in bfloat16, about 13 GB on disk.

    python3 Benchmarks/large_model.py FOLDER [--blocks 32]

One block is in memory at a time.
"""

import argparse
import json
import pathlib

import torch
from safetensors.torch import save_file
from transformers import LlamaConfig

WIDTH, INNER, VOCABULARY = 4096, 11008, 32000


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--blocks", type=int, default=32)
    options = parser.parse_args()
    options.folder.mkdir(parents=True)
    generator = torch.Generator().manual_seed(0)

    def random(*shape):
        # The deviation that transformers starts with.
        return torch.randn(*shape, generator=generator).mul_(0.02).to(torch.bfloat16)

    def shard(number, tensors):
        name = f"model-{number + 1:05}-of-{options.blocks + 1:05}.safetensors"
        save_file(tensors, options.folder / name, metadata={"format": "pt"})
        print(name, flush=True)
        return {key: name for key in tensors}, sum(t.nbytes for t in tensors.values())

    names, size = shard(options.blocks, {
        "model.embed_tokens.weight": random(VOCABULARY, WIDTH),
        "model.norm.weight": torch.ones(WIDTH, dtype=torch.bfloat16),
        "lm_head.weight": random(VOCABULARY, WIDTH),
    })
    for block in range(options.blocks):
        prefix = f"model.layers.{block}."
        tensors = {
            prefix + "input_layernorm.weight": torch.ones(WIDTH, dtype=torch.bfloat16),
            prefix + "post_attention_layernorm.weight": torch.ones(WIDTH, dtype=torch.bfloat16),
            prefix + "mlp.gate_proj.weight": random(INNER, WIDTH),
            prefix + "mlp.up_proj.weight": random(INNER, WIDTH),
            prefix + "mlp.down_proj.weight": random(WIDTH, INNER),
        }
        for name in "qkvo":
            tensors[f"{prefix}self_attn.{name}_proj.weight"] = random(WIDTH, WIDTH)
        more, bytes_ = shard(block, tensors)
        names |= more
        size += bytes_
    index = {"metadata": {"total_size": size}, "weight_map": names}
    (options.folder / "model.safetensors.index.json").write_text(json.dumps(index))
    config = LlamaConfig(
        vocab_size=VOCABULARY, hidden_size=WIDTH, intermediate_size=INNER,
        num_hidden_layers=options.blocks, num_attention_heads=32, num_key_value_heads=32,
        max_position_embeddings=2048, tie_word_embeddings=False, dtype="bfloat16",
        architectures=["LlamaForCausalLM"],
    )
    config.save_pretrained(options.folder)


if __name__ == "__main__":
    main()
