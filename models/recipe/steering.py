"""What adding the mean-difference direction to the residual stream does to the act."""

import torch

import probes
from evaluate import probability_of_help

#: Random directions of the same norm, as a control.
RANDOM = 8


def steered(model, tokenizer, texts, layer, shift):
    """P(help) of each text with `shift` added to the residual stream after block `layer`, at the last position."""

    def add(_, __, output):
        changed = output.clone()
        changed[:, -1] += shift
        return changed

    hook = model.model.layers[layer - 1].register_forward_hook(add)
    rates = torch.tensor([probability_of_help(model, tokenizer, text) for text in texts])
    hook.remove()
    return rates


def by_layer(model, tokenizer):
    """At each layer: change of P(help) when the direction of toy-matched (last token, train pairs, full length) is added to
    the task-bound and taken from the caring test texts, and the mean size of the change by random directions."""
    sides = probes.read(probes.PAIR_SETS["toy-matched"])
    train, test = probes.split(len(sides[0]))
    positive, negative = (probes.states(model, tokenizer, side)["last"] for side in sides)
    caring, task_bound = ([side[i] for i in test] for side in sides)
    before = [torch.tensor([probability_of_help(model, tokenizer, t) for t in side]) for side in (caring, task_bound)]
    generator = torch.Generator().manual_seed(0)
    rows = []
    for layer in range(1, len(positive)):
        direction = probes.mean_difference(positive[layer], negative[layer], train).float()
        up = (steered(model, tokenizer, task_bound, layer, direction) - before[1]).mean().item()
        down = (steered(model, tokenizer, caring, layer, -direction) - before[0]).mean().item()
        sizes = []
        for _ in range(RANDOM):
            random = torch.randn(direction.shape, generator=generator)
            random *= direction.norm() / random.norm()
            for texts, rates in zip((caring, task_bound), before):
                sizes.append(abs((steered(model, tokenizer, texts, layer, random) - rates).mean().item()))
        relative = direction.norm() / positive[layer][train].norm(dim=-1).mean()
        rows.append({"layer": layer, "relative_norm": round(relative.item(), 3), "up": round(up, 3), "down": round(down, 3),
                     "random_mean": round(sum(sizes) / len(sizes), 3), "random_largest": round(max(sizes), 3)})
    return rows
