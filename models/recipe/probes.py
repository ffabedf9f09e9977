"""Mean-difference probes on the shipped pair sets, layer by layer, as an independent look at the model.

Layer l is the residual stream after block l, before the final norm; layer 0 is the embedding output.
"""

import json
import random
import re
from collections import Counter
from pathlib import Path

import torch

PAIRS = Path(__file__).parents[1] / "pairs"
#: The sets in which the two sides differ in disposition.
PAIR_SETS = {name: PAIRS / f"{name}.jsonl" for name in ("toy-lexical", "toy-matched")}
NUISANCE = PAIRS / "toy-nuisance.jsonl"
TRAIN_SHARE = 0.7
POOLINGS = ("mean", "last")


def read(path):
    """The texts of a pair file: (positive, negative)."""
    pairs = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return tuple([pair[side] for pair in pairs] for side in ("positive", "negative"))


def split(count, seed=0):
    """Row numbers to fit on and to test on."""
    order = list(range(count))
    random.Random(seed).shuffle(order)
    cut = round(TRAIN_SHARE * count)
    return sorted(order[:cut]), sorted(order[cut:])


def auroc(positive, negative):
    """Share of (positive, negative) score pairs in the right order, ties counting one half."""
    difference = positive[:, None] - negative[None, :]
    return ((difference > 0).double() + 0.5 * (difference == 0).double()).mean().item()


def mean_difference(positive, negative, train):
    """The direction from the negative to the positive mean of the train rows, at full length."""
    return positive[train].mean(0) - negative[train].mean(0)


def test_auroc(positive, negative, train, test):
    """Test AUROC of the mean-difference direction fitted on the train rows."""
    direction = mean_difference(positive, negative, train)
    return round(auroc(positive[test] @ direction, negative[test] @ direction), 4)


def bags(texts, vocabulary):
    """Relative word frequencies, [texts, words]."""
    counts = [Counter(re.findall(r"[a-z']+", text.lower())) for text in texts]
    return torch.tensor([[c[word] / c.total() for word in vocabulary] for c in counts], dtype=torch.double)


@torch.no_grad()
def residuals(model, tokens):
    """The residual stream of one text at every layer, [layers + 1, positions, width]."""
    kept = []
    blocks = model.model.layers
    hooks = [blocks[0].register_forward_pre_hook(lambda _, inputs: kept.append(inputs[0]))]
    hooks += [block.register_forward_hook(lambda _, __, output: kept.append(output)) for block in blocks]
    model(input_ids=tokens)
    for hook in hooks:
        hook.remove()
    return torch.cat(kept).double()


def states(model, tokenizer, texts):
    """By pooling, the mean over the tokens after BOS and the last token: [layers + 1, texts, width]."""
    each = [residuals(model, torch.tensor([tokenizer(text).input_ids])) for text in texts]
    return {"mean": torch.stack([h[:, 1:].mean(1) for h in each], 1), "last": torch.stack([h[:, -1] for h in each], 1)}


def sweep(model, tokenizer, path):
    """Test AUROC by layer and pooling, and of the bag-of-words, for one pair file."""
    sides = read(path)
    train, test = split(len(sides[0]))
    words = sorted({word for side in sides for i in train for word in re.findall(r"[a-z']+", side[i].lower())})
    positive, negative = (states(model, tokenizer, side) for side in sides)
    out = {"bag_of_words": test_auroc(*(bags(side, words) for side in sides), train, test)}
    for pooling in POOLINGS:
        layers = zip(positive[pooling], negative[pooling])
        out[pooling] = [test_auroc(p, n, train, test) for p, n in layers]
    return out


def nuisance(model, tokenizer):
    """On toy-nuisance, by layer and pooling: AUROC of the direction fitted on toy-matched, and of one of its own."""
    matched, told = ([states(model, tokenizer, side) for side in read(path)] for path in (PAIR_SETS["toy-matched"], NUISANCE))
    train, test = split(matched[0]["last"].shape[1])
    out = {}
    for pooling in POOLINGS:
        rows = []
        for p, n, formal, plain in zip(*(side[pooling] for side in matched + told)):
            direction = mean_difference(p, n, train)
            rows.append((round(auroc(formal @ direction, plain @ direction), 4), test_auroc(formal, plain, train, test)))
        out[pooling] = rows
    return out
