"""The random models of golden_models.py: every family, and every flag that changes its arithmetic.

Imported by golden_models.py. Texts are longer than the windows and than the lengths at which rotary embeddings change.
"""

import dataclasses
import typing

import torch
import transformers as hf


@dataclasses.dataclass
class Sample:
    config: typing.Any
    model: typing.Any
    settings: dict
    dtype: torch.dtype = torch.float32
    shard: str = "1GB"
    length: int = 12
    # Changes of config.json after it was saved; None takes a key away.
    edits: dict = dataclasses.field(default_factory=dict)


def sample(family, blocks=4, edits={}, **settings):
    common = dict(
        vocab_size=37, hidden_size=16, intermediate_size=24, num_hidden_layers=blocks,
        num_attention_heads=4, num_key_value_heads=2, max_position_embeddings=64,
        bos_token_id=1, eos_token_id=2, pad_token_id=0,
    )
    config = "Gemma3Text" if family == "Gemma3" else family
    return Sample(
        getattr(hf, f"{config}Config"), getattr(hf, f"{family}ForCausalLM"),
        common | settings, length=13, edits=edits,
    )


def llama(**settings):
    common = dict(vocab_size=61, hidden_size=32, max_position_embeddings=64, bos_token_id=1)
    return dict(config=hf.LlamaConfig, model=hf.LlamaForCausalLM, settings=common | settings)


def rope(kind, **settings):
    return {"rope_type": kind, "rope_theta": 100.0} | settings


LLAMA3 = dict(
    factor=4.0, low_freq_factor=1.0, high_freq_factor=3.0, original_max_position_embeddings=32
)
FACTORS = dict(short_factor=[1.0, 1.2, 1.5, 1.9], long_factor=[1.3, 2.0, 3.1, 4.7])

MODELS = {
    "llama-gqa": Sample(**llama(
        num_hidden_layers=4, num_attention_heads=4, num_key_value_heads=2, head_dim=12,
        intermediate_size=56,
    )),
    "llama-tied-biases": Sample(**llama(
        num_hidden_layers=3, num_attention_heads=4, num_key_value_heads=4,
        intermediate_size=40, tie_word_embeddings=True, attention_bias=True, mlp_bias=True,
        rms_norm_eps=1e-5, rope_parameters={"rope_type": "default", "rope_theta": 500.0},
    ), dtype=torch.float16),
    "llama-sharded": Sample(**llama(
        num_hidden_layers=16, num_attention_heads=2, num_key_value_heads=1,
        intermediate_size=24,
    ), dtype=torch.bfloat16, shard="40KB"),
    "llama-linear": sample("Llama", rope_parameters=rope("linear", factor=2.5), hidden_act="gelu"),
    "llama-dynamic": sample(
        "Llama", rope_parameters=rope("dynamic", factor=3.0), max_position_embeddings=8
    ),
    "llama-llama3": sample("Llama", rope_parameters=rope("llama3", **LLAMA3), head_dim=8),
    # As before transformers 5.
    "llama-llama3-old": sample(
        "Llama", rope_parameters=rope("llama3", **LLAMA3), head_dim=8,
        edits={
            "rope_parameters": None, "rope_theta": 100.0,
            "rope_scaling": {"rope_type": "llama3"} | LLAMA3,
        },
    ),
    "llama-yarn": sample(
        "Llama", head_dim=12, rope_parameters=rope(
            "yarn", factor=4.0, original_max_position_embeddings=16, beta_fast=4.0, beta_slow=0.5
        )
    ),
    "llama-yarn-mscale": sample(
        "Llama", head_dim=12, rope_parameters=rope(
            "yarn", factor=8.0, original_max_position_embeddings=8, mscale=0.7,
            mscale_all_dim=0.9, truncate=False, beta_slow=0.2,
        )
    ),
    "mistral": sample("Mistral", sliding_window=None, head_dim=12),
    "mistral-window": sample("Mistral", sliding_window=5),
    "qwen2": sample("Qwen2", tie_word_embeddings=True, rope_parameters=rope("default")),
    "qwen2-window": sample(
        "Qwen2", use_sliding_window=True, sliding_window=5, max_window_layers=1
    ),
    # The list of attention kinds is left to be derived.
    "qwen2-window-old": sample(
        "Qwen2", use_sliding_window=True, sliding_window=5, max_window_layers=2,
        edits={"layer_types": None, "rope_parameters": None, "rope_theta": 10000.0},
    ),
    "qwen3": sample("Qwen3", head_dim=8, rope_parameters=rope("default")),
    "qwen3-window-bias": sample(
        "Qwen3", head_dim=6, attention_bias=True, tie_word_embeddings=True,
        use_sliding_window=True, sliding_window=4,
        layer_types=["full_attention", "sliding_attention", "sliding_attention", "full_attention"],
    ),
    "gemma": sample("Gemma", head_dim=8),
    "gemma2": sample(
        "Gemma2", head_dim=8, sliding_window=5, query_pre_attn_scalar=20,
        attn_logit_softcapping=0.8, final_logit_softcapping=1.5,
    ),
    "gemma2-plain-old": sample(
        "Gemma2", head_dim=8, sliding_window=5, query_pre_attn_scalar=8,
        attn_logit_softcapping=None, final_logit_softcapping=None, attention_bias=True,
        edits={
            "layer_types": None, "rope_parameters": None, "rope_theta": 10000.0,
            "hidden_act": "gelu_pytorch_tanh",
        },
    ),
    "gemma3": sample(
        "Gemma3", blocks=7, head_dim=8, sliding_window=5, query_pre_attn_scalar=12,
        final_logit_softcapping=1.5,
        rope_parameters={
            "full_attention": rope("linear", factor=3.0, rope_theta=5000.0),
            "sliding_attention": rope("default"),
        },
    ),
    "gemma3-old": sample(
        "Gemma3", blocks=5, head_dim=8, sliding_window=5, query_pre_attn_scalar=8,
        sliding_window_pattern=3,
        rope_parameters={
            "full_attention": rope("linear", factor=3.0, rope_theta=5000.0),
            "sliding_attention": rope("default"),
        },
        edits={
            "layer_types": None, "rope_parameters": None, "rope_theta": 5000.0,
            "rope_local_base_freq": 100.0, "rope_scaling": {"rope_type": "linear", "factor": 3.0},
            "sliding_window_pattern": 3,
        },
    ),
    "phi3": sample("Phi3", sliding_window=5),
    # Head size 10, of which 8 channels are rotated; long factors, as texts are longer than 8
    # tokens.
    "phi3-longrope": sample(
        "Phi3", hidden_size=40, num_attention_heads=4, original_max_position_embeddings=8,
        rope_parameters=rope("longrope", partial_rotary_factor=0.8, **FACTORS),
    ),
    "phi3-longrope-old": sample(
        "Phi3", hidden_size=32, num_attention_heads=4, original_max_position_embeddings=32,
        rope_parameters=rope("longrope", **FACTORS),
        edits={
            "rope_parameters": None, "rope_theta": 100.0,
            "rope_scaling": {"type": "longrope"} | FACTORS,
        },
    ),
    # Without a KV group it has 4 query heads, which do not divide the hidden size.
    "llama-heads": sample(
        "Llama", hidden_size=18, num_attention_heads=6, num_key_value_heads=3, head_dim=4
    ),
    "smollm3": sample(
        "SmolLM3", blocks=5, no_rope_layers=[1, 0, 1, 1, 0], rope_parameters=rope("default"),
    ),
    # The list is left to be derived.
    "smollm3-window-bias": sample(
        "SmolLM3", blocks=5, head_dim=6, attention_bias=True, mlp_bias=True,
        tie_word_embeddings=False, use_sliding_window=True, sliding_window=4,
        no_rope_layer_interval=2, rope_parameters=rope("default"),
        edits={"no_rope_layers": None, "layer_types": None},
    ),
    "olmo2": sample("Olmo2", rope_parameters=rope("default")),
    "olmo2-bias": sample(
        "Olmo2", head_dim=6, attention_bias=True, tie_word_embeddings=True, rms_norm_eps=1e-3,
        rope_parameters=rope("linear", factor=2.0), num_key_value_heads=4,
    ),
    "olmo3": sample(
        "Olmo3", blocks=5, sliding_window=5, rope_parameters={
            "full_attention": rope(
                "yarn", factor=4.0, original_max_position_embeddings=16, beta_fast=4.0,
                beta_slow=0.5, rope_theta=50.0,
            ),
            "sliding_attention": rope("default"),
        },
    ),
    "olmo3-old": sample(
        "Olmo3", blocks=4, sliding_window=4, edits={
            "layer_types": None, "rope_parameters": None, "rope_theta": 500000,
            "rope_scaling": {
                "rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 16,
                "attention_factor": 1.3, "beta_fast": 4.0, "beta_slow": 0.5,
            },
        },
    ),
    "granite": sample(
        "Granite", embedding_multiplier=6.0, attention_multiplier=0.3, residual_multiplier=0.22,
        logits_scaling=1.7, tie_word_embeddings=True, rope_parameters=rope("default"),
    ),
    "granite-bias": sample(
        "Granite", attention_bias=True, mlp_bias=True, head_dim=6, residual_multiplier=0.5,
    ),
    # The texts are longer than the first length, so that queries grow.
    "ministral3": sample(
        "Ministral3", head_dim=12, rope_parameters=rope(
            "yarn", factor=8.0, original_max_position_embeddings=5, beta_fast=4.0, beta_slow=0.5,
            mscale=1.0, mscale_all_dim=1.0, llama_4_scaling_beta=0.4,
        ),
    ),
    "ministral3-window": sample(
        "Ministral3", head_dim=8, sliding_window=6, tie_word_embeddings=True, rope_parameters=rope(
            "default", original_max_position_embeddings=3, llama_4_scaling_beta=0.7,
        ),
    ),
    "exaone4": sample(
        "Exaone4", blocks=5, sliding_window=5, sliding_window_pattern=3, head_dim=8,
        rope_parameters=rope("default"), edits={"layer_types": None},
    ),
    "exaone4-full": sample(
        "Exaone4", sliding_window=None, tie_word_embeddings=True,
        layer_types=["full_attention"] * 4,
        rope_parameters=rope("llama3", **LLAMA3),
    ),
    "seed-oss": sample("SeedOss", head_dim=6, rope_parameters=rope("default")),
    "seed-oss-output-bias": sample(
        "SeedOss", head_dim=8, attention_bias=False, attention_out_bias=True, mlp_bias=True,
        tie_word_embeddings=True,
    ),
    "arcee": sample("Arcee", rope_parameters=rope(
        "yarn", factor=4.0, original_max_position_embeddings=16, beta_fast=4.0, beta_slow=0.5,
    )),
    "granite4": sample(
        "GraniteMoeHybrid", embedding_multiplier=6.0, attention_multiplier=0.3,
        residual_multiplier=0.22, logits_scaling=1.7, tie_word_embeddings=True,
        rope_parameters=rope("default"), position_embedding_type="rope", num_local_experts=0,
        shared_intermediate_size=24, intermediate_size=7, mamba_n_heads=4,
        layer_types=["full_attention"] * 4,
    ),
    "granite4-nope-bias": sample(
        "GraniteMoeHybrid", attention_bias=True, head_dim=6, num_local_experts=0,
        shared_intermediate_size=24, mamba_n_heads=4, layer_types=["full_attention"] * 4,
    ),
    "ministral": sample(
        "Ministral", head_dim=12, sliding_window=5, layer_types=[
            "sliding_attention", "full_attention", "full_attention", "sliding_attention",
        ],
    ),
    "arcee-bias": sample("Arcee", head_dim=6, attention_bias=True, mlp_bias=True),
}
