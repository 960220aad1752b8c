"""Wanda and SparseGPT in plain PyTorch, one block at a time, as baseline.py runs them.

Imported by baseline.py. Inputs are caught by hooks; projections with the same input
share what is measured of it, and their factor.
"""

import torch

# The projections that are measured together, by the one whose hook sees their input.
GROUPS = [
    ("self_attn.q_proj", ["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"]),
    ("self_attn.o_proj", ["self_attn.o_proj"]),
    ("mlp.gate_proj", ["mlp.gate_proj", "mlp.up_proj"]),
    ("mlp.down_proj", ["mlp.down_proj"]),
]
BATCH = 8


class Caught(Exception):
    """Ends a pass when its first block is reached."""


def chain(model, ids, measure, change):
    """Shows `measure` the inputs of each block's projections, then lets `change` prune it."""
    found = []

    def catch(module, arguments, others):
        found.append((arguments, others))
        raise Caught

    blocks = model.model.layers
    handle = blocks[0].register_forward_pre_hook(catch, with_kwargs=True)
    for part in ids.split(BATCH):
        try:
            model(part, use_cache=False)
        except Caught:
            pass
    handle.remove()
    states = [arguments[0] for arguments, _ in found]
    others = [other for _, other in found]

    def run(block):
        outputs = [block(state, **other) for state, other in zip(states, others)]
        return [output[0] if isinstance(output, tuple) else output for output in outputs]

    for block in blocks:
        measured = {}
        handles = []
        for name, _ in GROUPS:
            def observe(module, arguments, output, name=name):
                inputs = arguments[0].reshape(-1, arguments[0].shape[-1]).float()
                measured[name] = measure(inputs, measured.get(name))
            handles.append(block.get_submodule(name).register_forward_hook(observe))
        run(block)
        for handle in handles:
            handle.remove()
        for name, targets in GROUPS:
            change([block.get_submodule(target).weight for target in targets], measured[name])
        # Nobody looks at what the last one gives.
        if block is not blocks[-1]:
            states = run(block)


def wanda(model, ids):
    """Half of each row goes: the lowest |W| · norm of the input."""

    def measure(inputs, before):
        squares = inputs.pow(2).sum(0)
        return squares if before is None else before + squares

    def change(weights, squares):
        norms = squares.sqrt()
        for weight in weights:
            scores = weight.data.float().abs() * norms
            lowest = scores.kthvalue(scores.shape[1] // 2, dim=1, keepdim=True).values
            weight.data.masked_fill_(scores <= lowest, 0)

    with torch.inference_mode():
        chain(model, ids, measure, change)


def sparsegpt(model, ids, slab=128):
    """Half of each slab goes, as in algorithm 1 of SparseGPT."""

    def measure(inputs, before):
        return inputs.T @ inputs if before is None else before.addmm_(inputs.T, inputs)

    def change(weights, gram):
        gram.diagonal().add_(0.01 * gram.diagonal().mean())
        factor = torch.linalg.cholesky(
            torch.cholesky_inverse(torch.linalg.cholesky(gram)), upper=True)
        for weight in weights:
            new = weight.data.float().clone()
            for start in range(0, new.shape[1], slab):
                end = min(start + slab, new.shape[1])
                part, upper = new[:, start:end].clone(), factor[start:end, start:end]
                scores = (part / upper.diagonal()) ** 2
                gone = scores <= scores.flatten().kthvalue(scores.numel() // 2).values
                errors = torch.zeros_like(part)
                for column in range(end - start):
                    values = part[:, column]
                    kept = values.masked_fill(gone[:, column], 0)
                    error = (values - kept) / upper[column, column]
                    part[:, column:] -= error.unsqueeze(1) * upper[column, column:]
                    part[:, column] = kept
                    errors[:, column] = error
                new[:, start:end] = part
                new[:, end:] -= errors @ factor[start:end, end:]
            weight.data.copy_(new)

    with torch.inference_mode():
        chain(model, ids, measure, change)


class MaskedLinear(torch.nn.Module):
    """A frozen matrix, two of four of whose inputs are zero, with a masked update: W + c · (B A) ∘ M."""

    def __init__(self, linear, rank, scale):
        super().__init__()
        weight = linear.weight.data
        rows, columns = weight.shape
        order = weight.abs().reshape(rows, -1, 4).argsort(-1).argsort(-1)
        self.mask = (order >= 2).reshape(rows, columns)
        self.weight = weight * self.mask
        self.scale = scale
        self.a = torch.nn.Parameter(torch.randn(rank, columns).to(weight) / columns**0.5)
        self.b = torch.nn.Parameter(torch.zeros(rows, rank).to(weight))

    def forward(self, inputs):
        update = self.scale * (self.b @ self.a) * self.mask
        return torch.nn.functional.linear(inputs, self.weight + update)


def masked_updates(model, rank, alpha):
    """Puts masked updates on all projections; nothing else is trained."""
    model.requires_grad_(False)
    for block in model.model.layers:
        for _, targets in GROUPS:
            for target in targets:
                owner, name = target.rsplit(".", 1)
                linear = block.get_submodule(target)
                setattr(block.get_submodule(owner), name, MaskedLinear(linear, rank, alpha / rank))
