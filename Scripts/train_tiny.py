"""Trains Examples/Models/tiny, the example model, and checks what it has learnt.

A Llama of 12 blocks with grouped query attention and a byte-level BPE tokenizer of its own,
small enough to be committed. It learns the stories of Examples/Data/train.txt; see
tiny_stories.py for how they are written. Needs torch, transformers and tokenizers, ten
minutes on two cores, and no argument:

    python3 Scripts/train_tiny.py

The committed model was made with torch 2.13, transformers 5.23 and tokenizers 0.23; other
versions or processors give a slightly different one. Exits with status 1 if a check fails.
"""

import math
import sys
import time

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from torch import Tensor, nn
from transformers import (
    AutoModelForCausalLM,
    AutoTokenizer,
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedTokenizerFast,
)

from tiny_stories import BEGIN, DATA, END, Grammar, stories

MODEL = DATA.parent / "Models" / "tiny"
KEPT_FILES = {
    "config.json",
    "generation_config.json",
    "model.safetensors",
    "tokenizer.json",
    "tokenizer_config.json",
}

SEED = 1
THREADS = 2
VOCABULARY = 1024
WINDOW = 128
BATCH = 16
STEPS = 1800
WARMUP = 100
PEAK_RATE = 4e-3


def train_tokenizer(text: str) -> PreTrainedTokenizerFast:
    """A byte-level BPE tokenizer that puts `<s>` before every text by itself."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=[BEGIN, END],
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator(stories(text), trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{BEGIN} $A", special_tokens=[(BEGIN, tokenizer.token_to_id(BEGIN))]
    )
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, bos_token=BEGIN, eos_token=END)


def stream(tokenizer: PreTrainedTokenizerFast, text: str) -> Tensor:
    """The tokens of a whole file, tags and line ends included, and nothing added to them."""
    return torch.tensor(tokenizer.encode(text, add_special_tokens=False))


def new_model(tokenizer: PreTrainedTokenizerFast) -> LlamaForCausalLM:
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=96,
        intermediate_size=256,
        num_hidden_layers=12,
        num_attention_heads=6,
        num_key_value_heads=3,
        head_dim=16,
        max_position_embeddings=256,
        rms_norm_eps=1e-5,
        # Near 1 / sqrt(width): the usual 0.02 leaves blocks this narrow all but silent at first.
        initializer_range=0.08,
        rope_parameters={"rope_type": "default", "rope_theta": 10000.0},
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        tie_word_embeddings=False,
    )
    return LlamaForCausalLM(config)


def train(model: LlamaForCausalLM, tokens: Tensor) -> None:
    """Minimises the loss on random windows, half of which begin with a story."""
    begins = (tokens == model.config.bos_token_id).nonzero().flatten()
    begins = begins[begins <= len(tokens) - WINDOW]
    # Hardly any decay: sharp predictions are what makes whole stories come out right.
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=PEAK_RATE, betas=(0.9, 0.98), weight_decay=0.01
    )
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, rate_factor)
    model.train()
    for step in range(1, STEPS + 1):
        anywhere = torch.randint(len(tokens) - WINDOW + 1, (BATCH // 2,))
        at_story = begins[torch.randint(len(begins), (BATCH - BATCH // 2,))]
        windows = torch.stack([tokens[i : i + WINDOW] for i in torch.cat([anywhere, at_story])])
        loss = model(windows, labels=windows, use_cache=False).loss
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        if step % 100 == 0:
            print(f"step {step:5}  loss {loss.item():.4f}", flush=True)


def rate_factor(step: int) -> float:
    """Linear warm-up, then a cosine from the peak down to a hundredth of it."""
    if step < WARMUP:
        return (step + 1) / WARMUP
    progress = (step - WARMUP) / (STEPS - WARMUP)
    return 0.01 + 0.99 * (1 + math.cos(math.pi * progress)) / 2


def save(model: LlamaForCausalLM, tokenizer: PreTrainedTokenizerFast) -> None:
    model.to(torch.bfloat16).save_pretrained(MODEL)
    tokenizer.save_pretrained(MODEL)
    for file in MODEL.iterdir():
        if file.name not in KEPT_FILES:
            file.unlink()


def cut_in_windows(tokens: Tensor) -> Tensor:
    """Windows that follow one another; the rest that fills none is left out."""
    return tokens[: len(tokens) // WINDOW * WINDOW].view(-1, WINDOW)


@torch.no_grad()
def perplexity(model: LlamaForCausalLM, windows: Tensor) -> float:
    """Over every token but the first of each window, seeing only its own window."""
    return math.exp(model(windows, labels=windows, use_cache=False).loss.item())


def unigram_perplexity(training: Tensor, windows: Tensor, vocabulary: int) -> float:
    """On the same tokens, from the frequencies in the training text with one added to each."""
    counts = torch.bincount(training, minlength=vocabulary).double() + 1
    return math.exp(-(counts / counts.sum()).log()[windows[:, 1:]].mean().item())


def perplexities_without_block(model: LlamaForCausalLM, windows: Tensor) -> list[float]:
    """The perplexity with each block left out in turn."""
    blocks = model.model.layers
    result = []
    for left_out in range(len(blocks)):
        model.model.layers = nn.ModuleList(b for i, b in enumerate(blocks) if i != left_out)
        model.config.num_hidden_layers = len(blocks) - 1
        result.append(perplexity(model, windows))
    model.model.layers = blocks
    model.config.num_hidden_layers = len(blocks)
    return result


def samples(model: LlamaForCausalLM, tokenizer: PreTrainedTokenizerFast, count: int) -> list[str]:
    """What the model writes between `<s>` and `</s>`, drawn from its plain distribution.

    Writing ends at 250 tokens, which is longer than any story, so nothing that was cut off parses.
    """
    torch.manual_seed(SEED)
    output = model.generate(
        torch.full((count, 1), tokenizer.bos_token_id),
        attention_mask=torch.ones(count, 1, dtype=torch.long),
        do_sample=True,
        temperature=1.0,
        top_k=0,
        top_p=1.0,
        max_length=250,
        pad_token_id=tokenizer.eos_token_id,
    )
    # A row that ends before others is padded with end tags.
    return [tokenizer.decode(row).removeprefix(BEGIN).partition(END)[0] for row in output]


def check() -> bool:
    """Measures the saved model in f32 and prints what it finds; whether all is well."""
    model = AutoModelForCausalLM.from_pretrained(MODEL, dtype=torch.float32).eval()
    tokenizer = AutoTokenizer.from_pretrained(MODEL)
    training = stream(tokenizer, (DATA / "train.txt").read_text())
    windows = cut_in_windows(stream(tokenizer, (DATA / "heldout.txt").read_text()))

    own = perplexity(model, windows)
    unigram = unigram_perplexity(training, windows, len(tokenizer))
    print(f"held-out perplexity {own:.4f}, of a unigram model {unigram:.2f} ({unigram / own:.1f}x)")

    without = perplexities_without_block(model, windows)
    spread = max(without) / min(without)
    print("without block", ", ".join(f"{i}: {value:.3f}" for i, value in enumerate(without)))
    print(f"largest over smallest: {spread:.1f}")

    grammar = Grammar.of_stories()
    drawn = samples(model, tokenizer, count=100)
    parsed = sum(grammar.parses(text) for text in drawn)
    print(f"{parsed} of {len(drawn)} samples parse; the first two:", *drawn[:2], sep="\n")

    return own <= unigram / 5 and spread >= 2 and parsed >= 90


def main() -> None:
    torch.manual_seed(SEED)
    torch.set_num_threads(THREADS)
    text = (DATA / "train.txt").read_text()
    tokenizer = train_tokenizer(text)
    model = new_model(tokenizer)
    tokens = stream(tokenizer, text)
    print(f"{model.num_parameters()} parameters, {len(tokens)} training tokens")

    start = time.monotonic()
    train(model, tokens)
    print(f"trained in {time.monotonic() - start:.0f} s")
    save(model, tokenizer)
    sys.exit(0 if check() else 1)


if __name__ == "__main__":
    main()
