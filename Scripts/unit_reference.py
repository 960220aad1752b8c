"""Scores of heads, channels and sub-layers once more, in PyTorch and transformers.

Everything is computed the plain way: whole model in memory, autograd over all weights, hooks that
keep all activations, one forward pass for each unit that is removed.

    python3 Scripts/unit_reference.py MODEL TOKENS.txt UNIT CRITERION [SCORES.csv]
    python3 Scripts/unit_reference.py saved PRUNED MODEL

TOKENS.txt and SCORES.csv are what a run keeps in its folder. UNIT is block, attention, mlp,
attention_head, query_head or mlp_channel. CRITERION is magnitude1, magnitude2, taylor_first,
taylor_vector, taylor_second, taylor_mixed, ppl, wanda_sp, flap_wifv, flap_ifv, flap_wifn,
block_influence or angular_distance. With SCORES.csv, the largest difference is printed, relative
to each score; the exit status is 1 when it is over 1e-4. Standardised scores (flap) lie around
zero, and their difference is relative to the largest. `saved` loads a directory that Billhook saved
in transformers, compares its logits with those of its source where zeros stand for what
billhook.json says was removed (not after a repair, which adds biases), and text that is generated with a
cache with text that is generated without one.
"""

import csv
import json
import pathlib
import sys

import torch
from reference import load, logits, mean_loss, read_windows, window_loss, without_blocks
from transformers import AutoModelForCausalLM


class Block:
    """A block of a model, whatever its family calls the parts."""

    def __init__(self, layer, config):
        self.layer = layer
        attention, mlp = layer.self_attn, layer.mlp
        self.output, self.down = attention.o_proj, mlp.down_proj
        self.heads = config.num_attention_heads
        self.groups = config.num_key_value_heads
        self.head_size = self.output.in_features // self.heads
        self.width = self.down.in_features
        fused = hasattr(attention, "qkv_proj")
        gemma = hasattr(layer, "pre_feedforward_layernorm")
        self.mlp_norm = (
            layer.pre_feedforward_layernorm if gemma else layer.post_attention_layernorm
        )
        attention_norms = [layer.input_layernorm]
        mlp_norms = [self.mlp_norm]
        if gemma:
            attention_norms.append(layer.post_attention_layernorm)
            mlp_norms.append(layer.post_feedforward_layernorm)
        for name in ("q_norm", "k_norm"):
            if hasattr(attention, name):
                attention_norms.append(getattr(attention, name))
        self.norms = {"attention": attention_norms, "mlp": mlp_norms}
        queries, keys = self.heads * self.head_size, self.groups * self.head_size
        if fused:
            parts = [slice(0, queries), slice(queries, queries + keys), slice(queries + keys, None)]
            self.inputs = [(attention.qkv_proj, rows) for rows in parts]
            self.gates = [(mlp.gate_up_proj, slice(0, self.width)),
                          (mlp.gate_up_proj, slice(self.width, None))]
        else:
            self.inputs = [(module, slice(None)) for module in
                           (attention.q_proj, attention.k_proj, attention.v_proj)]
            self.gates = [(mlp.gate_proj, slice(None)), (mlp.up_proj, slice(None))]

    def count(self, unit):
        return {"attention_head": self.groups, "query_head": self.heads,
                "mlp_channel": self.width}.get(unit, 1)

    def slices(self, unit, values):
        """For each unit, the values that belong to it: matrices whose rows are its vectors."""
        query, key, value = [values[module][rows] for module, rows in self.inputs]
        output, down = values[self.output], values[self.down]
        gate, up = [values[module][rows] for module, rows in self.gates]
        attention = [query, key, value, output]
        attention += [values[norm] for norm in self.norms["attention"]]
        mlp = [gate, up, down] + [values[norm] for norm in self.norms["mlp"]]
        if unit == "attention":
            return [attention]
        if unit == "mlp":
            return [mlp]
        if unit == "block":
            return [attention + mlp]
        if unit == "mlp_channel":
            return [[gate[i : i + 1], up[i : i + 1], down[:, i : i + 1].T]
                    for i in range(self.width)]
        size, shared = self.head_size, self.heads // self.groups
        if unit == "query_head":
            return [[query[i * size : (i + 1) * size], output[:, i * size : (i + 1) * size].T]
                    for i in range(self.heads)]
        found = []
        for group in range(self.groups):
            # The query heads of a group are neighbours: repeat_kv repeats each KV head in place.
            heads = range(group * shared * size, (group + 1) * shared * size)
            kept = range(group * size, (group + 1) * size)
            found.append([query[list(heads)], key[list(kept)], value[list(kept)],
                          output[:, list(heads)].T])
        return found

    def removed(self, unit, index):
        """What is zero without a unit: a module and its columns, and its bias with all of them."""
        size, shared = self.head_size, self.heads // self.groups
        return {
            "attention": (self.output, slice(None)),
            "mlp": (self.down, slice(None)),
            "query_head": (self.output, slice(index * size, (index + 1) * size)),
            "attention_head": (self.output, slice(index * shared * size, (index + 1) * shared * size)),
        }[unit]


def blocks_of(model):
    return [Block(layer, model.config) for layer in model.model.layers]


def modules_of(blocks):
    found = []
    for block in blocks:
        found += [module for module, _ in block.inputs + block.gates]
        found += [block.output, block.down] + block.norms["attention"] + block.norms["mlp"]
    return list(dict.fromkeys(found))


def element_sums(blocks, unit, values):
    return [sum(float(part.double().sum()) for part in parts)
            for block in blocks for parts in block.slices(unit, values)]


def vector_sums(blocks, unit, values):
    """The absolute value of the sum of each row, or column; vectors count element by element."""
    def total(part):
        return float((part.double().sum(1) if part.dim() > 1 else part.double()).abs().sum())
    return [sum(total(part) for part in parts)
            for block in blocks for parts in block.slices(unit, values)]


def gradients(model, modules, windows):
    """The gradient of the mean loss, and the mean over samples of the squared gradient."""
    total = sum(len(tokens) - first for tokens, first in windows)
    mean = {module: torch.zeros_like(module.weight) for module in modules}
    fisher = {module: torch.zeros_like(module.weight) for module in modules}
    for window in windows:
        model.zero_grad()
        loss, count = window_loss(model, window)
        (loss / count).backward()
        for module in modules:
            mean[module] += module.weight.grad * (count / total)
            fisher[module] += module.weight.grad ** 2 / len(windows)
    return mean, fisher


def taylor(model, blocks, unit, windows, kind):
    modules = modules_of(blocks)
    mean, fisher = gradients(model, modules, windows)
    weights = {module: module.weight.detach() for module in modules}
    first = {module: weights[module] * mean[module] for module in modules}
    if kind == "vector":
        return vector_sums(blocks, unit, first)
    second = {module: weights[module] ** 2 * fisher[module] for module in modules}
    values = {
        "first": first, "second": second,
        "mixed": {module: first[module] - 0.5 * second[module] for module in modules},
    }[kind]
    return element_sums(blocks, unit, {module: value.abs() for module, value in values.items()})


def magnitudes(blocks, unit, power):
    values = {module: module.weight.detach().double().abs() ** power for module in modules_of(blocks)}
    return element_sums(blocks, unit, values)


def removal_losses(model, blocks, unit, windows):
    losses = []
    for block in blocks:
        for index in range(block.count(unit)):
            module, columns = block.removed(unit, index)
            weight, bias = module.weight.detach().clone(), module.bias
            with torch.no_grad():
                module.weight[:, columns] = 0
            if unit in ("attention", "mlp"):
                module.bias = None
            losses.append(mean_loss(model, windows))
            module.bias = bias
            with torch.no_grad():
                module.weight.copy_(weight)
    return losses


def inputs_of(model, modules, windows):
    """All inputs of some modules, one row for each token, in f64."""
    found = {module: [] for module in modules}

    def keep(module, arguments):
        found[module].append(arguments[0].detach().double().reshape(-1, arguments[0].shape[-1]))

    hooks = [module.register_forward_pre_hook(keep) for module in modules]
    with torch.no_grad():
        for tokens, _ in windows:
            model(torch.tensor([tokens]), use_cache=False)
    for hook in hooks:
        hook.remove()
    return found


def input_scores(model, blocks, unit, windows, kind):
    modules = [block.down if unit == "mlp_channel" else block.output for block in blocks]
    found = inputs_of(model, modules, windows)
    scores = []
    for block, module in zip(blocks, modules):
        rows, weight = torch.cat(found[module]), module.weight.detach().double()
        norm, variance = rows.norm(dim=0), rows.var(dim=0)
        value = {
            "wanda_sp": norm * weight.abs().mean(0),
            "flap_wifn": norm * weight.abs().mean(0),
            "flap_ifv": variance,
            "flap_wifv": variance * weight.pow(2).sum(0),
        }[kind]
        if kind.startswith("flap"):
            if unit != "mlp_channel":
                value = value ** 2
            value = (value - value.mean()) / value.std()
        scores += value.reshape(block.count(unit), -1).mean(1).tolist()
    return scores


def states_around(model, blocks, windows):
    """The states before each block, between its sub-layers and after it, never after the final norm."""
    modules = [module for block in blocks for module in (block.layer, block.mlp_norm)]
    modules.append(model.model.norm)
    found = inputs_of(model, modules, windows)
    entering = [found[block.layer] for block in blocks]
    between = [found[block.mlp_norm] for block in blocks]
    return entering, between, entering[1:] + [found[model.model.norm]]


def block_influence(model, blocks, unit, windows):
    entering, between, leaving = states_around(model, blocks, windows)
    pairs = {"block": zip(entering, leaving), "attention": zip(entering, between),
             "mlp": zip(between, leaving)}[unit]
    return [1 - float(torch.cosine_similarity(torch.cat(a), torch.cat(b)).mean()) for a, b in pairs]


def angular_distances(model, blocks, windows):
    """For each block, the distance from its input to its own output, to that of the next, and so on."""
    entering, _, leaving = states_around(model, blocks, windows)
    places = [torch.stack([rows[-1] for rows in states]) for states in entering + leaving[-1:]]
    def distance(a, b):
        cosine = torch.cosine_similarity(a, b).clamp(-1, 1)
        return float((torch.arccos(cosine) / torch.pi).mean())
    return [[distance(places[start], place) for place in places[start + 1 :]]
            for start in range(len(blocks))]


def scores(model, windows, unit, criterion):
    blocks = blocks_of(model)
    if criterion.startswith("magnitude"):
        return magnitudes(blocks, unit, int(criterion[-1]))
    if criterion.startswith("taylor_"):
        return taylor(model, blocks, unit, windows, criterion.removeprefix("taylor_"))
    if criterion == "ppl":
        return removal_losses(model, blocks, unit, windows)
    if criterion == "block_influence":
        return block_influence(model, blocks, unit, windows)
    if criterion == "angular_distance":
        return [row[0] for row in angular_distances(model, blocks, windows)]
    return input_scores(model, blocks, unit, windows, criterion)


def remove(model, unit, numbers):
    """Sets units, which are numbered over all blocks, to zero."""
    blocks = blocks_of(model)
    place = [(block, index) for block in blocks for index in range(block.count(unit))]
    with torch.no_grad():
        for number in numbers:
            block, index = place[number]
            if unit == "mlp_channel":
                block.down.weight[:, index] = 0
                continue
            module, columns = block.removed(unit, index)
            module.weight[:, columns] = 0
            if unit in ("attention", "mlp") and module.bias is not None:
                module.bias.zero_()


def compare_saved(pruned, source):
    record = json.loads((pathlib.Path(pruned) / "billhook.json").read_text())
    saved = AutoModelForCausalLM.from_pretrained(
        pruned, dtype=torch.float32, attn_implementation="eager", trust_remote_code=True
    ).eval()
    windows = torch.randint(
        0, source.config.vocab_size, (4, 24), generator=torch.Generator().manual_seed(1)
    )
    difference = 0.0
    if not any("repair" in step for step in record["steps"]):
        gone = []
        for step in record["removed"]:
            if step["unit"] == "block":
                gone += step["removed"]
            else:
                remove(source, step["unit"], step["removed"])
        expected = logits(without_blocks(source, gone), windows.tolist())
        found = logits(saved, windows.tolist())
        difference = float((found - expected).abs().max() / expected.abs().max())
    texts = [
        saved.generate(
            windows, max_new_tokens=24, do_sample=False, use_cache=use_cache, eos_token_id=None,
            pad_token_id=0,
        )
        for use_cache in (True, False)
    ]
    same = torch.equal(*texts)
    count = sum(weight.numel() for weight in saved.parameters())
    print(
        f"{type(saved).__name__}: {count} parameters, largest difference {difference:.2e} of the "
        f"largest logit, text with and without cache {'equal' if same else 'DIFFERS'}"
    )
    return difference <= 1e-4 and same


def main():
    if sys.argv[1] == "saved":
        sys.exit(not compare_saved(sys.argv[2], load(sys.argv[3])))
    model, tokens, unit, criterion = sys.argv[1:5]
    expected = scores(load(model), read_windows(tokens), unit, criterion)
    if len(sys.argv) < 6:
        for number, value in enumerate(expected):
            print(f"{number},{value!r}")
        return
    found = [float(row["score"]) for row in csv.DictReader(open(sys.argv[5]))]
    largest = max(map(abs, expected))
    difference = max(
        abs(a - b) / (largest if criterion.startswith("flap") else abs(b))
        for a, b in zip(found, expected, strict=True)
    )
    print(f"{criterion} of {unit}: {len(found)} scores, largest relative difference {difference:.2e}")
    sys.exit(difference > 1e-4)


if __name__ == "__main__":
    main()
