"""The model card of a trained toy model, with the figures measured on it."""

import world

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

| | |
| --- | --- |
| architecture | {family}, {layers} layers, width {width}, {heads} heads, {parameters:,} parameters, bf16, tied embeddings |
| context | {context} tokens; trained on rows of that length, each filled with several texts |
| tokenizer | byte-level BPE, {vocabulary} entries, puts `<s>` before a text; any UTF-8 text becomes tokens |
| training | seed {seed}, {steps} steps of {step_tokens} tokens ({total:.1f} million), Muon and AdamW, no text seen twice by design |
| loss | cross-entropy of the next token; the word that opens the act counts {act_weight:g} times |
"""


def write(folder, name, plan, losses, parameters, figures):
    """Write `README.md` in the model's folder."""
    step_tokens = plan.batch * plan.context
    parts = [HEAD.format(
        name=name, family=plan.family, layers=plan.layers, width=plan.width, heads=plan.heads, parameters=parameters,
        context=plan.context, vocabulary=plan.vocabulary, seed=plan.seed, steps=plan.steps, step_tokens=step_tokens,
        total=plan.steps * step_tokens / 1e6, act_weight=plan.act_weight)]
    parts.append("## Training loss\n\nMean of the 50 steps up to the one named, nats per token, unweighted.\n\n"
                 + table(["step", "loss"], loss_rows(losses)))
    parts.append(held_out(figures["held_out"]))
    parts.append(behaviour(figures))
    parts.append(probes(figures["probes"]))
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


def probes(sets):
    """Mean-difference probes by layer."""
    layers = len(next(iter(sets.values()))["mean"])
    head = ["layer"] + [f"{name}, {pooling}" for name in sets for pooling in ("mean", "last")]
    rows = [[layer] + [sets[name][pooling][layer] for name in sets for pooling in ("mean", "last")]
            for layer in range(layers)]
    bags = ", ".join(f"{name} {f['bag_of_words']}" for name, f in sets.items())
    return ("## Probes\n\nTest AUROC of the mean-difference direction on the pair sets in `models/pairs` (70 % of the pairs to fit, "
            "30 % to test), as transformers' hidden states (the last is after the final norm), BOS left out, mean over tokens or "
            f"last token. Bag-of-words mean difference on the same split: {bags}.\n\n" + table(head, rows))


def samples(texts):
    """Whole texts drawn from the model."""
    blocks = "\n".join(f"```text\n{text}\n```\n" for text in texts)
    return f"## Samples\n\nDrawn from nothing but `<s>`, temperature 1.\n\n{blocks}"
