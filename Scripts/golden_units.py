"""Writes the units.json of some random models in Tests/Fixtures/models.

    python3 Scripts/golden_units.py

    python3 Scripts/golden_units.py

Scores of every unit by every criterion that is for it, as Scripts/unit_reference.py computes them
in f32 (statistics in f64), with eight digits.
"""

import json

from golden_models import FIXTURES
from reference import load
from unit_reference import angular_distances, blocks_of, scores

MODELS = ["llama-gqa", "llama-tied-biases", "qwen2-window", "qwen3", "gemma2", "phi3"]
WEIGHTS = ["magnitude1", "magnitude2", "taylor_first", "taylor_vector", "taylor_second",
           "taylor_mixed"]
INPUTS = ["wanda_sp", "flap_wifv", "flap_ifv", "flap_wifn"]
CRITERIA = {
    "block": WEIGHTS + ["block_influence"],
    "attention": WEIGHTS + ["ppl", "block_influence"],
    "mlp": WEIGHTS + ["ppl", "block_influence"],
    "attention_head": WEIGHTS + INPUTS + ["ppl"],
    "query_head": WEIGHTS + INPUTS + ["ppl"],
    "mlp_channel": WEIGHTS + INPUTS,
}


def digits(values):
    return [digits(value) if isinstance(value, list) else float(f"{value:.8g}") for value in values]


if __name__ == "__main__":
    for name in MODELS:
        golden = json.loads((FIXTURES / name / "golden.json").read_text())
        windows = [(row["tokens"], row["first_target"]) for row in golden["windows"]]
        model = load(FIXTURES / name)
        found = {
            unit: {criterion: digits(scores(model, windows, unit, criterion)) for criterion in names}
            for unit, names in CRITERIA.items()
        }
        found = {
            "scores": found, "spans": digits(angular_distances(model, blocks_of(model), windows))
        }
        text = json.dumps(found, indent=None, separators=(",", ":"))
        (FIXTURES / name / "units.json").write_text(text + "\n")
