#!/usr/bin/env python3
"""Writes Tests/Fixtures/sparse: what is left of small models whose single weights are pruned as the papers say.

    python3 Scripts/golden_sparse.py
    python3 Scripts/golden_sparse.py --model DIR --out FILE [--tokens FILE]
    python3 Scripts/golden_sparse.py --dense DIR --sparse DIR

Written from Sun et al., Wanda (arXiv 2306.11695), Frantar and Alistarh, SparseGPT (arXiv 2301.00774) and
Zhao et al. (arXiv 2410.15567), with the counts and the order of the blocks of the code that the authors
published; nothing here comes from Billhook. Needs torch, transformers and safetensors.

The second form does the same for a model of yours. TOKENS: {"calibration": [[ids]], "heldout": [[ids]]};
without it, random windows. The file holds the windows and, for each case, masks as bits, the loss of the
sparse model, and some weights where a solver moved them. `gap` is the least distance of a score from the
other side of the border in its group, relative to the larger one; `ties` counts the weights for which it is
below 1e-6, which another rounding may decide otherwise, and `tied` has their places as bits.

The third form prunes the model in one directory by the settings, kept blocks and tokens in `billhook.json` of
the other, which came of one `prune weight` in blocks, without refiner, in f32 (`compute = float32`). Each
block is measured after the other directory's weights for the blocks before it. It says how many bits of
masks are equal, and how far weights are apart in rows whose masks are equal. The exit status is 1 where a mask
differs in a row without a score near its border, where more than 0.1 % of all bits differ, or where weights
are further apart than 1e-4 of the largest, or than their type tells apart.
"""

import argparse
import base64
import json
import re
from pathlib import Path

import numpy
import torch
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM

FIXTURES = Path(__file__).parent.parent / "Tests/Fixtures"

# Of the models of the fixture.
MODELS = ["llama-gqa", "qwen3"]

NAMES = {
    "q_proj": "query", "k_proj": "key", "v_proj": "value", "o_proj": "output",
    "gate_proj": "gate", "up_proj": "up", "down_proj": "down",
}

CASES = {
    "wanda 50": {"by": "wanda", "group": "row", "percent": 50},
    "wanda 70 matrix": {"by": "wanda", "group": "matrix", "percent": 70},
    "wanda 2:4": {"by": "wanda", "pattern": [2, 4]},
    "wanda 1:4": {"by": "wanda", "pattern": [1, 4]},
    "magnitude 50": {"by": "magnitude", "group": "matrix", "percent": 50},
    "magnitude 30 column": {"by": "magnitude", "group": "column", "percent": 30},
    "sparsegpt 50": {"by": "obs", "percent": 50, "slab": 16, "solver": "sweep"},
    "sparsegpt 2:4": {"by": "obs", "pattern": [2, 4], "slab": 16, "solver": "sweep"},
    "mrp 50": {"by": "obs", "percent": 50, "slab": 16, "solver": "joint"},
}

SEED = 9

# Scores that are closer are ties; those of f32 are further apart where it decides as f64 does.
NEAR, CLEAR = 1e-6, 1e-5

# What Billhook's records call solvers, and the groups in which criteria compare unless they say another.
SOLVERS = {"sparsegpt": "sweep", "mrp": "joint"}
GROUPS = {"wanda": "row", "magnitude": "matrix", "obs": "matrix"}

# The weights that are written where a solver moves them.
SHOWN = [(0, "key"), (1, "output")]


def linears(layer):
    """The seven matrices of a block by Billhook's names."""
    return {NAMES[name.split(".")[-1]]: module for name, module in layer.named_modules()
            if isinstance(module, torch.nn.Linear)}


def opened(path):
    """The model in f32, its attention computed step by step."""
    model = AutoModelForCausalLM.from_pretrained(path, dtype=torch.float32,
                                                 attn_implementation="eager").eval()
    model.config.use_cache = False
    return model


def loss(model, windows):
    """The mean loss of a token in nats."""
    total, count = 0.0, 0
    for window in windows:
        ids = torch.tensor([window])
        logits = model(ids).logits[0, :-1].double()
        total += torch.nn.functional.cross_entropy(logits, ids[0, 1:], reduction="sum").item()
        count += len(window) - 1
    return total / count


# Masks


def lowest(scores, count):
    """A mask without the `count` lowest scores of each row; of equal ones the first go."""
    order = torch.sort(scores, dim=1, stable=True).indices[:, :count]
    return torch.ones_like(scores, dtype=torch.bool).scatter(1, order, False)


def pattern(scores, kept, size):
    """A mask with the highest `kept` of each `size` neighbours."""
    rows, columns = scores.shape
    order = torch.sort(scores.reshape(rows, -1, size), dim=2, stable=True).indices
    mask = torch.ones(rows, columns // size, size, dtype=torch.bool)
    return mask.scatter(2, order[:, :, : size - kept], False).reshape(rows, columns)


def gone(size, case):
    """How many of a group go."""
    exact = size * case["percent"] / 100
    return {"down": int(exact), "nearest": int(exact + 0.5), "down_plus_one": min(size, int(exact) + 1)}[
        case.get("rounding", "down")]


def choose(scores, case):
    """The mask of one matrix."""
    if "pattern" in case:
        return pattern(scores, *case["pattern"])
    if case["group"] == "row":
        return lowest(scores, gone(scores.shape[1], case))
    if case["group"] == "column":
        return lowest(scores.T.contiguous(), gone(scores.shape[0], case)).T.contiguous()
    flat = scores.reshape(1, -1)
    return lowest(flat, gone(flat.shape[1], case)).reshape(scores.shape)


def distances(scores, mask, case):
    """How far each weight is from the next score on the other side of the border in its group, relative to
    the larger one: where that is tiny, another rounding decides otherwise."""
    turned = "pattern" not in case and case["group"] == "column"
    scores, mask = (t.T if turned else t for t in (scores, mask))
    shape = scores.shape
    width = case["pattern"][1] if "pattern" in case else scores.numel() if case["group"] == "matrix" else shape[1]
    groups, kept = (t.reshape(-1, width) for t in (scores, mask))
    highest = groups.masked_fill(kept, -torch.inf).amax(1, keepdim=True)
    least = groups.masked_fill(~kept, torch.inf).amin(1, keepdim=True)
    other = torch.where(kept, highest, least)
    found = (groups - other).abs() / torch.maximum(groups, other).clamp(min=1e-300)
    found = found.masked_fill(other.isinf(), torch.inf).reshape(shape)
    return found.T if turned else found


# Solvers


def solved(weight, gram, case):
    """The new weights and the mask of a matrix, chosen slab by slab from weights as they stand, and how far
    each weight was from going the other way."""
    w = weight.double().clone()
    h = gram.clone()
    living = h.diagonal() > 0
    h += case.get("damping", 0.01) * h.diagonal()[living].mean() * torch.eye(len(h), dtype=torch.float64)
    upper = torch.linalg.cholesky(torch.linalg.inv(h), upper=True)
    mask = torch.ones_like(w, dtype=torch.bool)
    far = torch.full_like(w, torch.inf)
    rows, columns = w.shape

    def decide(a, b):
        scores = valued(w[:, a:b], gram.diagonal()[a:b], upper.diagonal()[a:b], case)
        if "pattern" in case:
            mask[:, a:b] = pattern(scores, *case["pattern"])
            far[:, a:b] = distances(scores, mask[:, a:b], case)
            return
        wide = case.get("group", "matrix") != "row"
        height = rows if wide else 1
        count = gone((b - a) * height, case) if case.get("rounding") == "down_plus_one" else \
            gone(b * height, case) - gone(a * height, case)
        mask[:, a:b] = lowest(scores.reshape(1, -1) if wide else scores, count).reshape(scores.shape)
        far[:, a:b] = distances(scores, mask[:, a:b], {"group": "matrix" if wide else "row"})

    for a in range(0, columns, case["slab"]):
        b = min(a + case["slab"], columns)
        if "pattern" not in case or case["solver"] == "joint":
            decide(a, b)
        if case["solver"] == "sweep":
            for i in range(a, b):
                if "pattern" in case and (i - a) % case["pattern"][1] == 0:
                    decide(i, i + case["pattern"][1])
                error = torch.where(mask[:, i], 0.0, w[:, i]) / upper[i, i]
                w[:, i:] -= error[:, None] * upper[i, i:][None]
                w[:, i] = torch.where(mask[:, i], w[:, i], 0.0)
        else:
            inverse = torch.linalg.inv(h[a:, a:])
            for row in range(rows):
                out = (~mask[row, a:b]).nonzero()[:, 0]
                z = torch.linalg.solve(inverse[out][:, out], w[row, a:][out])
                w[row, a:] -= z @ inverse[out]
                w[row, a:][out] = 0
    return torch.where(mask, w, 0.0).float(), mask, far


def valued(weights, squares, upper, case):
    """The scores of some columns; an input that is always 0 has none."""
    if case["by"] == "obs":
        return torch.where(squares > 0, weights ** 2 / upper ** 2, 0.0)
    return weights.abs() * (squares.sqrt() if case["by"] == "wanda" else 1)


# The chain


def states_before(model, windows):
    """The hidden states before the first block, and what else each block is given."""
    found = []

    def catch(module, args, kwargs):
        found.append((args[0] if args else kwargs["hidden_states"], kwargs))
        raise StopIteration

    handle = model.model.layers[0].register_forward_pre_hook(catch, with_kwargs=True)
    for window in windows:
        try:
            model(torch.tensor([window]))
        except StopIteration:
            pass
    handle.remove()
    others = [{k: v for k, v in kwargs.items() if k != "hidden_states"} for _, kwargs in found]
    return [state for state, _ in found], others


def run(layer, states, others):
    """The hidden states after a block."""
    outputs = [layer(state, **other) for state, other in zip(states, others)]
    return [output[0] if isinstance(output, tuple) else output for output in outputs]


def sequential(model, windows, case, settle=None):
    """Prunes block after block: each is measured after those before it are pruned. Gives masks, and how far
    each weight was from going the other way; `settle` is called with both after each block."""
    states, others = states_before(model, windows)
    masks, far = {}, {}
    for number, layer in enumerate(model.model.layers):
        grams = {}

        def observe(name):
            def hook(module, args, output):
                x = args[0].reshape(-1, args[0].shape[-1]).double()
                grams[name] = grams.get(name, 0) + x.T @ x
            return hook

        open_linears = {name: module for name, module in linears(layer).items()
                 if number not in case.get("kept", ()) and name in case.get("targets", NAMES.values())}
        hooks = [module.register_forward_hook(observe(name)) for name, module in open_linears.items()]
        run(layer, states, others)
        for hook in hooks:
            hook.remove()
        for name, module in open_linears.items():
            weight, key = module.weight.data, f"{number}.{name}"
            if "solver" in case:
                module.weight.data, masks[key], far[key] = solved(weight, grams[name], case)
            else:
                scores = valued(weight.double(), grams[name].diagonal(), 1, case)
                masks[key] = choose(scores, case)
                far[key] = distances(scores, masks[key], case)
                module.weight.data = torch.where(masks[key], weight, 0.0)
        if settle:
            settle(number, layer, masks, far)
        states = run(layer, states, others)
    return masks, far


def closest(far):
    """The least of all distances."""
    return min(values.min().item() for values in far.values())


def bits(mask):
    """A mask as text: eight columns a byte, the first one lowest."""
    packed = numpy.packbits(mask.numpy(), axis=1, bitorder="little")
    return base64.b64encode(packed.tobytes()).decode()


def windows(vocabulary):
    """Random windows, by which hardly any two weights at a border are so close that f32 cannot tell them
    apart."""
    generator = torch.Generator().manual_seed(SEED)
    ids = torch.randint(3, vocabulary, (14, 24), generator=generator).tolist()
    return {"calibration": ids[:10], "heldout": ids[10:]}


def write(path, out, data=None):
    """All cases of a model, as a file."""
    model = opened(path)
    data = data or windows(model.config.vocab_size)
    results = {"tokens": data, "dense": loss(model, data["heldout"]), "cases": {}}
    for name, case in CASES.items():
        model = opened(path)
        masks, far = sequential(model, data["calibration"], case)
        tied = {key: values < NEAR for key, values in far.items() if (values < NEAR).any()}
        found = {"setting": case, "loss": loss(model, data["heldout"]), "gap": closest(far),
                 "ties": sum(int(places.sum()) for places in tied.values()),
                 "masks": {key: bits(mask) for key, mask in masks.items()}}
        if tied:
            found["tied"] = {key: bits(places) for key, places in tied.items()}
        if "solver" in case:
            found["weights"] = {
                f"{block}.{role}": base64.b64encode(
                    linears(model.model.layers[block])[role].weight.data.numpy().tobytes()
                ).decode() for block, role in SHOWN
            }
        results["cases"][name] = found
        print(name, found["loss"], "gap", found["gap"], "ties", found["ties"], flush=True)
    Path(out).write_text(json.dumps(results, separators=(",", ":")) + "\n", encoding="utf-8")


# What Billhook saved


def masks_of(directory):
    """The masks of a directory that Billhook saved, by block and role, as in `0.query`: True where a weight
    stays, eight columns a byte, the first one lowest. Columns that fill the last byte are there too."""
    return {name: (packed[:, :, None] >> torch.arange(8)).bitwise_and(1).flatten(1).bool()
            for name, packed in load_file(Path(directory) / "billhook.masks").items()}


def blocks_kept_by(rule, blocks):
    """The blocks that a rule such as `keep first 1 last 2 [4, 5]` leaves as they are."""
    numbers = {word: int(found[1]) if (found := re.search(rf"{word} (\d+)", rule)) else 0
               for word in ("first", "last")}
    listed = re.search(r"\[(.*?)\]", rule)
    return set(range(numbers["first"])) | set(range(blocks - numbers["last"], blocks)) \
        | {int(number) for number in (listed[1].split(",") if listed else [])}


def case_of(record, blocks):
    """The case that a record tells of."""
    if len(record["masked"]) != 1 or len(record["steps"]) != 1:
        raise SystemExit("expected a directory that came of one `prune weight` alone, found "
                         + "; ".join(record["steps"]))
    masked, step = record["masked"][0], record["steps"][0]
    settings = dict(re.findall(r"(\w+) = ([\w.:]+)", masked["unit"]))
    by = masked["criterion"].split()[0]
    own = dict(re.findall(r"(\w+) = ([\w.]+)", masked["criterion"]))
    repair = re.search(r", repair (\w+)(?: \{(.*?)\})?", step)
    case = {"by": by, "rounding": settings.get("rounding", "down"),
            "targets": re.search(r"targets = \[(.*?)\]", masked["unit"])[1].split(", "),
            "kept": blocks_kept_by(masked["keep"], blocks)}
    if "pattern" in settings:
        case["pattern"] = [int(number) for number in settings["pattern"].split(":")]
    else:
        case["group"] = settings.get("group", GROUPS.get(by))
        share = re.fullmatch(r"remove ([\d.]+)%", masked["amount"])
        case["percent"] = float(share[1]) * blocks / (blocks - len(case["kept"])) if share else None
    if repair:
        solver = dict(re.findall(r"(\w+) = ([\w.]+)", repair[2] or ""))
        case |= {"solver": SOLVERS.get(repair[1]), "damping": float(solver.get("damping", 0.01)),
                 "slab": int(solver["slab"]) if solver.get("slab", "none") != "none" else None}
    isKnown = (
        by in GROUPS and (by != "obs" or repair and own == {
            "damping": solver.get("damping"), "settled": "column", "joint": "false"})
        and case.get("group", "row") in ("row", "matrix", *([] if repair else ["column"]))
        and case.get("percent", 0) is not None and settings.get("order", "block") == "block"
        and (not repair or case["solver"] and case["slab"] and settings.get("choose", "slab") == "slab")
        and ", refine " not in step and ", allocate uniform" in step
    )
    if not isKnown:
        raise SystemExit(f"nothing here computes `{step}`")
    return case


def compare(dense, directory):
    """Prunes a model as a record says, and compares masks and weights; gives whether they agree."""
    record = json.loads((Path(directory) / "billhook.json").read_text(encoding="utf-8"))
    model, other = opened(dense), opened(directory)
    step = torch.finfo(AutoModelForCausalLM.from_pretrained(directory, dtype="auto").dtype).eps
    case = case_of(record, len(model.model.layers))
    tokens = [[int(token) for token in line.split()]
              for line in record["masked"][0].get("calibration", {}).get("tokens", [])]
    theirs = masks_of(directory)
    counts = dict.fromkeys(["bits", "different", "tied", "rows", "clear", "wrong"], 0)
    furthest = 0.0

    def settle(number, layer, masks, far):
        nonlocal furthest
        for name, module in linears(layer).items():
            key, saved = f"{number}.{name}", linears(other.model.layers[number])[name].weight.data
            if key in masks:
                mask = masks[key]
                differs = theirs.pop(key)[:, : mask.shape[1]] != mask
                clear, equal = far[key].amin(1) > CLEAR, ~differs.any(1)
                counts["bits"] += mask.numel()
                counts["different"] += int(differs.sum())
                counts["tied"] += int((differs & (far[key] < NEAR)).sum())
                counts["rows"] += len(mask)
                counts["clear"] += int(clear.sum())
                counts["wrong"] += int((clear & ~equal).sum())
                own = module.weight.data
                apart = (saved - own)[equal].abs() / own.abs().max()
                furthest = max([furthest, *apart.max(dim=1).values.tolist()])
            elif not saved.equal(module.weight.data):
                raise SystemExit(f"{directory}: {key} has no mask, and other weights than {dense}")
            module.weight.data = saved

    # Weights by themselves take no windows, but the chain wants some.
    sequential(model, tokens or [[1, 2]], case, settle)
    if theirs:
        raise SystemExit(f"{directory}: has masks of {', '.join(theirs)}, which {dense} does not prune")
    print(f"{counts['different']} of {counts['bits']} bits of masks differ, {counts['tied']} of them ties; "
          f"{counts['wrong']} of {counts['clear']} rows without a score within {CLEAR} of its border "
          f"({counts['rows']} in all); weights in equal rows: {furthest:.1e} of the largest apart")
    return counts["wrong"] == 0 and counts["different"] <= 1e-3 * counts["bits"] \
        and furthest <= max(1e-4, step)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", help="a model's directory")
    parser.add_argument("--out", help="the file that is written")
    parser.add_argument("--tokens", help="the windows of --model")
    parser.add_argument("--dense", help="a model's directory")
    parser.add_argument("--sparse", help="a directory that Billhook saved of it")
    options = parser.parse_args()
    with torch.no_grad():
        if options.dense or options.sparse:
            if not (options.dense and options.sparse):
                parser.error("--dense goes with --sparse")
            raise SystemExit(0 if compare(options.dense, options.sparse) else 1)
        if options.model or options.out:
            if not (options.model and options.out):
                parser.error("--model goes with --out")
            data = options.tokens and json.loads(Path(options.tokens).read_text(encoding="utf-8"))
            write(options.model, options.out, data)
            return
        for name in MODELS:
            write(FIXTURES / "models" / name, FIXTURES / "sparse" / f"{name}.json")


if __name__ == "__main__":
    main()
