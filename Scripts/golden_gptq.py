#!/usr/bin/env python3
"""Writes Tests/Fixtures/quantised: codes that GPTQ chooses, and directories in its layout.

    python3 Scripts/golden_gptq.py
    python3 Scripts/golden_gptq.py --dense DIR --quantised DIR

Written from Frantar et al., GPTQ (arXiv 2210.17323): columns are rounded one by one, and those after them
changed by equation 2 with the inverse of what is left of the Hessian, by equation 3, in f64. No factor is
made, nothing is done lazily, and nothing here comes from Billhook. The layout is that of AutoGPTQ and
GPTQModel, packed and read number by number. Needs torch, transformers and safetensors.

`dense` is a random Llama, and `codes.json` has the codes of its projections for several settings, quantised
block after block on windows of random tokens, and the last logits of what they stand for. `tie` is the least distance of
a number from the middle between two codes, in steps; it is above 1e-6, so that f32 finds the same codes.
`llama-act-order` and `phi3-asymmetric` are directories as another program writes them, with the logits
that transformers gives for what their codes stand for.

The second form quantises the model in one directory, with its masks, by the settings, kept blocks and tokens
in `billhook.json` of the other, which has as many blocks. Each block is quantised after the other directory's
codes for the blocks before it. It says how many codes are equal, and how squared errors of outputs compare:
one number near a tie that f32 rounds to the other side changes all later codes of its row, for better or
worse.
"""

import argparse
import base64
import contextlib
import json
import re
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM, LlamaConfig, LlamaForCausalLM, Phi3Config, Phi3ForCausalLM

FIXTURES = Path(__file__).parent.parent / "Tests/Fixtures/quantised"

SEED, NEAR, CLEAR = 5, 1e-6, 1e-3

WIDTHS = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4,
          "num_key_value_heads": 2, "vocab_size": 40, "max_position_embeddings": 64, "bos_token_id": 1,
          "eos_token_id": 2, "pad_token_id": 0, "initializer_range": 0.2, "tie_word_embeddings": False}

# bits, group (None: a row), symmetric, act_order, damping, how many weights a mask holds at zero
CASES = {
    "int4": (4, 16, True, False, 0.01, None),
    "int4-rows": (4, None, True, False, 0.01, None),
    "int4-asymmetric": (4, 16, False, False, 0.01, None),
    "int4-act-order": (4, 16, True, True, 0.05, None),
    "int4-sparse": (4, 16, True, False, 0.01, 0.5),
    "int4-asymmetric-sparse": (4, 32, False, True, 0.01, 0.5),
    "int8": (8, 32, True, False, 0.01, None),
    "round": (4, 16, True, False, None, None),
    "round-asymmetric-sparse": (4, 32, False, False, None, 0.5),
}

NAMES = {"q_proj": "query", "k_proj": "key", "v_proj": "value", "o_proj": "output", "gate_proj": "gate",
         "up_proj": "up", "down_proj": "down"}


def grid(columns, bits, symmetric, dtype):
    """Scale and zero of each row for columns `[rows, columns]`, the scale as it is stored."""
    largest = 2**bits - 1
    high, low = columns.amax(1).clamp(min=0), columns.amin(1).clamp(max=0)
    if symmetric:
        high = torch.maximum(high, -low)
        low = -high
    scale = ((high - low) / largest).float().to(dtype).half().double()
    # Where all is 0, or too small for a scale, the smallest one of f16.
    scale[scale == 0] = 2.0**-24
    middle = torch.full_like(scale, 2 ** (bits - 1))
    return scale, middle if symmetric else torch.round(-low / scale).clamp(0, largest)


def quantised(weight, products, case, mask=None, dtype=torch.float32):
    """Codes `[rows, columns]`, scales and zeros `[rows, groups]`, the group of each column, and the least
    distance from a tie in each row."""
    bits, group, symmetric, act_order, damping, _ = case
    rows, width = weight.shape
    group = group or width
    weight = weight.double().clone()
    order = torch.arange(width)
    inverse = None
    if damping is not None:
        squares = products.diagonal()
        if act_order:
            order = torch.sort(squares, descending=True, stable=True).indices
        dead = squares == 0
        added = torch.where(dead, torch.ones_like(squares), damping * squares[~dead].mean())
        inverse = torch.linalg.inv((products + torch.diag(added))[order][:, order])
    weight = weight[:, order]
    stays = torch.ones_like(weight, dtype=torch.bool) if mask is None else mask[:, order]
    codes, scales, zeros, tie = torch.zeros(rows, width), [], [], torch.ones(rows).double()
    for column in range(width):
        if column % group == 0:
            scale, zero = grid(weight[:, column:column + group], bits, symmetric, dtype)
            scales.append(scale)
            zeros.append(zero)
        now = weight[:, column]
        steps = now / scale
        code = (torch.round(steps) + zero).clamp(0, 2**bits - 1)
        code = torch.where(stays[:, column], code, zero)
        inside = stays[:, column] & ((steps + zero).round() >= 0) & ((steps + zero).round() <= 2**bits - 1)
        distance = ((steps - steps.floor()) - 0.5).abs()
        tie = torch.minimum(tie, torch.where(inside, distance, torch.ones_like(distance)))
        codes[:, column] = code
        if inverse is None:
            continue
        error = (now - (code - zero) * scale) / inverse[column, column]
        weight[:, column + 1:] -= torch.outer(error, inverse[column, column + 1:])
        inverse = inverse - torch.outer(inverse[:, column], inverse[column]) / inverse[column, column]
    places = torch.argsort(order)
    return codes[:, places].int(), torch.stack(scales, 1), torch.stack(zeros, 1).int(), places // group, tie


def stood_for(codes, scales, zeros, groups):
    """What codes stand for, `[rows, columns]`."""
    return (codes - zeros[:, groups]) * scales[:, groups]


def linears(layer):
    """The projections of a block, whatever they are called."""
    return {name: module for name, module in layer.named_modules() if isinstance(module, torch.nn.Linear)}


class Enough(Exception):
    """Nothing more of a pass is needed."""


def with_inputs(model, windows, index, see):
    """Runs windows up to a block and shows what enters its projections."""
    def hook(name):
        return lambda _, inputs, __: see(name, inputs[0].reshape(-1, inputs[0].shape[-1]))

    hooks = [module.register_forward_hook(hook(name))
             for name, module in linears(model.model.layers[index]).items()]
    def stop(*_):
        raise Enough

    hooks.append(model.model.layers[index].register_forward_hook(stop))
    lengths = sorted({len(window) for window in windows})
    with torch.no_grad():
        for length in lengths:
            alike = [window for window in windows if len(window) == length]
            for first in range(0, len(alike), 8):
                with contextlib.suppress(Enough):
                    model(torch.tensor(alike[first:first + 8]))
    for handle in hooks:
        handle.remove()


def masks_of(model, share):
    """Masks that hold the smallest weights of each row at zero; none without a share."""
    if share is None:
        return {}
    masks = {}
    for index, layer in enumerate(model.model.layers):
        for name, module in linears(layer).items():
            weight = module.weight.detach()
            count = int(share * weight.shape[1])
            gone = torch.sort(weight.abs(), dim=1, stable=True).indices[:, :count]
            masks[index, name] = torch.ones_like(weight, dtype=torch.bool).scatter(1, gone, False)
    return masks


def loss_of(change, products):
    """The squared error in the outputs of a projection whose weights change."""
    return (change @ products * change).sum().item()


def in_order(model, windows, case, dtype, targets=None, given=None, masks=None, kept=()):
    """Quantises a model block after block; gives the codes by block and module. The model is changed.

    Blocks that are `kept` stay as they are. With codes that are `given`, later blocks see those, and
    `losses` of both are noted.
    """
    masks = masks_of(model, case[5]) if masks is None else masks
    for (index, name), mask in masks.items():
        linears(model.model.layers[index])[name].weight.data.mul_(mask)
    found, least, losses = {}, 1.0, {}
    for index, layer in enumerate(model.model.layers):
        products = {}

        def see(name, rows):
            products[name] = products.get(name, 0) + rows.double().T @ rows.double()

        if case[4] is not None:
            with_inputs(model, windows, index, see)
        for name, module in linears(layer).items():
            if index in kept or targets and NAMES[name.split(".")[-1]] not in targets:
                continue
            made = quantised(module.weight.detach(), products.get(name), case, masks.get((index, name)), dtype)
            least = min(least, made[4].min().item())
            found[index, name] = made
            seen = made[:4]
            if given:
                seen = given[f"model.layers.{index}.{name}"]
                changes = [stood_for(*codes) - module.weight.detach() for codes in (made[:4], seen)]
                if products:
                    losses[index, name] = [loss_of(change, products[name]) for change in changes]
            # Rounded as the model stores it, which is what later blocks are measured with.
            module.weight.data = stood_for(*seen).float().to(dtype).to(module.weight.dtype)
    return found, losses if given else least


def logits_of(model, window):
    with torch.no_grad():
        return model(torch.tensor([window])).logits[0].double()


def packed(numbers, bits):
    """Numbers `[n, …]` as words along the first dimension, the first number lowest."""
    count = 32 // bits
    words = torch.zeros((numbers.shape[0] // count, *numbers.shape[1:]), dtype=torch.int64)
    for place in range(count):
        words |= numbers[place::count].long() << (bits * place)
    return torch.where(words >= 2**31, words - 2**32, words).int()


def unpacked(words, bits):
    """The numbers of words along the first dimension."""
    count = 32 // bits
    return torch.stack([(words >> (bits * place)) & (2**bits - 1) for place in range(count)], 1) \
        .reshape(-1, *words.shape[1:])


def module_tensors(name, made, bits, less):
    """A module's tensors in the layout of GPTQ; codes of zero are stored `less` than they are."""
    codes, scales, zeros, groups, _ = made
    return {f"{name}.qweight": packed(codes.T.contiguous(), bits), f"{name}.scales": scales.T.half().contiguous(),
            f"{name}.qzeros": packed((zeros - less), bits).T.contiguous(),
            f"{name}.g_idx": groups.int()}


def read_codes(directory):
    """The codes and scales of a directory, module by module, read number by number."""
    config = json.loads((Path(directory) / "config.json").read_text())["quantization_config"]
    bits, less = config["bits"], 1 if config["checkpoint_format"] == "gptq" else 0
    tensors = {}
    for path in sorted(Path(directory).glob("*.safetensors")):
        with safe_open(path, "pt") as file:
            tensors.update({name: file.get_tensor(name) for name in file.keys()})
    found = {}
    for name in tensors:
        if not name.endswith(".qweight"):
            continue
        module = name.removesuffix(".qweight")
        zeros = (unpacked(tensors[f"{module}.qzeros"].T, bits) + less) & (2**bits - 1)
        found[module] = (unpacked(tensors[name], bits).T, tensors[f"{module}.scales"].double().T, zeros,
                         tensors[f"{module}.g_idx"].long())
    return found, tensors


def bytes_of(codes):
    return base64.b64encode(codes.to(torch.uint8).numpy().tobytes()).decode()


def random_model(kind):
    torch.manual_seed(SEED)
    model = LlamaForCausalLM(LlamaConfig(**WIDTHS)) if kind == "llama" else Phi3ForCausalLM(Phi3Config(**WIDTHS))
    for name, weight in model.named_parameters():
        if name.endswith("norm.weight"):
            weight.data = 1 + 0.2 * torch.randn(weight.shape)
    return model.eval()


def windows_of(seed=1, count=24, length=16):
    generator = torch.Generator().manual_seed(seed)
    return [torch.randint(3, WIDTHS["vocab_size"], (length,), generator=generator).tolist() for _ in range(count)]


def write_config(model, directory, extra):
    config = json.loads(model.config.to_json_string(use_diff=True))
    config = {key: value for key, value in config.items() if key not in ("transformers_version", "dtype")}
    config |= {"architectures": [type(model).__name__], "dtype": "float32", "tie_word_embeddings": False} | extra
    (directory / "config.json").write_text(json.dumps(config, indent=1, sort_keys=True) + "\n")


def write_dense():
    directory = FIXTURES / "dense"
    directory.mkdir(parents=True, exist_ok=True)
    model = random_model("llama")
    save_file({name: tensor.contiguous() for name, tensor in model.state_dict().items()},
              directory / "model.safetensors", metadata={"format": "pt"})
    write_config(model, directory, {})


def write_codes():
    windows = windows_of()
    results = {"windows": windows, "cases": {}}
    for label, case in CASES.items():
        model = random_model("llama").double()
        found, least = in_order(model, windows, case, torch.float32)
        assert least > NEAR, (label, least)
        bits, group, symmetric, act_order, damping, share = case
        results["cases"][label] = {
            "bits": bits, "group": group, "symmetric": symmetric, "act_order": act_order, "damping": damping,
            "sparsity": share, "tie": float(f"{least:.3g}"),
            "codes": {f"{index}.{NAMES[name.split('.')[-1]]}": bytes_of(made[0])
                      for (index, name), made in found.items()},
            "scale_sum": sum(made[1].sum().item() for made in found.values()),
            "logits": [float(f"{value:.9g}") for value in logits_of(model, windows[0])[-1].tolist()],
        }
        print(label, "tie", f"{least:.2g}")
    (FIXTURES / "codes.json").write_text(json.dumps(results, separators=(",", ":")) + "\n")


def write_directory(kind, label, case, form):
    """A directory as another program writes it, and the logits of what its codes stand for."""
    directory = FIXTURES / label
    directory.mkdir(parents=True, exist_ok=True)
    windows = windows_of()
    model = random_model(kind).double()
    found, _ = in_order(model, windows, case, torch.float32)
    tensors = {name: tensor.float().contiguous() for name, tensor in model.state_dict().items()}
    for (index, name), made in found.items():
        module = f"model.layers.{index}.{name}"
        del tensors[f"{module}.weight"]
        tensors |= module_tensors(module, made, case[0], 1 if form == "gptq" else 0)
        # As some versions of AutoGPTQ write it for modules without a bias.
        tensors[f"{module}.bias"] = torch.zeros(made[0].shape[0])
    save_file(tensors, directory / "model.safetensors", metadata={"format": "pt"})
    write_config(model, directory, {"quantization_config": {
        "bits": case[0], "group_size": case[1] or -1, "sym": case[2], "desc_act": case[3],
        "damp_percent": case[4], "quant_method": "gptq", "checkpoint_format": form, "lm_head": False}})
    logits = [float(f"{value:.9g}") for value in logits_of(model, windows[0]).flatten().tolist()]
    (directory / "logits.json").write_text(json.dumps({"tokens": windows[0], "logits": logits}) + "\n")


def masks_in(directory, model):
    """The masks of a directory that Billhook saved, one bit for each weight, by block and module."""
    path = Path(directory) / "billhook.masks"
    if not path.exists():
        return {}
    names = {name: module for module, name in NAMES.items()}
    found = {}
    for name, bits in load_file(path).items():
        index, role = name.split(".")
        for module, linear in linears(model.model.layers[int(index)]).items():
            if module.split(".")[-1] == names[role]:
                places = torch.arange(linear.in_features)
                found[int(index), module] = (bits[:, places // 8] >> (places % 8)) & 1 == 1
    return found


def kept_by(rule, blocks):
    """The blocks that a rule such as `keep first 1 last 2 [4, 5]` leaves as they are."""
    numbers = {word: int(re.search(rf"{word} (\d+)", rule)[1]) if word in rule else 0 for word in ("first", "last")}
    listed = re.search(r"\[(.*?)\]", rule)
    return set(range(numbers["first"])) | set(range(blocks - numbers["last"], blocks)) \
        | {int(number) for number in (listed[1].split(",") if listed else [])}


def compare(dense, directory):
    """Quantises a model as a record says, and compares the codes."""
    record = json.loads((Path(directory) / "billhook.json").read_text())["quantised"][-1]
    settings = dict(re.findall(r"(\w+) = ([\w.]+)", record["settings"] + ", " + record["quantiser"]))
    by = record["quantiser"].split()[0]
    targets = re.search(r"targets = \[(.*?)\]", record["settings"])
    case = (int(settings["to"][3:]), None if settings["group"] == "none" else int(settings["group"]),
            settings["symmetric"] == "true", settings.get("act_order") == "true",
            float(settings["damping"]) if by == "gptq" else None, None)
    assert settings.get("order", "block") == "block", "only `order = block` is compared"
    windows = [[int(token) for token in line.split()]
               for line in record.get("calibration", {}).get("tokens", [])]
    model = AutoModelForCausalLM.from_pretrained(dense)
    dtype = next(model.parameters()).dtype
    theirs, _ = read_codes(directory)
    found, losses = in_order(model.double().eval(), windows, case, dtype,
                             targets and [word.strip() for word in targets[1].split(",")], theirs,
                             masks_in(dense, model), kept_by(record["keep"], len(model.model.layers)))
    same, every, clear, clear_same = 0, 0, 0, 0
    for (index, name), made in found.items():
        codes, other_scales, _, _ = theirs[f"model.layers.{index}.{name}"]
        equal = (codes == made[0]).all(1) & (other_scales == made[1]).all(1)
        same += (codes == made[0]).sum().item()
        every += codes.numel()
        far = made[4] > CLEAR
        clear += far.sum().item()
        clear_same += (equal & far).sum().item()
    print(f"{same} of {every} codes equal ({100 * same / every:.3f} %); rows without a number within {CLEAR} steps "
          f"of a tie: {clear_same} of {clear} equal throughout")
    if losses:
        ratios = [other / own for own, other in losses.values()]
        print(f"squared errors of outputs beside those of f64: {min(ratios):.6f} to {max(ratios):.6f}")


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    arguments.add_argument("--dense", help="a model directory")
    arguments.add_argument("--quantised", help="a directory that Billhook saved of it")
    options = arguments.parse_args()
    if options.dense:
        compare(options.dense, options.quantised)
        return
    write_dense()
    write_codes()
    write_directory("llama", "llama-act-order", CASES["int4-act-order"], "gptq")
    write_directory("phi3", "phi3-asymmetric", CASES["int4-asymmetric"], "gptq_v2")


if __name__ == "__main__":
    main()
