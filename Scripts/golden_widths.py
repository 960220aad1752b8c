"""Writes the width.json of the random models in Tests/Fixtures/models.

    python3 Scripts/golden_widths.py [NAME...]

What a model without some heads, channels and sub-layers gives is computed in transformers by
zeros: in the columns of the output projection for heads, of the down projection for channels, and
in the whole projection with its bias for a sub-layer.
"""

import json
import sys

import torch
from golden_families import MODELS
from golden_models import FIXTURES, as_json
from reference import load, logits, text_model

# Families whose norms are over all heads: without some, the others would give something else.
ALL_HEADS = ["olmo2", "olmo3"]


def cases(config):
    """Two sets of parts that are removed: whole KV groups with channels, and single query heads with
    sub-layers and channels of two blocks."""
    heads, groups = config.num_attention_heads, config.num_key_value_heads
    size, width = heads // groups, getattr(config, "shared_intermediate_size", config.intermediate_size)
    last = config.num_hidden_layers - 1
    first = {"heads": {}, "channels": {"0": [0, 3, 5], str(last): list(range(0, width, 3))}}
    independent = config.model_type not in ALL_HEADS
    if groups > 1 and independent:
        first["heads"] = {"0": list(range(size)), str(last): list(range((groups - 1) * size, heads))}
    second = {
        "heads": {}, "channels": {"1": list(range(1, width)), "2": [width - 1]},
        "attentions": [1], "mlps": [0],
    }
    if size > 1 and independent:
        second["heads"] = {"2": [group * size + group % size for group in range(groups)]}
    return [first, second]


def zero(model, case):
    layers, head_size = text_model(model).layers, layer_head_size(model)
    with torch.no_grad():
        for block, heads in case["heads"].items():
            weight = layers[int(block)].self_attn.o_proj.weight
            for head in heads:
                weight[:, head * head_size : (head + 1) * head_size] = 0
        for block, channels in case["channels"].items():
            down_projection(layers[int(block)]).weight[:, channels] = 0
        for projections in (
            [layers[block].self_attn.o_proj for block in case.get("attentions", [])],
            [down_projection(layers[block]) for block in case.get("mlps", [])],
        ):
            for projection in projections:
                projection.weight.zero_()
                if projection.bias is not None:
                    projection.bias.zero_()


def down_projection(layer):
    return layer.shared_mlp.output_linear if hasattr(layer, "shared_mlp") else layer.mlp.down_proj


def layer_head_size(model):
    heads = model.config.get_text_config().num_attention_heads
    return text_model(model).layers[0].self_attn.o_proj.in_features // heads


if __name__ == "__main__":
    for name in MODELS:
        if len(sys.argv) > 1 and name not in sys.argv[1:]:
            continue
        golden = json.loads((FIXTURES / name / "golden.json").read_text())
        shown = golden["windows"][0]["tokens"]
        found = []
        for case in cases(load(FIXTURES / name).config):
            model = load(FIXTURES / name)
            zero(model, case)
            found.append(case | {"logits": as_json(logits(model, [shown]))})
        text = json.dumps(found, indent=None, separators=(",", ":"))
        (FIXTURES / name / "width.json").write_text(text + "\n")
