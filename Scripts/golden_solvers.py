"""Writes Tests/Fixtures/solvers.json: what layer-wise solvers make of a small layer.

    python3 Scripts/golden_solvers.py

Needs numpy. Everything is written from the papers' equations, in f64: inverses are made as they stand
there, and systems are solved row by row. The layer is made of whole numbers that tests make again, so
that only results are stored, with six digits; masks are stored as hexadecimal digits, row by row.
"""

import itertools
import json
from pathlib import Path

import numpy as np

FIXTURE = Path(__file__).parent.parent / "Tests/Fixtures/solvers.json"
ROWS, WIDTH, TOKENS, SLAB, DEAD = 12, 48, 400, 16, 5
DAMPING, RHO, ITERATIONS = 0.01, 1.0, 30


def random_bits(seed, count):
    """SplitMix64 (Steele, Lea and Flood, 2014)."""
    mask = (1 << 64) - 1
    numbers = []
    for _ in range(count):
        seed = (seed + 0x9E3779B97F4A7C15) & mask
        mixed = ((seed ^ (seed >> 30)) * 0xBF58476D1CE4E5B9) & mask
        mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & mask
        numbers.append(mixed ^ (mixed >> 31))
    return numbers


def layer():
    """Weights `[ROWS, WIDTH]` and correlated inputs `[TOKENS, WIDTH]`, one of which is dead."""
    own = np.array([(bits >> 60) - 8 for bits in random_bits(1, TOKENS * WIDTH)], dtype=np.float64)
    mix = np.array([{0: 1, 1: -1}.get(bits >> 60, 0) for bits in random_bits(2, WIDTH * WIDTH)])
    inputs = own.reshape(TOKENS, WIDTH) @ (2 * np.eye(WIDTH) + mix.reshape(WIDTH, WIDTH))
    inputs *= 2.0 ** (np.arange(WIDTH) % 3)
    inputs[:, DEAD] = 0
    weights = [((bits >> 48) - 32768) / 8192 for bits in random_bits(3, ROWS * WIDTH)]
    return np.array(weights).reshape(ROWS, WIDTH), inputs


def damped(products):
    """H without its factor 2: damped by a fraction of the mean of the living inputs' squares."""
    squares = np.diag(products)
    added = np.where(squares == 0, 1, DAMPING * squares[squares > 0].mean())
    return products + np.diag(added)


def open_diagonal(hessian, first, column):
    """The element of the inverse for a column, when columns before `first` are settled."""
    return np.linalg.inv(hessian[first:, first:])[column - first, column - first]


def obs(columns, hessian, start, settled):
    """w² / [H⁻¹]_jj (SparseGPT, equation 3; the removal of one weight)."""
    scores = np.empty_like(columns)
    for place in range(columns.shape[1]):
        first = {"column": start + place, "slab": start, "nothing": 0}[settled]
        scores[:, place] = columns[:, place] ** 2 / open_diagonal(hessian, first, start + place)
    scores[:, [start + place == DEAD for place in range(columns.shape[1])]] = 0
    return scores


def half(scores):
    """Keeps the larger half of each row."""
    order = scores.argsort(axis=1, kind="stable")
    mask = np.ones(scores.shape, dtype=bool)
    np.put_along_axis(mask, order[:, : scores.shape[1] // 2], False, axis=1)
    return mask


def best_pair(columns, hessian, start, settled):
    """Of four columns keeps two, so that the loss of the others together is least (APT, equation 12).

    The columns before `settled`, the first of the slab, do not change any more.
    """
    own = slice(start - settled, start - settled + 4)
    inverse = np.linalg.inv(hessian[settled:, settled:])[own, own]
    columns = np.where([start + place == DEAD for place in range(4)], 0, columns)
    pairs = list(itertools.combinations(range(4), 2))
    mask = np.ones(columns.shape, dtype=bool)
    for row, weights in enumerate(columns):
        losses = [
            weights[list(pair)] @ np.linalg.solve(inverse[np.ix_(pair, pair)], weights[list(pair)])
            for pair in pairs
        ]
        mask[row, list(pairs[int(np.argmin(losses))])] = False
    return mask


def sparsegpt(weights, hessian, step, choose):
    """SparseGPT, algorithm 1, with the inverse of what is left made anew for each column."""
    weights, mask = weights.copy(), np.ones(weights.shape, dtype=bool)
    for column in range(WIDTH):
        if column % step == 0:
            mask[:, column : column + step] = choose(weights[:, column : column + step], column, column)
        inverse = np.linalg.inv(hessian[column:, column:])
        errors = np.where(mask[:, column], 0, weights[:, column] / inverse[0, 0])
        weights[:, column:] -= np.outer(errors, inverse[0])
        weights[~mask[:, column], column] = 0
    return weights, mask


def mrp(weights, hessian, slab, step, choose):
    """APT, equation 13, slab by slab."""
    weights, mask = weights.copy(), np.ones(weights.shape, dtype=bool)
    for start in range(0, WIDTH, slab):
        for column in range(start, start + slab, step):
            mask[:, column : column + step] = choose(
                weights[:, column : column + step], column, start
            )
        inverse = np.linalg.inv(hessian[start:, start:])
        for row in range(ROWS):
            gone = np.flatnonzero(~mask[row, start : start + slab])
            change = np.linalg.solve(inverse[np.ix_(gone, gone)], weights[row, start + gone])
            weights[row, start:] -= change @ inverse[gone]
            weights[row, start + gone] = 0
    return weights, mask


def least_squares(weights, hessian, mask):
    """The fit of what stays of each row: (w' - w) H (w' - w)ᵀ is least."""
    fitted = np.zeros_like(weights)
    for row in range(ROWS):
        kept = np.flatnonzero(mask[row])
        fitted[row, kept] = np.linalg.solve(
            hessian[np.ix_(kept, kept)], hessian[kept] @ weights[row]
        )
    return fitted


def admm(weights, products, mask):
    """Search for Efficient LLMs, equations 7 to 9, in inputs of the norm 1."""
    norms = np.sqrt(np.diag(products))
    norms[norms == 0] = 1
    scaled, products = weights * norms, products / np.outer(norms, norms)
    inverse = np.linalg.inv(products + RHO * np.eye(WIDTH))
    answer, multiplier = scaled, np.zeros_like(scaled)
    for _ in range(ITERATIONS):
        fitted = (scaled @ products + RHO * (answer - multiplier)) @ inverse
        answer = np.where(mask, fitted + multiplier, 0)
        multiplier = multiplier + fitted - answer
    return answer / norms


def digits(values):
    return [float(f"{value:.6g}") for value in np.asarray(values).flatten()]


def hexadecimal(mask):
    return f"{int(''.join('01'[int(bit)] for bit in mask.flatten()), 2):0{mask.size // 4}x}"


def solved(weights, mask):
    return {"weights": digits(weights), "mask": hexadecimal(mask)}


if __name__ == "__main__":
    weights, inputs = layer()
    products = inputs.T @ inputs
    hessian = damped(products)
    given = half(np.abs(weights) * np.sqrt(np.diag(products)))
    whole = np.ones(weights.shape, dtype=bool)
    whole[:, [0, 1, 2, 3, 17, 40]] = False

    def known(columns, start, settled):
        return given[:, start : start + columns.shape[1]]

    def lowest(settled):
        return lambda columns, start, _: half(obs(columns, hessian, start, settled))

    def pairs(columns, start, settled):
        return best_pair(columns, hessian, start, settled)

    found = {
        "scores": {
            settled: digits(obs(weights[:, SLAB : 2 * SLAB], hessian, SLAB, settled))
            for settled in ["column", "slab", "nothing"]
        },
        "sparsegpt": solved(*sparsegpt(weights, hessian, SLAB, known)),
        "sparsegpt_slab": solved(*sparsegpt(weights, hessian, SLAB, lowest("column"))),
        "sparsegpt_pattern": solved(*sparsegpt(weights, hessian, 4, lowest("column"))),
        "mrp": solved(*mrp(weights, hessian, SLAB, SLAB, known)),
        "mrp_slab": solved(*mrp(weights, hessian, SLAB, SLAB, lowest("slab"))),
        "mrp_pattern": solved(*mrp(weights, hessian, SLAB, 4, pairs)),
        "mrp_rows": solved(least_squares(weights, hessian, given), given),
        "mrp_columns": solved(least_squares(weights, hessian, whole), whole),
        "admm": solved(admm(weights, products, given), given),
    }
    FIXTURE.write_text(json.dumps(found, separators=(",", ":")) + "\n")
