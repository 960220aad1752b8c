"""Makes the random models and token files that the benchmarks run on. Imported by bench.py."""

import pathlib

import torch
from transformers import LlamaConfig, LlamaForCausalLM


def make_model(folder, blocks=12, width=768, vocabulary=32000, dtype=torch.float32):
    """A Llama of about 130 M parameters unless it is said otherwise."""
    folder = pathlib.Path(folder)
    if (folder / "config.json").exists():
        return folder
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=vocabulary,
        hidden_size=width,
        intermediate_size=width * 8 // 3,
        num_hidden_layers=blocks,
        num_attention_heads=width // 64,
        num_key_value_heads=width // 64,
        max_position_embeddings=2048,
        tie_word_embeddings=False,
        bos_token_id=1,
        eos_token_id=2,
    )
    LlamaForCausalLM(config).to(dtype).save_pretrained(folder)
    return folder


def make_tokens(path, windows, length, vocabulary=32000):
    """Random windows, one a line, as a recipe's `tokens` reads them."""
    generator = torch.Generator().manual_seed(1)
    ids = torch.randint(3, vocabulary, (windows, length), generator=generator)
    pathlib.Path(path).write_text("".join(" ".join(map(str, row)) + "\n" for row in ids.tolist()))
    return path


def read_tokens(path):
    return torch.tensor([[int(part) for part in line.split()] for line in open(path)])
