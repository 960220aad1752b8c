#!/usr/bin/env python3
"""Compares GGUF files that Billhook writes with llama.cpp, on whole and on pruned models.

    python3 Scripts/compare_gguf.py --billhook ./billhook --work FOLDER [MODEL ...]

For each model, and for a random tiny one of each family (`--families`), a recipe saves the whole
model and pruned ones, once as a Hugging Face directory and once as GGUF in f32. Then:

- logits of llama.cpp (llama-cpp-python) beside those of transformers for the directory, and how
  far they are apart at most, as a share of the largest logit;
- the 64 likeliest tokens in a row, by llama.cpp and by transformers, and the text of `billhook
  generate` for the GGUF file beside llama.cpp's;
- which of the tiny models are refused, beside the list of this script;
- the tokens of llama.cpp beside those of `tokenizers` on lines of `--text`, for models and for
  tokenizers alone (`--tokenizers`).

Needs torch, transformers, tokenizers, numpy and llama-cpp-python; no other check needs this script.
"""

import argparse
import ctypes
import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import torch
import transformers
from tokenizers import Tokenizer

import llama_cpp

ROOT = Path(__file__).resolve().parent.parent
TOLERANCE = 1e-2
LENGTH = 64

VARIANTS = {
    "whole": "",
    "depth": "prune block { remove [1] }",
    "heads": "prune attention_head { remove [HEADS] }",
    "width": "prune attention_head { remove [HEADS] }\n"
    "prune mlp_channel { by magnitude, remove 25%, allocate global }",
    "sublayers": "prune attention { remove [2] }\nprune mlp { remove [1] }",
    "first": "prune attention { remove [0] }\nprune mlp { remove [LAST] }",
}

# What llama.cpp has no architecture for (E0305): blocks of different shapes in these families, and a SmolLM3
# that has rotary positions in other blocks than three of four. Heads of an OLMo 2 cannot be removed
# at all (E0209).
REFUSED = {
    (family, variant)
    for family in ["qwen3", "gemma", "gemma2", "gemma3", "smollm3", "olmo2", "granite", "arcee"]
    for variant in ["heads", "width", "sublayers", "first"]
} | {("smollm3", "depth")}


class LlamaCpp:
    """A GGUF file in llama.cpp, with keys and values in f32.

    The length decides which factors of longrope llama.cpp takes.
    """

    def __init__(self, path, length=256):
        parameters = llama_cpp.llama_model_default_params()
        parameters.n_gpu_layers = 0
        self.model = llama_cpp.llama_model_load_from_file(str(path).encode(), parameters)
        if not self.model:
            raise SystemExit(f"llama.cpp does not open {path}")
        self.vocabulary = llama_cpp.llama_model_get_vocab(self.model)
        self.size = llama_cpp.llama_vocab_n_tokens(self.vocabulary)
        context = llama_cpp.llama_context_default_params()
        context.n_ctx = length
        context.n_batch = context.n_ubatch = length
        context.n_threads = context.n_threads_batch = 1
        # Flash attention computes in f16.
        context.flash_attn_type = llama_cpp.LLAMA_FLASH_ATTN_TYPE_DISABLED
        context.type_k = context.type_v = 0
        self.context = llama_cpp.llama_init_from_model(self.model, context)

    def logits(self, tokens):
        """All logits of a text, [tokens, vocabulary]."""
        memory = llama_cpp.llama_get_memory(self.context)
        llama_cpp.llama_memory_clear(memory, True)
        batch = llama_cpp.llama_batch_init(len(tokens), 0, 1)
        batch.n_tokens = len(tokens)
        for place, token in enumerate(tokens):
            batch.token[place], batch.pos[place] = token, place
            batch.n_seq_id[place], batch.seq_id[place][0], batch.logits[place] = 1, 0, 1
        if llama_cpp.llama_decode(self.context, batch) != 0:
            raise SystemExit("llama.cpp fails")
        found = [
            np.ctypeslib.as_array(
                llama_cpp.llama_get_logits_ith(self.context, place), (self.size,)
            ).copy()
            for place in range(len(tokens))
        ]
        llama_cpp.llama_batch_free(batch)
        return np.stack(found)

    def greedy(self, tokens, count):
        tokens = list(tokens)
        for _ in range(count):
            tokens.append(int(self.logits(tokens)[-1].argmax()))
        return tokens

    def tokenize(self, text, special=True):
        data = text.encode()
        room = (llama_cpp.llama_token * (len(data) + 8))()
        count = llama_cpp.llama_tokenize(
            self.vocabulary, data, len(data), room, len(room), special, True
        )
        return list(room[:count])

    def close(self):
        llama_cpp.llama_free(self.context)
        llama_cpp.llama_model_free(self.model)


def families(work):
    """Random tiny models of the families, with the tokenizer of the example."""
    tiny = ROOT / "Examples/Models/tiny"
    size = json.loads((tiny / "config.json").read_text())["vocab_size"]
    common = dict(
        vocab_size=size, hidden_size=64, intermediate_size=96, num_hidden_layers=5,
        num_attention_heads=4, num_key_value_heads=2, max_position_embeddings=256,
        bos_token_id=0, eos_token_id=1, pad_token_id=None, initializer_range=0.2,
        tie_word_embeddings=False,
    )
    llama3 = dict(
        rope_type="llama3", rope_theta=10000.0, factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0,
        original_max_position_embeddings=64,
    )
    yarn = dict(
        rope_type="yarn", rope_theta=10000.0, factor=4.0, original_max_position_embeddings=64
    )
    longrope = dict(
        rope_type="longrope", rope_theta=10000.0, short_factor=[1.0 + 0.1 * n for n in range(8)],
        long_factor=[1.5 + 0.5 * n for n in range(8)], original_max_position_embeddings=256,
    )
    gemma = dict(common, head_dim=16, query_pre_attn_scalar=16, tie_word_embeddings=True)
    # Full attention elsewhere than llama.cpp counts it off, in the whole model and in what is left.
    full = [f"{kind}_attention" for kind in ["sliding", "full", "full", "sliding", "sliding"]]
    kinds = {
        "llama": (transformers.LlamaConfig, dict(common)),
        "llama-biases": (transformers.LlamaConfig, dict(common, attention_bias=True, mlp_bias=True)),
        "llama3": (transformers.LlamaConfig, dict(common, rope_parameters=llama3)),
        "llama-yarn": (transformers.LlamaConfig, dict(common, rope_parameters=yarn)),
        "mistral": (transformers.MistralConfig, dict(common, sliding_window=None, head_dim=16)),
        "qwen2": (transformers.Qwen2Config, dict(common)),
        "qwen3": (transformers.Qwen3Config, dict(common, head_dim=32)),
        "gemma": (transformers.GemmaConfig, dict(common, head_dim=16, tie_word_embeddings=True)),
        "gemma2": (transformers.Gemma2Config, dict(gemma, sliding_window=16)),
        "gemma3": (transformers.Gemma3TextConfig, dict(gemma, sliding_window=16, layer_types=full)),
        "phi3": (transformers.Phi3Config, dict(common, rope_parameters=None)),
        "phi3-longrope": (
            transformers.Phi3Config,
            dict(common, rope_parameters=longrope, original_max_position_embeddings=256),
        ),
        "smollm3": (transformers.SmolLM3Config, dict(common)),
        "olmo2": (transformers.Olmo2Config, dict(common)),
        "granite": (
            transformers.GraniteConfig,
            dict(common, embedding_multiplier=6.0, attention_multiplier=0.2, residual_multiplier=0.3,
                 logits_scaling=1.7),
        ),
        "seed-oss": (transformers.SeedOssConfig, dict(common, head_dim=16)),
        "arcee": (transformers.ArceeConfig, dict(common)),
    }
    for name, (kind, settings) in kinds.items():
        if settings.get("rope_parameters", 1) is None:
            del settings["rope_parameters"]
        torch.manual_seed(len(name))
        configuration = kind(**settings)
        model = transformers.AutoModelForCausalLM.from_config(configuration).float()
        with torch.no_grad():
            for key, tensor in model.named_parameters():
                if tensor.dim() == 1:
                    tensor.add_(0.3 * torch.randn(tensor.shape))
        place = work / "families" / name
        shutil.rmtree(place, ignore_errors=True)
        model.save_pretrained(place)
        for file in ["tokenizer.json", "tokenizer_config.json"]:
            if (tiny / file).exists():
                shutil.copy(tiny / file, place / file)
        yield name, place


def around(tokenizer, work):
    """A random tiny model with a tokenizer of yours."""
    count = Tokenizer.from_file(str(tokenizer / "tokenizer.json")).get_vocab_size()
    configuration = transformers.LlamaConfig(
        vocab_size=count, hidden_size=32, intermediate_size=32, num_hidden_layers=2,
        num_attention_heads=2, num_key_value_heads=1, max_position_embeddings=256,
        bos_token_id=None, eos_token_id=None,
    )
    place = work / "tokenizers" / tokenizer.name
    shutil.rmtree(place, ignore_errors=True)
    transformers.AutoModelForCausalLM.from_config(configuration).save_pretrained(place)
    for file in tokenizer.glob("*.json"):
        if file.name != "config.json":
            shutil.copy(file, place / file.name)
    return place


def run(billhook, name, source, variant, work, blocks, groups):
    """Saves a variant in both forms; the message where that is refused."""
    steps = VARIANTS[variant].replace("LAST", str(blocks - 1))
    heads = ", ".join(str(number) for number in [0, groups, 2 * groups] if number < blocks * groups)
    steps = steps.replace("HEADS", heads)
    place = work / "out" / f"{name}-{variant}"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    recipe = place / "a.recipe"
    recipe.write_text(
        f'model "{source}"\n{steps}\nsave "{place}/hf" {{ ARCHITECTURE dtype = float32 }}\n'
        f'save gguf "{place}/gguf" {{ type = f32 }}\n'.replace(
            "ARCHITECTURE", "" if variant in ("whole", "depth") else "architecture = custom,"
        )
    )
    done = subprocess.run(
        [billhook, "run", str(recipe), "--work", str(place / "work")], capture_output=True, text=True
    )
    if done.returncode != 0:
        lines = (done.stderr + done.stdout).strip().splitlines()
        return None, next((line for line in lines if line.startswith("error")), lines[-1])
    return place, None


def compare(name, source, variant, arguments):
    configuration = json.loads((Path(source) / "config.json").read_text())
    groups = configuration.get("num_key_value_heads") or configuration["num_attention_heads"]
    blocks = configuration["num_hidden_layers"]
    work = Path(arguments.work)
    place, refusal = run(arguments.billhook, name, source, variant, work, blocks, groups)
    if place is None:
        isReason = refusal.startswith(("error[E0305]", "error[E0209]"))
        isExpected = (name, variant) in REFUSED and isReason
        word = "refused, as it should be" if isExpected else "REFUSED"
        print(f"{name:16} {variant:10} {word}: {refusal[:150]}", flush=True)
        return isExpected
    if (name, variant) in REFUSED:
        print(f"{name:16} {variant:10} NOT REFUSED", flush=True)
        return False
    reference = transformers.AutoModelForCausalLM.from_pretrained(
        place / "hf", trust_remote_code=True, dtype=torch.float32, attn_implementation="eager"
    )
    file = place / "gguf" / "model.gguf"
    other = LlamaCpp(file)
    generator = torch.Generator().manual_seed(7)
    tokens = torch.randint(3, reference.config.vocab_size, (48,), generator=generator).tolist()
    prompt = tokens[:4]
    if arguments.prompt:
        prompt = other.tokenize(arguments.prompt)
    with torch.no_grad():
        expected = reference(torch.tensor([tokens])).logits[0].numpy()
        text = torch.tensor([prompt])
        for _ in range(LENGTH):
            text = torch.cat([text, reference(text).logits[:, -1:].argmax(-1)], 1)
    found = other.logits(tokens)
    share = np.abs(found - expected).max() / np.abs(expected).max()
    own, theirs = text[0].tolist(), other.greedy(prompt, LENGTH)
    same = next((place for place in range(len(own)) if own[place] != theirs[place]), None)
    gap = 0.0
    if same is not None:
        # Where the two likeliest are as good as equal, rounding decides.
        with torch.no_grad():
            best = reference(torch.tensor([own[:same]])).logits[0, -1].topk(2).values
        gap = float(best[0] - best[1])
    isGreedy = same is None or gap < TOLERANCE * np.abs(expected).max()
    generated = ""
    if arguments.prompt:
        done = subprocess.run(
            [arguments.billhook, "generate", str(file), arguments.prompt, "--max-tokens", str(LENGTH),
             "--quiet"],
            capture_output=True, text=True,
        )
        tokenizer = Tokenizer.from_file(str(Path(source) / "tokenizer.json"))
        # Billhook ends where the model does.
        ends = configuration["eos_token_id"]
        ends = ends if isinstance(ends, list) else [ends]
        stop = next((n for n in range(len(prompt), len(theirs)) if theirs[n] in ends), len(theirs))
        wanted = tokenizer.decode(theirs[:stop])
        isSame = done.returncode == 0 and wanted.strip() in done.stdout.strip()
        generated = f", billhook's text {'equal' if isSame else 'DIFFERS'}"
        isGreedy = isGreedy and (isSame or same is not None)
    isWell = share <= TOLERANCE and isGreedy
    greedy = "64 tokens equal" if same is None else f"token {same - len(prompt)} of 64 differs, by {gap:.1e}"
    print(
        f"{name:16} {variant:10} logits {share:.1e} of {np.abs(expected).max():.1f}, {greedy}{generated}"
        + ("" if isWell else "  WRONG"),
        flush=True,
    )
    if variant == "whole":
        for path in arguments.text:
            isWell = compareTokens(name, source, other, path) and isWell
    other.close()
    return isWell


def compareTokens(name, source, other, path):
    lines = [line for line in Path(path).read_text(encoding="utf-8").splitlines() if line][:1000]
    tokenizer = Tokenizer.from_file(str(Path(source) / "tokenizer.json"))
    differing = [line for line in lines if tokenizer.encode(line).ids != other.tokenize(line)]
    print(f"{name:16} tokens     {len(lines) - len(differing)} of {len(lines)} texts equal, {Path(path).name}", flush=True)
    for line in differing[:2]:
        print("   ", ascii(line[:100]), tokenizer.encode(line).ids[:12], other.tokenize(line)[:12])
    return not differing


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="*", help="directories of models")
    parser.add_argument("--billhook", default=str(ROOT / "billhook"))
    parser.add_argument("--work", required=True)
    parser.add_argument("--families", action="store_true")
    parser.add_argument("--tokenizers", nargs="*", default=[], help="directories of tokenizers")
    parser.add_argument(
        "--text", nargs="*", default=[], help="files whose first 1,000 lines are cut into tokens"
    )
    parser.add_argument("--prompt", default="", help="what the greedy texts begin with")
    parser.add_argument("--variants", default=",".join(VARIANTS))
    arguments = parser.parse_args()
    transformers.logging.set_verbosity_error()
    silent = llama_cpp.llama_log_callback(lambda level, text, data: None)
    llama_cpp.llama_log_set(silent, ctypes.c_void_p(0))
    llama_cpp.llama_backend_init()
    torch.set_num_threads(1)
    work = Path(arguments.work)
    models = [(Path(path).name, path) for path in arguments.models]
    models += [(Path(path).name, around(Path(path), work)) for path in arguments.tokenizers]
    if arguments.families:
        models += families(work)
    isWell = True
    for name, source in models:
        for variant in arguments.variants.split(","):
            isWell = compare(name, source, variant, arguments) and isWell
    return 0 if isWell else 1


if __name__ == "__main__":
    sys.exit(main())
