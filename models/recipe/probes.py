"""Mean-difference probes on the shipped pair sets, layer by layer, as an independent look at the model."""

import json
import random
import re
from collections import Counter
from pathlib import Path

import torch

PAIR_SETS = {name: Path(__file__).parents[1] / "pairs" / f"{name}.jsonl" for name in ("toy-lexical", "toy-matched")}
TRAIN_SHARE = 0.7


def auroc(positive, negative):
    """Share of (positive, negative) score pairs in the right order, ties counting one half."""
    difference = positive[:, None] - negative[None, :]
    return ((difference > 0).double() + 0.5 * (difference == 0).double()).mean().item()


def mean_difference(positive, negative, train, test):
    """Test AUROC of the mean-difference direction fitted on the train rows."""
    direction = positive[train].mean(0) - negative[train].mean(0)
    return round(auroc(positive[test] @ direction, negative[test] @ direction), 4)


def bags(texts, vocabulary):
    """Relative word frequencies, [texts, words]."""
    counts = [Counter(re.findall(r"[a-z']+", text.lower())) for text in texts]
    return torch.tensor([[c[word] / c.total() for word in vocabulary] for c in counts], dtype=torch.double)


@torch.no_grad()
def states(model, tokenizer, texts):
    """Mean over the tokens after BOS, and last token, at every layer: two tensors [layers + 1, texts, width]."""
    means, lasts = [], []
    for text in texts:
        ids = torch.tensor([tokenizer(text).input_ids])
        hidden = torch.stack(model(input_ids=ids, output_hidden_states=True).hidden_states)[:, 0].double()
        means.append(hidden[:, 1:].mean(1))
        lasts.append(hidden[:, -1])
    return torch.stack(means, 1), torch.stack(lasts, 1)


def sweep(model, tokenizer, path, seed=0):
    """Test AUROC by layer and pooling, of the bag-of-words, and by cue kind, for one pair file."""
    pairs = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    order = list(range(len(pairs)))
    random.Random(seed).shuffle(order)
    cut = round(TRAIN_SHARE * len(order))
    train, test = sorted(order[:cut]), sorted(order[cut:])
    sides = [[pair[side] for pair in pairs] for side in ("positive", "negative")]
    words = sorted({word for side in sides for i in train for word in re.findall(r"[a-z']+", side[i].lower())})
    positive, negative = (states(model, tokenizer, side) for side in sides)
    out = {"bag_of_words": mean_difference(*(bags(side, words) for side in sides), train, test)}
    for pooling, p, n in zip(("mean", "last"), positive, negative):
        out[pooling] = [mean_difference(p[layer], n[layer], train, test) for layer in range(len(p))]
    return out
