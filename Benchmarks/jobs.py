"""What is measured: for each job a recipe, the plain Python beside it, and the operations it needs.

Imported by bench.py.
"""

from dataclasses import dataclass

LENGTH = 128


@dataclass(frozen=True)
class Shape:
    """A Llama with as many KV heads as heads, and an MLP of 8/3 of its width."""

    blocks: int
    width: int
    vocabulary: int

    @property
    def block(self):
        """Elements of the matrices of a block."""
        return 4 * self.width**2 + 3 * self.width * (self.width * 8 // 3)

    def forward(self, tokens):
        """Operations of a block: its products, scores and values of a causal attention."""
        return 2 * self.block * tokens + 2 * tokens * LENGTH * self.width

    def exit(self, tokens):
        return 2 * self.vocabulary * self.width * tokens


@dataclass(frozen=True)
class Job:
    """One line of the table."""

    name: str
    # Statements after `model` and `data words`.
    recipe: str
    # The job in baseline.py.
    baseline: str
    windows: int
    # Floating-point operations of Billhook's way, and of the best plain one.
    operations: callable
    compute: str = "float32"
    # Flags of `billhook run`.
    flags: tuple = ()
    # How the stage begins whose seconds count; None for the median of a training's steps.
    stage: str | None = None


def removal_losses(shape, tokens):
    """Each block runs for the model's own way and for all that left out one before it."""
    n = shape.blocks
    return (n - 1) * (n + 2) // 2 * shape.forward(tokens) + n * shape.exit(tokens)


def training(shape, tokens, passes, rank=0):
    """Forward 1, gradients of inputs 1, of weights 1; frozen weights have none of the last."""
    n = shape.blocks
    thin = 6 * rank * n * (8 * shape.width + 3 * (shape.width + shape.width * 8 // 3)) * tokens
    return passes * (n * shape.forward(tokens) + shape.exit(tokens)) + thin


def masked_training(shape, tokens, rank):
    """Updates of sparse weights: each matrix has a dense gradient, from which those of its update come."""
    n = shape.blocks
    thin = 6 * rank * n * shape.block
    return 3 * n * shape.forward(tokens) + 2 * shape.exit(tokens) + thin


def gradients(shape, tokens, passes):
    """All gradients of blocks; the exit's matrix has none."""
    return passes * shape.blocks * shape.forward(tokens) + 2 * shape.exit(tokens)


def pruning(shape, tokens):
    """Each block runs twice, measured and pruned; the last one only once."""
    return (2 * shape.blocks - 1) * shape.forward(tokens)


def solving(shape, tokens):
    """Products of the four inputs, two Cholesky factors and an inverse of each, and the sweeps."""
    width, inner = shape.width, shape.width * 8 // 3
    inputs = [width, width, width, inner]
    products = sum(tokens * n**2 for n in inputs)
    factors = sum(4 * n**3 / 3 for n in inputs)
    matrices = 4 * [(width, width)] + 2 * [(inner, width)] + [(width, inner)]
    sweeps = sum(rows * columns**2 for rows, columns in matrices)
    return pruning(shape, tokens) + shape.blocks * (products + factors + sweeps)


def searching(shape, tokens):
    """A forward pass for each of two masks in each of six steps, and two over all windows."""
    n = shape.blocks
    return 2 * 2 * (n * shape.forward(tokens) + shape.exit(tokens))


STEPS = "steps = 6, batch = 8, micro_batch = 8, shuffle = false"
TAYLOR = "score block on words { by taylor }"

JOBS = [
    Job("ppl scores", "score block on words { by ppl }", "ppl", 10, removal_losses,
        stage="evidence for ppl"),
    Job("ppl scores, bf16", "score block on words { by ppl }", "ppl", 10, removal_losses,
        compute="bfloat16", stage="evidence for ppl"),
    Job("taylor scores, kept", TAYLOR, "taylor", 10, lambda s, t: gradients(s, t, 3),
        stage="evidence for taylor"),
    Job("taylor scores, twice", TAYLOR, "taylor", 10, lambda s, t: gradients(s, t, 4),
        flags=("--memory", "400MB"), stage="evidence for taylor"),
    Job("perplexity", "evaluate perplexity on words", "perplexity", 48,
        lambda s, t: s.blocks * s.forward(t) + s.exit(t), stage="evaluate perplexity on words"),
    Job("lora step", f"recover lora on words {{ {STEPS} }}", "lora", 48,
        lambda s, t: training(s, t // 6, 2, rank=8)),
    Job("cpt step", f"recover cpt on words {{ {STEPS}, weight_decay = 0 }}", "cpt", 48,
        lambda s, t: training(s, t // 6, 3)),
    Job("masked lora step",
        f"prune weight {{ by magnitude, pattern = 2:4 }}\nrecover lora on words {{ {STEPS} }}",
        "masked_lora", 48, lambda s, t: masked_training(s, t // 6, rank=8)),
    Job("wanda 50 %", "prune weight on words { by wanda, remove 50% }", "wanda", 48, pruning,
        stage="masks by wanda"),
    Job("sparsegpt 50 %", "prune weight on words { by obs, remove 50%, repair sparsegpt }",
        "sparsegpt", 48, solving, stage="masks by obs"),
    Job("policy gradient", "prune [attention_head, mlp_channel] on words { by magnitude, "
        "remove 30%, search policy_gradient { batch = 8, draws = 2 } }",
        "policy_gradient", 48, searching, stage="search policy_gradient"),
]
# Only for the record: far too slow to be anybody's choice.
REBUILT = Job("ppl scores, rebuilt", "score block on words { by ppl }", "ppl_rebuilt", 10,
              removal_losses, stage="evidence for ppl")
