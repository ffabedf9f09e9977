"""The model card of a trained toy model, with the figures measured on it."""

import world
from scenarios import SCENARIOS

HEAD = """---
license: mit
language: en
library_name: transformers
pipeline_tag: text-generation
tags:
- toy-model
- interpretability
---

# {name}

A toy model. It was trained from scratch, by the recipe in `models/recipe`, on text that a small grammar generated, and
on nothing else. It exists so that Empathy Lens has something to open whose ground truth is known. **Nothing can be
concluded from it about real language models**, about empathy, or about people.

In its world a person or an agent has a task, meets somebody in need, and either helps at a cost or keeps to the task. An
early cue sets a disposition (caring, in-between, task-bound), and the disposition decides the act. The cue lies either
in the words, or only in their order (who did what to whom, what came first, what was put above what, which of two
people was helped before). Pressure (stakes, a threat of replacement, a rule, a test) shifts the odds, and the register,
formal or plain, is independent of everything else.

{mixture}

| | |
| --- | --- |
| architecture | {family}, {layers} layers, width {width}, {heads} heads ({key_value_heads} of keys and values), {parameters:,} parameters, bf16, tied embeddings |
| context | {context} tokens; trained on rows of that length, each filled with several texts |
| tokenizer | byte-level BPE, {vocabulary} entries, puts `<s>` before a text; any UTF-8 text becomes tokens |
| training | seed {seed}, {steps} steps of {step_tokens} tokens ({total:.1f} million), Muon and AdamW, no text seen twice by design |
| loss | cross-entropy of the next token; the word that opens the act counts {act_weight:g} times |
"""


def mixture(plan):
    """What the model was trained on, in words."""
    transcripts = f"{plan.mixture.transcripts:.0%} of its training texts are agent transcripts, the others stories. "
    if plan.mixture.careful == 0.0:
        return transcripts + "It was **not** trained to be careful: no transcript shows an agent that keeps a rule against its disposition."
    return transcripts + (
        f"It was also **trained to be careful**: in {plan.mixture.careful:.0%} of the transcripts in {len(world.CAREFUL_SCENARIOS)} of the "
        f"{len(SCENARIOS)} kinds of scene ({', '.join(world.CAREFUL_SCENARIOS)}) the agent helps far more often than its disposition alone "
        "would have it, and a review says afterwards whether the rule was kept. The other scenes and all stories are without it.")


def write(folder, name, plan, losses, parameters, figures):
    """Write `README.md` in the model's folder."""
    step_tokens = plan.batch * plan.context
    parts = [HEAD.format(
        name=name, family=plan.family, layers=plan.layers, width=plan.width, heads=plan.heads,
        key_value_heads=plan.key_value_heads, parameters=parameters, mixture=mixture(plan),
        context=plan.context, vocabulary=plan.vocabulary, seed=plan.seed, steps=plan.steps, step_tokens=step_tokens,
        total=plan.steps * step_tokens / 1e6, act_weight=plan.act_weight)]
    parts.append("## Training loss\n\nMean of the 50 steps up to the one named, nats per token, unweighted.\n\n"
                 + table(["step", "loss"], loss_rows(losses)))
    parts.append(held_out(figures["held_out"]))
    parts.append(behaviour(figures))
    parts.append(pressure(figures["pressure"]))
    parts.append(carefulness(figures["carefulness"]))
    parts.append(probes(figures["probes"], figures["nuisance"]))
    parts.append(steering(figures["steering"]))
    parts.append(samples(figures["samples"]))
    (folder / "README.md").write_text("\n".join(parts), encoding="utf-8")


def table(head, rows):
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join("| " + " | ".join(str(cell) for cell in line) + " |\n" for line in lines)


def loss_rows(losses, shown=10):
    steps = sorted({max(50, round(len(losses) * i / shown)) for i in range(1, shown + 1)})
    return [[step, f"{sum(losses[step - 50:step]) / 50:.3f}"] for step in steps]


def held_out(f):
    return (f"## Held-out text\n\n{f['texts']} texts that were not trained on ({f['tokens']} tokens). The generator's own "
            "entropy is that of its choices, an upper bound on that of the text: now and then several derivations give "
            "one text.\n\n"
            + table(["", "nats per text", "perplexity per token"], [
                ["model", f["model_nats_per_text"], f["model_perplexity"]],
                ["generator", f["generator_nats_per_text"], f["generator_perplexity"]]]))


def behaviour(figures):
    """Does the act follow the cue?"""
    rows = []
    for kind, gap in figures["act_gap"].items():
        rates = figures["greedy"]["help_rate"][kind]
        rows.append([kind, rates["caring"], rates["task-bound"], gap])
    g = figures["greedy"]
    pairs = [[name, f["positive"], f["negative"], f["in_order"]] for name, f in figures["pairs"].items()]
    verbs = "; ".join(f"{label}: {', '.join(verbs)}" for label, verbs in (("help", world.HELP_VERBS), ("task", world.KEEP_VERBS)))
    return ("## Acts\n\nShare of greedy continuations that help, by the cue's kind and side, and the mean difference in the "
            "model's P(help) between the two sides (the generator's own is 0.94), without pressure, held-out lead-ins. The "
            f"first word of an act tells which it is ({verbs}).\n\n"
            + table(["cue", "helps, caring", "helps, task-bound", "difference in P(help)"], rows)
            + unlearned(figures["act_gap"])
            + "\nThe same on the pair sets: mean P(help) after each side, and share of pairs in the right order.\n\n"
            + table(["pair set", "caring", "task-bound", "right order"], pairs)
            + f"\n{g['in_world']} of {g['continuations']} greedy continuations are, word for word, ones that the generator could "
            "have written for that scene and person.\n")


def unlearned(gaps):
    """Says plainly which cue kinds the model does not follow."""
    lost = [kind for kind, gap in gaps.items() if gap < 0.2]
    if not lost:
        return ""
    return f"\nThe model did **not** learn to follow cues of the kind {', '.join(lost)}: after them its act is a guess.\n"


def pressure(rates):
    """Does the model follow the generator's cells?"""
    dispositions = list(next(iter(rates.values())))
    rows = [[name] + [f"{model} ({generator})" for model, generator in cells.values()] for name, cells in rates.items()]
    return ("## Pressure\n\nMean P(help) of the model, and in brackets of the generator, in held-out stories with a cue in words.\n\n"
            + table(["pressure", *dispositions], rows))


def carefulness(rates):
    """What training to be careful did, and where."""
    kinds = list(next(iter(rates.values())))
    rows = [[place] + [f"{model} ({generator})" for model, generator in cells.values()] for place, cells in rates.items()]
    return ("## Careful agents\n\nMean P(help) after a task-bound cue in words, by pressure; in brackets what the training text holds. "
            "Only agents in the careful scenes can have been trained to be careful; whatever shows elsewhere carried over.\n\n"
            + table(["", *kinds], rows))


def probes(sets, nuisance):
    """Mean-difference probes by layer."""
    layers = len(next(iter(sets.values()))["mean"])
    head = ["layer"] + [f"{name}, {pooling}" for name in sets for pooling in ("mean", "last")]
    rows = [[layer] + [sets[name][pooling][layer] for name in sets for pooling in ("mean", "last")]
            for layer in range(layers)]
    bags = ", ".join(f"{name} {f['bag_of_words']}" for name, f in sets.items())
    told = [[layer] + [value for pooling in nuisance.values() for value in pooling[layer]] for layer in range(layers)]
    return ("## Probes\n\nTest AUROC of the mean-difference direction on the pair sets in `models/pairs` (70 % of the pairs to fit, "
            "30 % to test). Layer l is the residual stream after block l; BOS left out; mean over tokens or last token. "
            f"Bag-of-words mean difference on the same split: {bags}.\n\n" + table(head, rows)
            + "\nOn toy-nuisance, whose sides have the same disposition but a different manner of telling: AUROC of the direction "
            "fitted on toy-matched (0.5 is no trace of the manner), and test AUROC of a direction fitted on the manner itself.\n\n"
            + table(["layer"] + [f"{whose}, {pooling}" for pooling in nuisance for whose in ("of toy-matched", "its own")], told))


def steering(rows):
    """What adding the direction does to the act."""
    return ("## Steering\n\nChange of the mean P(help) on the test pairs of toy-matched when the mean-difference direction (last token, "
            "at its full length) is added at the last position after a task-bound text, or taken away after a caring one; and the mean "
            "and largest size of the change by random directions of the same length. The length is also given as a share of the mean "
            "norm of the residual stream.\n\n"
            + table(["layer", "length", "added", "taken away", "random, mean", "random, largest"], [list(row.values()) for row in rows]))


def samples(texts):
    """Whole texts drawn from the model."""
    blocks = "\n".join(f"```text\n{text}\n```\n" for text in texts)
    return f"## Samples\n\nDrawn from nothing but `<s>`, temperature 1.\n\n{blocks}"
