"""Everything the model card reports, measured on the model as it was saved, in f32 arithmetic."""

import torch
from transformers import AutoTokenizer

import cells
import evaluate
import probes
import steering


def measure(folder, plan):
    """The figures of the model in `folder`, by name."""
    model = plan.model.from_pretrained(folder, dtype=torch.float32).eval()
    tokenizer = AutoTokenizer.from_pretrained(folder)
    return {
        "held_out": evaluate.held_out(model, tokenizer, plan),
        "act_gap": evaluate.act_gap(model, tokenizer, plan, 100),
        "greedy": evaluate.greedy(model, tokenizer, plan),
        "pairs": {name: evaluate.pair_rates(model, tokenizer, path) for name, path in probes.PAIR_SETS.items()},
        "pressure": cells.by_pressure(model, tokenizer),
        "carefulness": cells.by_carefulness(model, tokenizer, plan),
        "probes": {name: probes.sweep(model, tokenizer, path) for name, path in probes.PAIR_SETS.items()},
        "nuisance": probes.nuisance(model, tokenizer),
        "steering": steering.by_layer(model, tokenizer),
        "samples": [evaluate.continue_text(model, tokenizer, "", seed) for seed in range(4)],
    }
