#!/usr/bin/env python3
"""Writes Tests/Fixtures/refiners: what DSnoT and LLM-Barber make of the masks of small models, and of a layer.

    python3 Scripts/golden_refiners.py
    python3 Scripts/golden_refiners.py --model DIR --text FILE --windows 8 --length 128 --out FILE

The second form computes all cases, or those that `--cases` names, for a model of yours, on the first
windows of a text; the tokens lie beside OUT, one window a line. Written from Zhang et al., DSnoT (arXiv 2310.08915), and Su et al.,
LLM-Barber (arXiv 2408.10631), with the counts, the order and the comparisons of the code that the authors
published; nothing here comes from Billhook. Needs torch and transformers.

Everything is computed in f32 as the authors do, and again in f64 with another attention. A case holds its
setting; masks as bits, True = keep, eight columns a byte, the first one lowest; `first` and `loss`, the loss
of the model with the first masks and with the refined ones; how many pairs were swapped; `gap`, the least
relative difference of two numbers whose order decided something, `ties`, how many differ by less than 1e-6,
and `f64`, how many bits of which projections another rounding decides otherwise. DSnoT's has `epsilon` as
well, the mean |error| of the refined rows before and after, and `exhausted`, the rows that ran out of
weights to swap; Barber's has `losses`, the mean squared error of each module before and after. Statistics
are those of the first block, which no mask has touched when it is measured; they and gradients are f32.
"""

import argparse
import base64
import copy
import json
from pathlib import Path

import numpy
import torch
from golden_solvers import random_bits
from golden_sparse import bits, closest, linears, loss, lowest, opened, pattern, run, sequential, states_before
from transformers import AutoModelForCausalLM, AutoTokenizer

FIXTURES = Path(__file__).parent.parent / "Tests/Fixtures"

# With its random windows no two compared numbers are so close that f32 could not tell them apart.
SEED = 12

NEAR = 1e-6

ATTENTION = ["query", "key", "value", "output"]
ALL = ATTENTION + ["gate", "up", "down"]

WANDA = {"by": "wanda", "group": "row", "percent": 50}
MAGNITUDE_ROWS = {"by": "magnitude", "group": "row", "percent": 50}
MAGNITUDE = {"by": "magnitude", "group": "matrix", "percent": 50}


def two_of_four(by):
    return {"by": by, "pattern": [2, 4]}


def dsnot(first, targets=ATTENTION, same_sign=False, cycles=50, threshold=0.1, power=1):
    return {"first": first, "refine": "dsnot", "targets": targets, "same_sign": same_sign, "cycles": cycles,
            "threshold": threshold, "power": power}


def barber(first, group, threshold, metric="product"):
    """`matrix` is what the authors call layer, `module` what they call block, `row` and `column` are
    output1 and input1."""
    return {"first": first, "refine": "barber", "group": group, "threshold": threshold, "metric": metric}


CASES = {
    "dsnot wanda": dsnot(WANDA),
    "dsnot wanda all": dsnot(WANDA, ALL),
    "dsnot wanda same sign": dsnot(WANDA, same_sign=True),
    "dsnot wanda all same sign": dsnot(WANDA, ALL, same_sign=True),
    "dsnot wanda all settings": dsnot(WANDA, ALL, cycles=3, threshold=0.4, power=0.5),
    "dsnot magnitude": dsnot(MAGNITUDE_ROWS),
    "dsnot magnitude all same sign": dsnot(MAGNITUDE_ROWS, ALL, same_sign=True),
    "dsnot wanda 2:4": dsnot(two_of_four("wanda")),
    "dsnot magnitude 2:4 all": dsnot(two_of_four("magnitude"), ALL),
    # So few cycles that hardly any row runs out of weights.
    "dsnot magnitude 3 cycles": dsnot(MAGNITUDE_ROWS, cycles=3),
    "dsnot wanda 2:4 all 3 cycles": dsnot(two_of_four("wanda"), ALL, cycles=3),
    "barber wanda row 0": barber(WANDA, "row", 0),
    "barber wanda row 0.01": barber(WANDA, "row", 0.01),
    "barber wanda row 0.5": barber(WANDA, "row", 0.5),
    "barber wanda row 0.5 weight": barber(WANDA, "row", 0.5, "weight"),
    "barber wanda row 0.5 gradient": barber(WANDA, "row", 0.5, "gradient"),
    "barber wanda column 0.5": barber(WANDA, "column", 0.5),
    "barber wanda matrix 0.01": barber(WANDA, "matrix", 0.01),
    "barber wanda matrix 0.1": barber(WANDA, "matrix", 0.1),
    "barber wanda module 0.1": barber(WANDA, "module", 0.1),
    "barber magnitude module 0.1": barber(MAGNITUDE, "module", 0.1),
    "barber magnitude row 0.5": barber(MAGNITUDE, "row", 0.5),
    "barber wanda 2:4 row 0.5": barber(two_of_four("wanda"), "row", 0.5),
}

# Of the larger model some cases are enough; of the smaller one, those in which something is swapped.
CHOSEN = {
    "llama-gqa": ["dsnot wanda", "dsnot wanda all same sign", "dsnot magnitude", "dsnot wanda 2:4",
                  "barber wanda row 0.5", "barber wanda matrix 0.01", "barber magnitude module 0.1",
                  "barber wanda 2:4 row 0.5"],
    "qwen3": [name for name in CASES if name != "barber wanda matrix 0.01"],
}

# The root mean squared gradients that are written of a case; of the larger model there is no room for them.
GRADIENTS = {"qwen3": ("barber wanda row 0.5", ["0.key", "1.output"])}


class Watch:
    """Counts what is swapped, and how close the comparisons are that decide it."""

    def __init__(self):
        self.gap, self.ties, self.swaps, self.exhausted = float("inf"), 0, 0, 0

    def see(self, differences):
        found = numpy.abs(numpy.asarray(differences, dtype=numpy.float64)).reshape(-1)
        found = found[numpy.isfinite(found)]
        if found.size:
            self.gap = min(self.gap, found.min().item())
            self.ties += int((found < NEAR).sum())

    def compare(self, a, b):
        self.see(numpy.abs(a - b) / numpy.maximum(numpy.maximum(numpy.abs(a), numpy.abs(b)), 1e-30))


# DSnoT


class Inputs:
    """What DSnoT sums up of a projection's inputs: of each column the mean over windows of the squared norm
    and of the signed sum over tokens, and the mean over tokens of the variances inside a window."""

    def __init__(self):
        self.windows, self.tokens, self.square, self.sum, self.variance = 0, 0, 0, 0, 0

    def see(self, x):
        before, self.windows = self.windows, self.windows + 1
        self.square = self.square * (before / self.windows) + x.norm(dim=0) ** 2 / self.windows
        self.sum = self.sum * (before / self.windows) + x.sum(dim=0) / self.windows
        tokens, self.tokens = self.tokens, self.tokens + len(x)
        own = x.var(dim=0, correction=0)
        self.variance = (self.variance * tokens + own * len(x)) / self.tokens


def first_mask(scores, first, watch):
    """The mask that is to be refined: the lowest scores go, in each row or of each M neighbours."""
    if "pattern" in first:
        kept, size = pattern(scores, *first["pattern"]), first["pattern"][1]
    else:
        size = scores.shape[1]
        kept = lowest(scores, int(size * first["percent"] / 100))
    groups, stays = scores.reshape(-1, size), kept.reshape(-1, size)
    watch.compare(groups.masked_fill(stays, -1).amax(1).numpy(),
                  groups.masked_fill(~stays, float("inf")).amin(1).numpy())
    return kept


def refined(weight, inputs, case, watch):
    """The masks of a matrix before and after DSnoT, and with both what each row's |error| is."""
    wanda = weight.abs() * inputs.square.sqrt()
    metric = wanda if case["first"]["by"] == "wanda" else weight.abs()
    kept = first_mask(metric, case["first"], watch)
    contribution = weight * inputs.sum
    growth = contribution / inputs.variance ** case["power"]
    # The signs of all contributions depend on those of the sums.
    watch.see(inputs.sum / inputs.square.sqrt())
    order = metric if "pattern" in case["first"] else wanda
    mask = kept.clone()
    for row in range(len(weight)):
        mask[row] = torch.from_numpy(refined_row(
            kept[row].numpy(), contribution[row].numpy(), growth[row].numpy(), order[row].numpy(), case, watch))
    masks = kept, mask
    return masks, [(contribution * ~m).sum(1).abs() for m in masks]


def refined_row(kept, contribution, growth, order, case, watch):
    """The mask of a row. `error` is the sum of what is gone: by so much less is the row's output expected.

    What comes back has the error's sign, and what goes for it the other one, which makes the error less
    both times; in a pattern, it is a neighbour of any sign. The authors' lists run on into kept weights
    and into those of the other sign, and rows that are done walk on along them, which breaks the counts
    of short rows; here a row is done when none that it looks for is left, so at 50 cycles the masks of
    many rows as short as a test's depend on it.
    """
    kept, size = kept.copy(), case["first"].get("pattern", [0, 0])[1]
    gone, stays = numpy.flatnonzero(~kept), numpy.flatnonzero(kept)
    gone = gone[numpy.argsort(growth[gone], kind="stable")]
    stays = stays[numpy.argsort(order[stays], kind="stable")].tolist()
    back = {True: [j for j in gone[::-1] if growth[j] > 0], False: [j for j in gone if growth[j] < 0]}
    out = {True: [j for j in stays if contribution[j] < 0], False: [j for j in stays if contribution[j] > 0]}
    error = contribution[gone].sum()
    sign, scale = numpy.sign(error), numpy.abs(contribution[gone]).sum()
    for _ in range(case["cycles"]):
        watch.see((numpy.abs(error) - case["threshold"]) / scale)
        if numpy.abs(error) <= case["threshold"]:
            break
        coming, going = back[bool(error > 0)], out[bool(error > 0)]
        if size and coming:
            going = [j for j in stays if j // size == coming[0] // size]
        if not coming or not going:
            watch.exhausted += 1
            break
        for indices, values in ((coming, growth), (going, order)):
            if len(indices) > 1:
                watch.compare(values[indices[0]], values[indices[1]])
        comes, goes = coming.pop(0), going.pop(0)
        after = error + contribution[goes] - contribution[comes]
        if case["same_sign"] or size:
            watch.see(after / scale)
            if numpy.sign(after) != sign:
                break
        if size:
            stays.remove(goes)
        kept[comes], kept[goes], error = True, False, after
        watch.swaps += 1
    return kept


def in_one_pass(model, windows, case, watch):
    """Masks block after block: a block is measured whole while it is dense, after those before it were
    masked and refined. Also the statistics of the first block, and the mean |error| of all rows that are
    refined, before and after."""
    states, others = states_before(model, windows)
    masks, statistics, errors = {}, {}, []
    for number, layer in enumerate(model.model.layers):
        inputs = {name: Inputs() for name in linears(layer)}
        hooks = [module.register_forward_hook(lambda _, args, __, seen=inputs[name]: seen.see(args[0][0]))
                 for name, module in linears(layer).items()]
        run(layer, states, others)
        for hook in hooks:
            hook.remove()
        for name, module in linears(layer).items():
            weight = module.weight.data
            if name in case["targets"]:
                (_, mask), sums = refined(weight, inputs[name], case, watch)
                errors.append(torch.stack(sums))
            else:
                scores = weight.abs()
                if case["first"]["by"] == "wanda":
                    scores = scores * inputs[name].square.sqrt()
                mask = first_mask(scores, case["first"], watch)
            masks[f"{number}.{name}"] = mask
            module.weight.data = torch.where(mask, weight, 0.0)
        statistics = statistics or inputs
        states = run(layer, states, others)
    return masks, statistics, torch.cat(errors, dim=1).mean(dim=1).tolist()


# LLM-Barber


def watched(layer, part, states, others, see):
    """Runs a layer and shows what enters and leaves its attention or MLP, window by window."""
    def hook(_, args, kwargs, output):
        see(args, kwargs, output[0] if isinstance(output, tuple) else output)

    handle = getattr(layer, part).register_forward_hook(hook, with_kwargs=True)
    after = run(layer, states, others)
    handle.remove()
    return after


def squared_gradients(layer, dense, part, states, others):
    """The mean over windows of the squared gradients of the dense module's weights, where the loss is the
    mean squared difference of what it and the sparse module make of the sparse module's inputs. Also the
    dense outputs and the losses."""
    module = getattr(dense, part)
    weights = {name: linear.weight for name, linear in linears(module).items()}
    squares, outputs, losses = dict.fromkeys(weights, 0), [], []

    def see(args, kwargs, output):
        with torch.enable_grad():
            own = module(*args, **kwargs)
            own = own[0] if isinstance(own, tuple) else own
            difference = torch.nn.functional.mse_loss(output, own)
            gradients = torch.autograd.grad(difference, list(weights.values()))
        outputs.append(own.detach())
        losses.append(difference.item())
        for name, gradient in zip(weights, gradients):
            squares[name] = (squares[name] * ((len(losses) - 1) / len(losses)) + gradient ** 2 / len(losses))

    watched(layer, part, states, others, see)
    return squares, outputs, losses


def limits(score, kept, threshold, watch):
    """What a removed weight has to exceed to come back, and what a kept one has to fall short of to go; None
    where one side is empty."""
    gone = score[~kept].sort(descending=True).values.numpy()
    stays = score[kept].sort().values.numpy()
    if not len(gone) or not len(stays):
        return None
    length = min(len(gone), len(stays))
    worse = int((gone[:length] > stays[:length]).sum())
    count = int(worse * threshold)
    # Pairs whose order decides how many are swapped.
    number = numpy.arange(length)
    decides = ((number + 1) * threshold).astype(int) != (number * threshold).astype(int)
    watch.compare(gone[:length][decides], stays[:length][decides])
    for values in (gone, stays):
        if 0 < count < len(values):
            watch.compare(values[count - 1], values[count])
    return gone[min(count, len(gone) - 1)].item(), stays[min(count, len(stays) - 1)].item()


def swapped(score, kept, threshold, watch):
    """The mask of weights that are compared with each other, in one dimension."""
    found = limits(score, kept, threshold, watch)
    if found is None:
        return kept
    back, out = ~kept & (score > found[0]), kept & (score < found[1])
    watch.swaps += int(back.sum())
    return (kept | back) & ~out


def swapped_in_pattern(score, kept, size, threshold, watch):
    """The mask of a row of a pattern: what comes back is chosen in the row, and of each M neighbours as
    many of the lowest go as came back there."""
    found = limits(score, kept, threshold, watch)
    if found is None:
        return kept
    back = ~kept & (score > found[0])
    watch.swaps += int(back.sum())
    mask = kept | back
    for start in range(0, len(score), size):
        group = slice(start, start + size)
        order = [start + j for j in score[group].argsort().tolist() if kept[start + j]]
        count = int(back[group].sum())
        if 0 < count < len(order):
            watch.compare(score[order[count - 1]].numpy(), score[order[count]].numpy())
        mask[order[:count]] = False
    return mask


def rebuilt(scores, kept, case, watch):
    """The masks of a module's projections after the swaps."""
    threshold = case["threshold"]
    if "pattern" in case["first"]:
        size = case["first"]["pattern"][1]
        return {name: torch.stack([swapped_in_pattern(*row, size, threshold, watch)
                                   for row in zip(scores[name], kept[name])]) for name in scores}
    if case["group"] == "module":
        flat = swapped(*(torch.cat([values[name].reshape(-1) for name in scores]) for values in (scores, kept)),
                       threshold, watch)
        parts = flat.split([kept[name].numel() for name in scores])
        return {name: part.reshape(kept[name].shape) for name, part in zip(scores, parts)}
    masks = {}
    for name in scores:
        score, mask = scores[name], kept[name]
        if case["group"] == "matrix":
            masks[name] = swapped(score.reshape(-1), mask.reshape(-1), threshold, watch).reshape(mask.shape)
        elif case["group"] == "column":
            masks[name] = torch.stack([swapped(*column, threshold, watch)
                                       for column in zip(score.T, mask.T)], dim=1)
        else:
            masks[name] = torch.stack([swapped(*row, threshold, watch) for row in zip(score, mask)])
    return masks


def in_second_pass(model, dense, windows, masks, case, watch):
    """Swaps pairs of a sparse model's weights, attention before MLP, block after block.

    The authors stream every window through the whole sparse layer for each of the two, so what enters
    the MLP comes out of the attention that was rebuilt before it, and the next block sees both. Whatever
    stays has its dense value afterwards.
    """
    states, others = states_before(model, windows)
    masks, losses, gradients = dict(masks), {}, {}
    for number, (layer, twin) in enumerate(zip(model.model.layers, dense.model.layers)):
        for part, label in (("self_attn", "attention"), ("mlp", "mlp")):
            squares, outputs, before = squared_gradients(layer, twin, part, states, others)
            weights = {name: linear.weight.data for name, linear in linears(getattr(twin, part)).items()}
            scores = {
                "product": {name: weights[name].abs() * squares[name].sqrt() for name in weights},
                "weight": {name: weights[name].abs() for name in weights},
                "gradient": {name: squares[name].sqrt() for name in weights},
            }[case["metric"]]
            new = rebuilt(scores, {name: masks[f"{number}.{name}"] for name in weights}, case, watch)
            for name, linear in linears(getattr(layer, part)).items():
                linear.weight.data = torch.where(new[name], weights[name], 0.0)
                masks[f"{number}.{name}"] = new[name]
                gradients[f"{number}.{name}"] = squares[name].sqrt()
            after = []
            watched(layer, part, states, others, lambda _, __, output: after.append(
                torch.nn.functional.mse_loss(output, outputs[len(after)]).item()))
            losses[f"{number}.{label}"] = [sum(values) / len(values) for values in (before, after)]
        states = run(layer, states, others)
    return masks, losses, gradients


# Cases


def widened(path):
    """The model in f64, its attention computed in one call; norms, too, which transformers has in f32."""
    model = AutoModelForCausalLM.from_pretrained(path, dtype=torch.float64, attn_implementation="sdpa").eval()
    model.config.use_cache = False
    for module in model.modules():
        if type(module).__name__.endswith("RMSNorm"):
            module.forward = lambda x, norm=module: norm.weight * (
                x * (x.pow(2).mean(-1, keepdim=True) + norm.variance_epsilon).rsqrt())
    return model


class Computation:
    """Cases of one model and its windows."""

    def __init__(self, path, data):
        self.path, self.data, self.firsts = path, data, {}

    def first(self, setting):
        """A model whose masks Barber improves: its weights, masks, loss and closest comparison."""
        key = json.dumps(setting)
        if key not in self.firsts:
            model = opened(self.path)
            masks, far = sequential(model, self.data["calibration"], setting)
            self.firsts[key] = model, masks, loss(model, self.data["heldout"]), closest(far)
        return self.firsts[key]

    def refined(self, case, open_model):
        """The refined model, its masks, and what else is known of them."""
        model, watch, found = open_model(self.path), Watch(), {}
        if case["refine"] == "dsnot":
            masks, statistics, epsilon = in_one_pass(model, self.data["calibration"], case, watch)
            found = {"epsilon": epsilon, "exhausted": watch.exhausted, "statistics": statistics}
        else:
            dense, (sparse, firsts, _, gap) = copy.deepcopy(model), self.first(case["first"])
            for mine, its in zip(model.parameters(), sparse.parameters()):
                mine.data = its.data.to(mine.dtype)
            watch.see(gap)
            masks, losses, gradients = in_second_pass(
                model, dense, self.data["calibration"], firsts, case, watch)
            found = {"losses": losses, "gradients": gradients}
        return model, masks, watch, found

    def case(self, name):
        case = CASES[name]
        model, masks, watch, found = self.refined(case, opened)
        _, others, _, _ = self.refined(case, widened)
        statistics, gradients = found.pop("statistics", None), found.pop("gradients", {})
        shown, keys = GRADIENTS.get(Path(self.path).name, ("", []))
        if name == shown:
            found["gradients"] = {key: packed(gradients[key]) for key in keys}
        first = self.first(case["first"])[2]
        result = {
            "setting": case, "first": first, "loss": loss(model, self.data["heldout"]), **found,
            "swaps": watch.swaps, "ties": watch.ties, "gap": watch.gap,
            "f64": {key: int((mask != others[key]).sum()) for key, mask in masks.items()
                    if not mask.equal(others[key])},
            "masks": {key: bits(mask) for key, mask in masks.items()},
        }
        print(name, {key: value for key, value in result.items()
                     if key not in ("setting", "masks", "gradients", "losses")}, flush=True)
        return result, statistics


def computed(path, data, names):
    """The results of the named cases."""
    computation = Computation(path, data)
    results = {"tokens": data, "dense": loss(opened(path), data["heldout"]), "statistics": {}, "cases": {}}
    for name in names:
        results["cases"][name], statistics = computation.case(name)
        if statistics:
            # No mask has been laid on the first block when it is measured, so all cases have these.
            results["statistics"] = {f"0.{role}": packed_statistics(statistics[role])
                                     for role in ("query", "output", "gate", "down")}
    return results


def packed(values):
    """The values in f32, as text."""
    return base64.b64encode(values.float().numpy().tobytes()).decode()


def packed_statistics(inputs):
    return {name: packed(getattr(inputs, name)) for name in ("square", "sum", "variance")}


def random_windows(vocabulary):
    generator = torch.Generator().manual_seed(SEED)
    ids = torch.randint(3, vocabulary, (14, 24), generator=generator).tolist()
    return {"calibration": ids[:10], "heldout": ids[10:]}


def windows_of(text, path, count, length):
    """The first windows of a text, and four more to measure the loss."""
    whole = Path(text).read_text(encoding="utf-8")[: (count + 4) * length * 20]
    ids = AutoTokenizer.from_pretrained(path)(whole)["input_ids"]
    if len(ids) < (count + 4) * length:
        raise SystemExit(f"{text}: expected {(count + 4) * length} tokens, found {len(ids)}")
    cut = [ids[start * length : (start + 1) * length] for start in range(count + 4)]
    return {"calibration": cut[:count], "heldout": cut[count:]}


# A layer


ROWS, WIDTH, WINDOWS, TOKENS = 16, 512, 4, 24


def layer():
    """Weights `[ROWS, WIDTH]` and correlated inputs `[WINDOWS, TOKENS, WIDTH]` that are whole numbers by a
    power of two, from SplitMix64 with the seeds 1, 2 and 3."""
    own = torch.tensor([(number >> 60) - 8 for number in random_bits(1, WINDOWS * TOKENS * WIDTH)])
    mix = torch.tensor([{0: 1, 1: -1}.get(number >> 60, 0) for number in random_bits(2, WIDTH * WIDTH)])
    inputs = own.reshape(-1, WIDTH) @ (2 * torch.eye(WIDTH, dtype=torch.int64) + mix.reshape(WIDTH, WIDTH))
    weights = torch.tensor([((number >> 48) - 32768) / 32768 for number in random_bits(3, ROWS * WIDTH)])
    return weights.reshape(ROWS, WIDTH).double(), inputs.reshape(WINDOWS, TOKENS, WIDTH).double() / 8


def of_layer():
    """What DSnoT makes of the layer, with both rules, in f64."""
    weights, windows = layer()
    inputs, singles = Inputs(), Inputs()
    for window in windows:
        inputs.see(window)
        singles.see(window.float())
    results = {"rows": ROWS, "width": WIDTH, "windows": WINDOWS, "tokens": TOKENS,
               "statistics": packed_statistics(inputs), "cases": {}}
    tokens = windows.reshape(-1, WIDTH)
    for name, same_sign in (("same sign", True), ("any sign", False)):
        watch, case = Watch(), dsnot(WANDA, same_sign=same_sign)
        masks, sums = refined(weights, inputs, case, watch)
        (_, single), _ = refined(weights.float(), singles, case, Watch())
        results["cases"][name] = {
            "setting": case, "epsilon": [values.mean().item() for values in sums],
            "error": [(tokens @ (weights * ~mask).T).pow(2).mean().item() for mask in masks],
            "swaps": watch.swaps, "exhausted": watch.exhausted, "ties": watch.ties, "gap": watch.gap,
            "f32": int((single != masks[1]).sum()), "masks": [bits(mask) for mask in masks],
        }
        print(name, {key: value for key, value in results["cases"][name].items() if key != "masks"})
    return results


def write(path, results):
    Path(path).write_text(json.dumps(results, separators=(",", ":")) + "\n", encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", help="a model's directory")
    parser.add_argument("--text", help="the text whose first tokens it reads")
    parser.add_argument("--windows", type=int, default=8)
    parser.add_argument("--length", type=int, default=128)
    parser.add_argument("--out", help="the file that is written")
    parser.add_argument("--cases", nargs="*", default=list(CASES), help="their names; without it, all")
    arguments = parser.parse_args()
    with torch.no_grad():
        if arguments.model:
            if not arguments.text or not arguments.out:
                parser.error("--model goes with --text and --out")
            data = windows_of(arguments.text, arguments.model, arguments.windows, arguments.length)
            for part, windows in data.items():
                lines = "".join(" ".join(map(str, window)) + "\n" for window in windows)
                Path(f"{arguments.out}.{part}.tokens").write_text(lines, encoding="utf-8")
            write(arguments.out, computed(arguments.model, data, arguments.cases))
            return
        folder = FIXTURES / "refiners"
        folder.mkdir(exist_ok=True)
        write(folder / "layer.json", of_layer())
        for name, names in CHOSEN.items():
            path = FIXTURES / "models" / name
            vocabulary = json.loads((path / "config.json").read_text(encoding="utf-8"))["vocab_size"]
            data = random_windows(vocabulary)
            write(folder / f"{name}.json", computed(str(path), data, names))


if __name__ == "__main__":
    main()
