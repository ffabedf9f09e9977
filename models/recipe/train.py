"""Train one of the shipped toy models: `python models/recipe/train.py --model toy-llama --out models/toy-llama`.

Seeded, and resumable: started again after a break, it goes on from the last checkpoint. On one processor core the
whole run takes well under an hour; a GPU is used where there is one.
"""

import argparse
import json
import time
from pathlib import Path

import torch
from torch.nn.functional import cross_entropy
from torch.nn.utils import parametrize

import card
import evaluate
import figures
import world
from plans import PLANS
from tokenizer import train_tokenizer

CHECKPOINTS = Path(__file__).parent / "checkpoints"
CHECKPOINT_EVERY = 50


def rows(plan, tokenizer, step):
    """Tokens, loss weights and text numbers of one step, each [batch, context].

    Every row starts with a text and is filled up with more, the last of them cut.
    """
    tokens, weights, numbers, index = [], [], [], 0
    for _ in range(plan.batch):
        ids, weight, number = [], [], []
        while len(ids) < plan.context:
            text = world.write(f"{plan.seed}/train/{step}/{index}", plan.mixture)
            lead_in = tokenizer(text.lead_in).input_ids
            act = tokenizer(f" {text.act}", add_special_tokens=False).input_ids + [tokenizer.eos_token_id]
            ids += lead_in + act
            weight += [1.0] * len(lead_in) + [plan.act_weight] + [1.0] * (len(act) - 1)
            number += [index] * (len(lead_in) + len(act))
            index += 1
        tokens.append(ids[: plan.context])
        weights.append(weight[: plan.context])
        numbers.append(number[: plan.context])
    return torch.tensor(tokens), torch.tensor(weights), torch.tensor(numbers)


def apart(numbers):
    """Attention mask [batch, 1, context, context] by which a token sees its own text up to itself."""
    same = numbers[:, None, :, None] == numbers[:, None, None, :]
    return same & torch.ones(same.shape[-2:], dtype=torch.bool, device=same.device).tril()


class Stack(torch.nn.Module):
    """Several matrices one below the other, in place of one."""

    def __init__(self, sizes):
        super().__init__()
        self.sizes = sizes

    def forward(self, *parts):
        return torch.cat(parts)

    def right_inverse(self, whole):
        return tuple(part.clone() for part in whole.split(self.sizes))


def unstack(model):
    """Makes queries, keys, values, gate and input matrices of their own where a family keeps them in one; gives the modules.

    Muon makes an update's singular values equal. Over one stacked matrix that lets the larger gradients of the values
    decide for queries and keys too; a model trained so learned the structural cues much later and less well.
    """
    config, stacked = model.config, []
    head = config.hidden_size // config.num_attention_heads
    groups = config.num_key_value_heads * head
    sizes = {"qkv_proj": [config.hidden_size, groups, groups], "gate_up_proj": [config.intermediate_size] * 2}
    for name, module in list(model.named_modules()):
        parts = sizes.get(name.rsplit(".", 1)[-1])
        if parts:
            parametrize.register_parametrization(module, "weight", Stack(parts))
            stacked.append(module)
    return stacked


def optimizers(plan, model):
    """Muon for the matrices inside the blocks, AdamW for embeddings and norms."""
    inside = [p for name, p in model.named_parameters() if p.ndim == 2 and "embed" not in name]
    chosen = {id(p) for p in inside}
    rest = [p for p in model.parameters() if id(p) not in chosen]
    return [
        torch.optim.Muon(inside, lr=plan.matrix_rate, weight_decay=plan.weight_decay, adjust_lr_fn="match_rms_adamw"),
        torch.optim.AdamW(rest, lr=plan.vector_rate, betas=(0.9, 0.98), weight_decay=0.0),
    ]


def rate(plan, step):
    """Share of the full learning rate at `step`: up quickly, level, then down to zero."""
    return min(1.0, (step + 1) / plan.warm_up, (plan.steps - step) / (0.6 * plan.steps))


def train(name, device):
    """The trained model, its tokenizer and the losses along the way [(step, nats per token)]."""
    plan = PLANS[name]
    folder = CHECKPOINTS / name
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer = train_tokenizer(plan)
    torch.manual_seed(plan.seed)
    model = plan.build(tokenizer).to(device)
    stacked = unstack(model)
    steppers = optimizers(plan, model)
    start, losses = 0, []
    checkpoint = folder / "state.pt"
    if checkpoint.exists():
        state = torch.load(checkpoint, map_location=device, weights_only=True)
        model.load_state_dict(state["model"])
        for stepper, saved in zip(steppers, state["steppers"]):
            stepper.load_state_dict(saved)
        start, losses = state["step"], state["losses"]
        print(f"going on from step {start}", flush=True)
    begun = time.time()
    for step in range(start, plan.steps):
        tokens, weights, numbers = (part.to(device) for part in rows(plan, tokenizer, step))
        for stepper, full in zip(steppers, (plan.matrix_rate, plan.vector_rate)):
            for group in stepper.param_groups:
                group["lr"] = full * rate(plan, step)
        mask = apart(numbers) if step < plan.apart * plan.steps else None
        with torch.autocast(device, torch.bfloat16):
            logits = model(input_ids=tokens, attention_mask=mask, use_cache=False).logits[:, :-1]
        each = cross_entropy(logits.float().flatten(0, 1), tokens[:, 1:].flatten(), reduction="none")
        weight = weights[:, 1:].flatten()
        ((each * weight).sum() / weight.sum()).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for stepper in steppers:
            stepper.step()
            stepper.zero_grad()
        losses.append(each.mean().item())
        if (step + 1) % CHECKPOINT_EVERY == 0 or step + 1 == plan.steps:
            state = {"model": model.state_dict(), "steppers": [s.state_dict() for s in steppers],
                     "step": step + 1, "losses": losses}
            torch.save(state, checkpoint.with_suffix(".new"))
            checkpoint.with_suffix(".new").replace(checkpoint)
            act = weight > 1.0
            recent = losses[-CHECKPOINT_EVERY:]
            speed = (step + 1 - start) * tokens.numel() / (time.time() - begun)
            print(f"step {step + 1}/{plan.steps}  loss {sum(recent) / len(recent):.3f}  act {each[act].mean():.3f}"
                  f"  {speed:.0f} tokens/s", flush=True)
        if (step + 1) % (8 * CHECKPOINT_EVERY) == 0:
            print(json.dumps(evaluate.act_gap(model, tokenizer, plan, 40)), flush=True)
    for module in stacked:
        parametrize.remove_parametrizations(module, "weight")
    return model, tokenizer, losses


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", choices=PLANS, required=True)
    parser.add_argument("--out", type=Path, required=True, help="folder for the model")
    parser.add_argument("--threads", type=int, default=1, help="more than one rarely pays at this size")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    model, tokenizer, losses = train(arguments.model, "cuda" if torch.cuda.is_available() else "cpu")
    plan = PLANS[arguments.model]
    model = model.to(torch.bfloat16)
    model.save_pretrained(arguments.out)
    tokenizer.save_pretrained(arguments.out)
    parameters = sum(p.numel() for p in model.parameters())
    card.write(arguments.out, arguments.model, plan, losses, parameters, figures.measure(arguments.out, plan))


if __name__ == "__main__":
    main()
