"""Decoding at batch 1: Billhook beside transformers, both beside what they cannot do without.

For one random model, in turns, milliseconds a token of
- `read`: all weights that a token needs are summed up, nothing else;
- `products`: each projection and the head times a row, by `torch.nn.functional.linear`;
- `onednn`: the same by oneDNN's inner product, of matrices laid out for it beforehand in bf16;
- `transformers`: a loop over the model with its cache of keys and values, in inference mode;
- `billhook`: `billhook bench`.

Imported by bench.py. The fastest of all rounds counts, because whatever else runs on the machine only ever adds.
"""

import json
import os
import subprocess
import time

import torch

PROJECTIONS = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]


def matrices(model):
    """What a token is multiplied with, in order."""
    found = []
    for block in model.model.layers:
        parts = {**dict(block.self_attn.named_children()), **dict(block.mlp.named_children())}
        found += [parts[name].weight.data for name in PROJECTIONS]
    return found + [model.lm_head.weight.data]


def read(weights):
    """Goes over all bytes; sums of f32 are the quickest way that torch has."""
    for weight in weights:
        weight.view(torch.float32).sum()


def products(weights, rows):
    for weight in weights:
        torch.nn.functional.linear(rows[weight.shape[1]], weight)


def laid_out(weights):
    """As oneDNN takes them without laying them out anew for each product; none where it cannot, as on a GPU or
    in bf16 on a processor without AVX-512."""
    if weights[0].device.type != "cpu":
        return []
    if weights[0].dtype == torch.float32:
        return weights
    if not torch.ops.mkldnn._is_mkldnn_bf16_supported():
        return []
    return [torch.ops.mkldnn._reorder_linear_weight(weight) for weight in weights]


def onednn(weights, rows):
    for weight in weights:
        row = rows[weight.shape[1]]
        torch.ops.mkldnn._linear_pointwise(row, weight, None, "none", [], "")


def finish(device):
    """Waits for what a GPU was given to do."""
    if str(device).startswith("cuda"):
        torch.cuda.synchronize(device)
    elif str(device).startswith("mps"):
        torch.mps.synchronize()


def milliseconds(work, count, device):
    start = time.perf_counter()
    for _ in range(count):
        work()
    finish(device)
    return 1000 * (time.perf_counter() - start) / count


def transformers_decode(model, prompt, output):
    """Milliseconds a token after the first one."""
    ids = torch.randint(3, model.config.vocab_size, (1, prompt), generator=torch.manual_seed(1))
    ids = ids.to(model.device)
    out = model(input_ids=ids, use_cache=True, logits_to_keep=1)
    cache, token = out.past_key_values, out.logits[:, -1:].argmax(-1)
    start = time.perf_counter()
    for _ in range(output - 1):
        out = model(input_ids=token, past_key_values=cache, use_cache=True, logits_to_keep=1)
        token = out.logits[:, -1:].argmax(-1)
    token.item()
    return 1000 * (time.perf_counter() - start) / (output - 1)


def billhook_decode(billhook, folder, threads, device, prompt, output):
    command = [billhook, "bench", str(folder), "--prompt", str(prompt), "--output", str(output),
               "--warmup", "1", "--repeat", "3", "--threads", str(threads), "--device", device,
               "--quiet", "--format", "json"]
    environment = {**os.environ, "OMP_NUM_THREADS": str(threads)}
    out = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    return 1000 * json.loads(out.stdout)["rows"][0]["decode_seconds_per_token"]["median"]


def decode_jobs(billhook, folder, threads, device="cpu", rounds=3, prompt=12, output=64):
    """Milliseconds a token of each way, for a model in the type that it is stored in."""
    from transformers import AutoModelForCausalLM

    torch.set_num_threads(threads)
    model = AutoModelForCausalLM.from_pretrained(folder, dtype="auto").eval().to(device)
    weights = matrices(model)
    widths = {weight.shape[1] for weight in weights}
    rows = {width: torch.randn(1, width).to(weights[0]) for width in widths}
    copies = laid_out(weights)
    ways = {
        "read": lambda: milliseconds(lambda: read(weights), 10, device),
        "products": lambda: milliseconds(lambda: products(weights, rows), 10, device),
        "onednn": lambda: milliseconds(lambda: onednn(copies, rows), 10, device),
        "transformers": lambda: transformers_decode(model, prompt, output),
        "billhook": lambda: billhook_decode(billhook, folder, threads, device, prompt, output),
    }
    if not copies:
        del ways["onednn"]
    found = {name: [] for name in ways}
    with torch.inference_mode():
        for way in list(ways.values())[:-1]:
            way()
        for _ in range(rounds):
            for name, way in ways.items():
                found[name].append(way())
    best = {name: min(values) for name, values in found.items()}
    return {
        "milliseconds": best,
        "to_products": best["billhook"] / best["products"],
        "to_transformers": best["billhook"] / best["transformers"],
        "to_read": best["billhook"] / best["read"],
    }
