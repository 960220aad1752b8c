#!/usr/bin/env python3
"""Writes GGUF files, and what is in them, with the `gguf` package, torch and transformers.

    python3 Scripts/golden_gguf.py Tests/Fixtures/gguf

Nothing here comes from Billhook; rows of query and key are ordered as
`LlamaModel.permute` of llama.cpp's converter orders them. Needs gguf, numpy,
tokenizers, torch and transformers. It writes

- `blocks.json`: values, and the bytes that the package's quantiser makes of them: random ones,
  ties, zeros, the smallest and the largest;
- `llama.gguf`, `qwen2.gguf`, `gemma2.gguf`: random models in f32 without a tokenizer, and
  `llama-q8_0.gguf`: the first with matrices in q8_0;
- `llama-converted.gguf`: one as llama.cpp's converter writes it, with a tokenizer: matrices in f16, the
  embedding in bf16, norms in f32, aligned to 64 bytes, and without the keys that it leaves out;
  `phi3-converted.gguf`: a Phi 3, in which no key gives the size of heads;
- `converted.json`: the last logits of these two, and texts with the ids that `tokenizers` gives them;
- `sentencepiece.json`: a `tokenizer.json` whose pairs merge by the scores of what they become, as
  SentencePiece's, with the tokens of `Tests/Fixtures/tokenizers/metaspace.json`;
- `models.json`: logits of 12 tokens of each, by transformers, of the quantised one with the values
  that the package reads.
"""

import json
import sys
from pathlib import Path

import gguf
import numpy as np
import torch
import transformers
from tokenizers import Tokenizer, decoders, models, pre_tokenizers

TOKENS = [3, 17, 5, 9, 9, 40, 2, 31, 8, 1, 22, 47]
COMMON = dict(
    vocab_size=48, hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=4,
    num_key_value_heads=2, max_position_embeddings=64, initializer_range=0.2, rms_norm_eps=1e-5,
    bos_token_id=1, eos_token_id=2, pad_token_id=None,
)


def blocks():
    random = np.random.default_rng(3)
    rows = [
        random.normal(size=32), random.normal(size=32) * 1e-4, random.normal(size=32) * 900,
        np.zeros(32), np.full(32, 0.25), -np.full(32, 3.5),
        # Halves of the steps of q8_0, and of q4_0, of which the scales are exact.
        np.r_[127.0, np.arange(31) - 15 + 0.5], np.r_[-8.0, np.arange(31) / 2 - 7.5],
        # The largest magnitude twice, with both signs.
        np.r_[2.0, -2.0, np.linspace(-1.9, 1.9, 30)], np.r_[-2.0, 2.0, np.linspace(-1.9, 1.9, 30)],
        # Scales that are not normal in f16, or nearly infinite there.
        random.normal(size=32) * 1e-6, random.normal(size=32) * 1e-9,
        np.r_[65504.0 * 8, random.normal(size=31)], np.r_[1e-30, np.zeros(31)],
    ] + [random.normal(size=32) * 10.0 ** power for power in range(-7, 4)]
    values = np.stack(rows).astype(np.float32)
    return {
        "bits": values.view(np.uint32).ravel().tolist(),
        **{
            name: gguf.quantize(values, kind).tobytes().hex()
            for name, kind in [
                ("q8_0", gguf.GGMLQuantizationType.Q8_0), ("q4_0", gguf.GGMLQuantizationType.Q4_0),
            ]
        },
    }


def sentencePiece():
    """Pairs that merge in the order of what they become: all ways to cut a token into two."""
    source = Path(__file__).resolve().parent.parent / "Tests/Fixtures/tokenizers/metaspace.json"
    tokenizer = json.loads(source.read_text(encoding="utf-8"))
    vocabulary = tokenizer["model"]["vocab"]
    special = {token["content"] for token in tokenizer["added_tokens"]}
    plain = {
        token for token in vocabulary
        if token not in special and not (token.startswith("<0x") and len(token) == 6)
    }
    tokenizer["model"]["merges"] = [
        [token[:cut], token[cut:]]
        for token in sorted(plain, key=vocabulary.get) for cut in range(1, len(token))
        if token[:cut] in plain and token[cut:] in plain
    ]
    for token in tokenizer["added_tokens"]:
        token.update(lstrip=False, rstrip=False, single_word=False, normalized=False)
    return tokenizer


def permute(rows, heads):
    return (
        rows.reshape(heads, 2, rows.shape[0] // heads // 2, *rows.shape[1:])
        .swapaxes(1, 2).reshape(rows.shape)
    )


def in_order(key, rows, configuration):
    """A tensor of transformers with the rows of query and key in the order of `LlamaModel.permute`."""
    heads = {"q_proj": configuration.num_attention_heads, "k_proj": configuration.num_key_value_heads}
    part = key.split(".")[-2]
    return permute(rows, heads[part]) if part in heads else rows


NAMES = {
    "model.embed_tokens": "token_embd", "model.norm": "output_norm", "lm_head": "output",
    "input_layernorm": "attn_norm", "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v", "self_attn.qkv_proj": "attn_qkv",
    "self_attn.o_proj": "attn_output", "mlp.gate_up_proj": "ffn_up", "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up", "mlp.down_proj": "ffn_down", "post_attention_layernorm": "ffn_norm",
}
GEMMA = {
    **NAMES, "post_attention_layernorm": "post_attention_norm",
    "pre_feedforward_layernorm": "ffn_norm", "post_feedforward_layernorm": "post_ffw_norm",
}


def name(key, names):
    module, kind = key.rsplit(".", 1)
    if module.startswith("model.layers."):
        number, part = module.removeprefix("model.layers.").split(".", 1)
        return f"blk.{number}.{names[part]}.{kind}"
    return f"{names[module]}.{kind}"


def add_sizes(writer, configuration):
    """Adds the keys that every file has: sizes, and the epsilon of norms."""
    writer.add_block_count(configuration.num_hidden_layers)
    writer.add_context_length(configuration.max_position_embeddings)
    writer.add_embedding_length(configuration.hidden_size)
    writer.add_feed_forward_length(configuration.intermediate_size)
    writer.add_head_count(configuration.num_attention_heads)
    writer.add_head_count_kv(configuration.num_key_value_heads)
    writer.add_layer_norm_rms_eps(configuration.rms_norm_eps)


def add_tensor(writer, key, values, kind):
    """Adds a tensor, rounded to a type of the file."""
    packed = gguf.quantize(np.ascontiguousarray(values, dtype=np.float32), kind)
    writer.add_tensor(key, packed, raw_dtype=kind)


def finish(writer):
    """Writes everything that was added, and closes the file."""
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def write(path, architecture, model, kind):
    """Writes a model, and gives back the values that a reader finds, by the names of transformers."""
    configuration = model.config
    writer = gguf.GGUFWriter(str(path), architecture)
    add_sizes(writer, configuration)
    writer.add_rope_freq_base(10000.0)
    size = getattr(configuration, "head_dim", None) or configuration.hidden_size // 4
    writer.add_key_length(size)
    writer.add_value_length(size)
    if architecture == "gemma2":
        writer.add_attn_logit_softcapping(configuration.attn_logit_softcapping)
        writer.add_final_logit_softcapping(configuration.final_logit_softcapping)
        writer.add_sliding_window(configuration.sliding_window)
    found = {}
    for key, tensor in model.state_dict().items():
        if key == "lm_head.weight" and configuration.tie_word_embeddings:
            continue
        values = tensor.numpy()
        isGemma = architecture == "gemma2"
        stored = values + 1 if isGemma and key.endswith("norm.weight") else values
        if architecture == "llama":
            stored = in_order(key, stored, configuration)
        own = kind if stored.ndim > 1 else gguf.GGMLQuantizationType.F32
        add_tensor(writer, name(key, GEMMA if isGemma else NAMES), stored, own)
        found[key] = torch.from_numpy(gguf.dequantize(gguf.quantize(values, own), own).copy()).reshape(
            tensor.shape
        )
    finish(writer)
    return found


TEXTS = ["the hedge", " then\n\nthe  other", "é ▁ 12 it's", "<end>the<begin>", ""]


def byteLevel():
    """A tokenizer like GPT-2's, of bytes and a few pairs, with the lists that a GGUF file has."""
    pairs = ["t h", "th e", "Ġ t", "Ġt h", "Ġth e", "e d", "e r", "' s", "Ċ Ċ"]
    tokens = sorted(pre_tokenizers.ByteLevel.alphabet()) + [pair.replace(" ", "") for pair in pairs]
    special = ["<begin>", "<end>", "<turn>"]
    vocabulary = {token: number for number, token in enumerate(tokens + special)}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[tuple(pair.split(" ")) for pair in pairs]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(special)
    return tokenizer, tokens + special, pairs


def convert(path, architecture, model, tokens, pairs):
    """Writes a model with the keys and types of `convert_hf_to_gguf.py`; the last logits of what it holds."""
    kinds = gguf.GGMLQuantizationType
    configuration, count = model.config, len(tokens)
    writer = gguf.GGUFWriter(str(path), architecture)
    writer.add_type("model")
    writer.add_name("Tiny")
    writer.add_tags(["text-generation"])
    add_sizes(writer, configuration)
    writer.add_rope_dimension_count(configuration.hidden_size // configuration.num_attention_heads)
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_F16)
    writer.add_quantization_version(gguf.GGML_QUANT_VERSION)
    if architecture == "phi3":
        writer.add_sliding_window(0)
    else:
        writer.add_custom_alignment(64)
        writer.add_tokenizer_model("gpt2")
        writer.add_tokenizer_pre("gpt-2")
        writer.add_token_list(tokens)
        writer.add_token_types([gguf.TokenType.NORMAL] * (count - 3) + [gguf.TokenType.CONTROL] * 3)
        writer.add_token_merges(pairs)
        writer.add_bos_token_id(count - 3)
        writer.add_eos_token_id(count - 2)
        writer.add_eot_token_id(count - 1)
        writer.add_add_bos_token(False)
    found = {}
    for key, tensor in model.state_dict().items():
        if key == "lm_head.weight" and configuration.tie_word_embeddings:
            continue
        stored = in_order(key, tensor.numpy(), configuration)
        isEmbedding = key == "model.embed_tokens.weight"
        own = kinds.F32 if stored.ndim == 1 else kinds.BF16 if isEmbedding else kinds.F16
        add_tensor(writer, name(key, NAMES), stored, own)
        types = {kinds.F32: torch.float32, kinds.F16: torch.float16, kinds.BF16: torch.bfloat16}
        found[key] = tensor.to(types[own]).float()
    finish(writer)
    model.load_state_dict(found, strict=False)
    with torch.no_grad():
        return [round(value, 6) for value in model(torch.tensor([TOKENS])).logits[0, -1].tolist()]


def converted(folder):
    tokenizer, tokens, pairs = byteLevel()
    small = dict(COMMON, intermediate_size=32, num_hidden_layers=1)
    own = dict(small, vocab_size=len(tokens), bos_token_id=len(tokens) - 3, eos_token_id=len(tokens) - 2)
    kinds = {
        "llama-converted": transformers.LlamaConfig(**own, tie_word_embeddings=True),
        "phi3-converted": transformers.Phi3Config(**small),
    }
    logits = {}
    for number, (file, configuration) in enumerate(kinds.items()):
        torch.manual_seed(40 + number)
        model = transformers.AutoModelForCausalLM.from_config(
            configuration, attn_implementation="eager"
        ).float()
        logits[file] = convert(
            folder / f"{file}.gguf", file.split("-")[0], model, tokens, pairs
        )
    ids = [tokenizer.encode(text).ids for text in TEXTS]
    return {"tokens": TOKENS, "logits": logits, "texts": TEXTS, "ids": ids}


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "blocks.json").write_text(json.dumps(blocks(), separators=(",", ":")) + "\n")
    (folder / "sentencepiece.json").write_text(
        json.dumps(sentencePiece(), ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8"
    )
    kinds = {
        "llama": transformers.LlamaConfig(**COMMON, tie_word_embeddings=False),
        "qwen2": transformers.Qwen2Config(**COMMON, tie_word_embeddings=True),
        "gemma2": transformers.Gemma2Config(
            **COMMON, tie_word_embeddings=True, head_dim=8, query_pre_attn_scalar=8, sliding_window=5
        ),
    }
    logits = {}
    for number, (architecture, configuration) in enumerate(kinds.items()):
        torch.manual_seed(number)
        model = transformers.AutoModelForCausalLM.from_config(
            configuration, attn_implementation="eager"
        ).float()
        with torch.no_grad():
            for key, tensor in model.named_parameters():
                if tensor.dim() == 1:
                    tensor.add_(0.3 * torch.randn(tensor.shape))
            for kind in ["f32", "q8_0"] if architecture == "llama" else ["f32"]:
                file = architecture if kind == "f32" else f"{architecture}-{kind}"
                own = gguf.GGMLQuantizationType[kind.upper()]
                found = write(folder / f"{file}.gguf", architecture, model, own)
                model.load_state_dict(found, strict=False)
                result = model(torch.tensor([TOKENS])).logits[0]
                logits[file] = [round(value, 7) for value in result.flatten().tolist()]
    (folder / "converted.json").write_text(
        json.dumps(converted(folder), separators=(",", ":")) + "\n"
    )
    text = json.dumps({"tokens": TOKENS, "logits": logits}, separators=(",", ":"))
    (folder / "models.json").write_text(text + "\n")


if __name__ == "__main__":
    main()
