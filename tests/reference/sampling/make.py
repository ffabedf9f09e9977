"""Texts that transformers writes with a tiny random Llama, steered by forward hooks, and what the
unsteered model makes of them.

Usage, from this folder:
    python -m pip install -r ../hidden_states_requirements.txt
    python make.py

Reads ../tiny-llama/plain and writes sampling.json: the prompt's ids; directions; and for each case its
interventions (layer, kind, coefficient or value, positions), the ids that `generate` gives greedily with
kept keys and values, the logits that the first and the last of them were drawn by, and per token the
log-probability under the model without hooks and KL(steered || unsteered), both from one pass over the
whole text, in f64 from the logits on.

Positions are numbered in the text: "prompt" are those of the prompt, "generated" the prompt's last and
all after it.
"""

import hashlib
import json
import os
import platform

import torch
import transformers
from transformers import AutoModelForCausalLM, PreTrainedTokenizerFast

HERE = os.path.dirname(os.path.abspath(__file__))
MODEL = os.path.join(HERE, "..", "tiny-llama", "plain")
PROMPT = "I am here with you, and I"
NEW = 24
SEED = 8

CASES = [
    {"name": "plain", "interventions": []},
    {"name": "penalty", "interventions": [], "repetition_penalty": 1.3},
    {"name": "add", "interventions": [(2, "add", 4.0, "generated")]},
    {"name": "subtract in the prompt", "interventions": [(1, "add", -3.0, "prompt")]},
    {"name": "add everywhere", "interventions": [(0, "add", 2.0, "both"), (4, "add", 5.0, "both")]},
    {"name": "project out", "interventions": [(2, "project-out", 0.0, "both"), (3, "project-out", 0.0, "both")]},
    {"name": "clamp", "interventions": [(3, "clamp", 6.0, "generated"), (1, "add", 1.0, "prompt")]},
]


class Steering:
    """Hooks that change the stream at the positions wanted, in passes that begin anywhere."""

    def __init__(self, model, interventions, directions, prompt):
        self.start, self.handles = 0, []
        for layer, kind, size, positions in interventions:
            unit = directions[layer] / directions[layer].norm()
            module = model.model.embed_tokens if layer == 0 else model.model.layers[layer - 1]
            self.handles.append(module.register_forward_hook(self.hook(kind, size, unit, positions, prompt)))

    def hook(self, kind, size, unit, positions, prompt):
        def change(_module, _inputs, output):
            stream = output[0] if isinstance(output, tuple) else output
            places = torch.arange(self.start, self.start + stream.shape[1])
            wanted = {"prompt": places < prompt, "generated": places >= prompt - 1, "both": places >= 0}[positions]
            along = (stream @ unit).unsqueeze(-1)
            changed = {
                "add": stream + size * unit,
                "project-out": stream - along * unit,
                "clamp": stream + (size - along) * unit,
            }[kind]
            stream = torch.where(wanted[None, :, None], changed, stream)
            return (stream, *output[1:]) if isinstance(output, tuple) else stream

        return change

    def remove(self):
        for handle in self.handles:
            handle.remove()


def generate(model, ids, case, directions):
    steering = Steering(model, case["interventions"], directions, len(ids))

    def count(_module, _arguments, keywords):
        cache = keywords.get("past_key_values")
        steering.start = cache.get_seq_length() if cache is not None else 0

    handle = model.model.register_forward_pre_hook(count, with_kwargs=True)
    with torch.no_grad():
        output = model.generate(
            torch.tensor([ids]),
            attention_mask=torch.ones(1, len(ids), dtype=torch.long),
            max_new_tokens=NEW,
            do_sample=False,
            repetition_penalty=case.get("repetition_penalty", 1.0),
            eos_token_id=None,
            pad_token_id=0,
            return_dict_in_generate=True,
            output_logits=True,
            use_cache=True,
        )
    handle.remove()
    steering.remove()
    return output.sequences[0, len(ids) :].tolist(), output.logits


def whole(model, ids, new, case, directions):
    """Log-probabilities that the new tokens are drawn by, [new, vocabulary], f64."""
    steering = Steering(model, case["interventions"], directions, len(ids)) if case else None
    with torch.no_grad():
        logits = model(torch.tensor([ids + new]), use_cache=False).logits[0]
    if steering:
        steering.remove()
    return logits[len(ids) - 1 : -1].double().log_softmax(-1)


def main():
    torch.set_num_threads(1)
    model = AutoModelForCausalLM.from_pretrained(MODEL, dtype=torch.float32, attn_implementation="eager").eval()
    tokenizer = PreTrainedTokenizerFast(tokenizer_file=os.path.join(MODEL, "tokenizer.json"))
    ids = tokenizer(PROMPT)["input_ids"]
    generator = torch.Generator().manual_seed(SEED)
    layers, width = model.config.num_hidden_layers, model.config.hidden_size
    # short decimals, so that every reader starts from the same numbers
    directions = (torch.randn(layers + 1, width, generator=generator) * 1000).round() / 1000
    cases = []
    for case in CASES:
        new, logits = generate(model, ids, case, directions)
        unsteered = whole(model, ids, new, None, directions)
        steered = whole(model, ids, new, case, directions)
        cases.append(
            {
                **case,
                "ids": new,
                "text": tokenizer.decode(new, skip_special_tokens=True),
                "first_logits": logits[0][0].tolist(),
                "last_logits": logits[-1][0].tolist(),
                "log_probabilities": unsteered.gather(1, torch.tensor(new)[:, None])[:, 0].tolist(),
                "divergences": (steered.exp() * (steered - unsteered)).sum(1).tolist(),
            }
        )
    with open(os.path.abspath(__file__), "rb") as f:
        digest = hashlib.sha256(f.read()).hexdigest()
    body = {
        "provenance": {
            "script": "tests/reference/sampling/make.py",
            "script_sha256": digest,
            "seed": SEED,
            "python": platform.python_version(),
            "torch": torch.__version__.split("+")[0],
            "transformers": transformers.__version__,
        },
        "prompt": PROMPT,
        "prompt_ids": ids,
        "directions": directions.double().mul(1000).round().div(1000).tolist(),
        "cases": cases,
    }
    with open(os.path.join(HERE, "sampling.json"), "w") as f:
        json.dump(body, f, separators=(",", ":"))
        f.write("\n")


if __name__ == "__main__":
    main()
