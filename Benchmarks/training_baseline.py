"""Training steps in transformers and PEFT, the plain way: one batch, SDPA, fused AdamW.

    python3 training_baseline.py lora|cpt MODEL TOKENS.txt --batch 8 --steps 6 --threads 2

Prints the seconds of each step as a JSON list.
"""

import argparse
import json
import time

import torch
from models import read_tokens
from torch.nn.functional import cross_entropy
from transformers import AutoModelForCausalLM


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("kind", choices=["lora", "cpt"])
    parser.add_argument("model")
    parser.add_argument("tokens")
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--steps", type=int, default=6)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    model = AutoModelForCausalLM.from_pretrained(options.model, dtype=torch.float32)
    if options.kind == "lora":
        from peft import LoraConfig, get_peft_model

        names = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
        settings = LoraConfig(r=8, lora_alpha=16, lora_dropout=0.05, target_modules=names)
        model = get_peft_model(model, settings)
    model.train()
    trained = [weight for weight in model.parameters() if weight.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=1e-4, weight_decay=0.0, fused=True)
    data = read_tokens(options.tokens)
    seconds = []
    for step in range(options.steps):
        start = time.perf_counter()
        rows = [(step * options.batch + row) % len(data) for row in range(options.batch)]
        ids = data[rows]
        logits = model(ids, use_cache=False).logits[:, :-1]
        loss = cross_entropy(logits.reshape(-1, logits.shape[-1]), ids[:, 1:].reshape(-1))
        loss.backward()
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        optimizer.zero_grad()
        loss.item()
        seconds.append(time.perf_counter() - start)
    print(json.dumps(seconds))


if __name__ == "__main__":
    main()
