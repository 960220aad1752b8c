"""Each job of the benchmarks in plain PyTorch and transformers, in its best straightforward way.

    python3 Benchmarks/baseline.py JOB MODEL TOKENS.txt --threads 2 --dtype float32 --device cpu

Prints the seconds of the job, without loading the model, and what it found, as JSON.
"""

import argparse
import json
import time

import torch
from decode import finish
from models import read_tokens
from sparse import masked_updates, sparsegpt, wanda
from torch.nn.functional import cross_entropy
from transformers import AutoModelForCausalLM


def losses(logits, ids):
    return cross_entropy(logits[:, :-1].reshape(-1, logits.shape[-1]), ids[:, 1:].reshape(-1))


class Skipped(torch.nn.Module):
    """Stands in for a block, and hands on what it is given."""

    def forward(self, hidden, **_):
        return hidden


def ppl(model, ids):
    """The loss without each block: the block skipped in place, all windows in one batch."""
    blocks = model.model.layers
    found = []
    with torch.inference_mode():
        for index in range(len(blocks)):
            block = blocks[index]
            blocks[index] = Skipped()
            found.append(losses(model(ids, use_cache=False).logits, ids).item())
            blocks[index] = block
    return found


def ppl_rebuilt(model, ids):
    """The same as the authors do it: a new model for each candidate."""
    found = []
    for index in range(model.config.num_hidden_layers):
        config = type(model.config)(**{**model.config.to_dict(),
                                       "num_hidden_layers": model.config.num_hidden_layers - 1})
        smaller = type(model)(config).to(model.dtype)
        state = {}
        for name, tensor in model.state_dict().items():
            parts = name.split(".")
            if parts[1] == "layers":
                number = int(parts[2])
                if number == index:
                    continue
                parts[2] = str(number - (number > index))
            state[".".join(parts)] = tensor
        smaller.load_state_dict(state)
        with torch.inference_mode():
            found.append(losses(smaller(ids, use_cache=False).logits, ids).item())
    return found


def taylor(model, ids):
    """Σ|w·g| of each block, from one backward pass over all windows."""
    losses(model(ids, use_cache=False).logits, ids).backward()
    return [
        sum((weight * weight.grad).abs().sum().item()
            for name, weight in block.named_parameters() if "proj" in name)
        for block in model.model.layers
    ]


def perplexity(model, ids):
    """The loss over all windows, eight at a time."""
    total = 0.0
    with torch.inference_mode():
        for part in ids.split(8):
            total += losses(model(part, use_cache=False).logits, part).item() * len(part)
    return total / len(ids)


def policy_gradient(model, ids):
    """As many forward passes as two masks a step take, with the two that are compared at the end.

    Without masks, gradients of probabilities or a projection: nothing but the passes.
    """
    return [perplexity(model, ids) for _ in range(4)]


def training_step(kind, model, ids, batch):
    """The seconds of each step of a training with SDPA, fused AdamW and clipping."""
    if kind == "lora":
        from peft import LoraConfig, get_peft_model

        names = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
        settings = LoraConfig(r=8, lora_alpha=16, lora_dropout=0.05, target_modules=names)
        model = get_peft_model(model, settings)
    if kind == "masked_lora":
        masked_updates(model, rank=8, alpha=16)
    model.train()
    trained = [weight for weight in model.parameters() if weight.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=1e-4, weight_decay=0.0, fused=True)
    seconds = []
    for part in ids.split(batch):
        start = time.perf_counter()
        loss = losses(model(part, use_cache=False).logits, part)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        optimizer.zero_grad()
        loss.item()
        seconds.append(time.perf_counter() - start)
    return sorted(seconds[1:])[len(seconds[1:]) // 2]


def main():
    jobs = {"ppl": ppl, "ppl_rebuilt": ppl_rebuilt, "taylor": taylor, "perplexity": perplexity,
            "wanda": wanda, "sparsegpt": sparsegpt, "policy_gradient": policy_gradient}
    parser = argparse.ArgumentParser()
    parser.add_argument("job", choices=[*jobs, "lora", "masked_lora", "cpt"])
    parser.add_argument("model")
    parser.add_argument("tokens")
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--dtype", default="float32")
    parser.add_argument("--device", default="cpu")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    dtype = getattr(torch, options.dtype)
    model = AutoModelForCausalLM.from_pretrained(options.model, dtype=dtype).to(options.device)
    ids = read_tokens(options.tokens).to(options.device)
    result = None
    if options.job in jobs:
        start = time.perf_counter()
        result = jobs[options.job](model, ids)
        finish(options.device)
        seconds = time.perf_counter() - start
    else:
        seconds = training_step(options.job, model, ids, options.batch)
    print(json.dumps({"seconds": seconds, "result": result}))


if __name__ == "__main__":
    main()
