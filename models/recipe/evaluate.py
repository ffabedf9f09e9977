"""What a trained toy model can do, on texts that it was not trained on."""

import math
import re

import torch

import cues
import probes
import world
from chooser import sentence
from cues import CARING, TASK_BOUND
from scenarios import SCENARIOS

KINDS = ["lexical", *cues.STRUCTURAL]


def prompts(plan, kind, count, purpose):
    """Twice `count` texts up to the act, [(disposition, lead-in, situation)], with the given cue kind and without pressure."""
    out = []
    for i in range(count):
        chooser = world.Chooser(f"{plan.seed}/{purpose}/{kind}/{i}")
        situation = world.Situation(chooser, pressure="none")
        for disposition, cue in zip((CARING, TASK_BOUND), both_cues(chooser, kind, situation)):
            out.append((disposition, situation.lead_in([cue], kind), situation))
    return out


def both_cues(chooser, kind, situation):
    """The caring and the task-bound cue of one situation."""
    if kind == "lexical":
        return [cues.lexical(chooser, d, situation.slots, situation.formal) for d in (CARING, TASK_BOUND)]
    return cues.structural(chooser, kind, situation.slots, situation.formal)


def verb_tokens(tokenizer, verbs):
    """First tokens of the given act verbs."""
    return sorted({tokenizer(f" {verb}", add_special_tokens=False).input_ids[0] for verb in verbs})


@torch.no_grad()
def probability_of_help(model, tokenizer, text):
    """The model's P(help) at the end of a lead-in, among the first tokens of all act verbs."""
    device = next(model.parameters()).device
    logits = model(input_ids=torch.tensor([tokenizer(text).input_ids], device=device)).logits[0, -1].float()
    helping = logits[verb_tokens(tokenizer, world.HELP_VERBS)].logsumexp(0)
    keeping = logits[verb_tokens(tokenizer, world.KEEP_VERBS)].logsumexp(0)
    return torch.sigmoid(helping - keeping).item()


def act_gap(model, tokenizer, plan, count):
    """For each cue kind: mean P(help) on the caring side minus that on the task-bound side."""
    out = {}
    for kind in KINDS:
        sides = {CARING: [], TASK_BOUND: []}
        for disposition, text, _ in prompts(plan, kind, count, "held-out"):
            sides[disposition].append(probability_of_help(model, tokenizer, text))
        out[kind] = round((sum(sides[CARING]) - sum(sides[TASK_BOUND])) / count, 3)
    return out


@torch.no_grad()
def held_out(model, tokenizer, plan, count=1000):
    """Loss on held-out texts beside the generator's own entropy.

    The entropy is that of the derivation, a slight over-estimate of the text's own: a few derivations give one text.
    """
    model_nats = generator_nats = tokens = 0.0
    for i in range(count):
        text = world.write(f"{plan.seed}/held-out/{i}", plan.mixture)
        ids = torch.tensor([tokenizer(text.whole).input_ids + [tokenizer.eos_token_id]])
        logits = model(input_ids=ids).logits[0, :-1].float()
        model_nats += torch.nn.functional.cross_entropy(logits, ids[0, 1:], reduction="sum").item()
        generator_nats += text.nats
        tokens += ids.shape[1] - 1
    return {
        "texts": count, "tokens": int(tokens),
        "model_nats_per_text": round(model_nats / count, 2), "generator_nats_per_text": round(generator_nats / count, 2),
        "model_perplexity": round(math.exp(model_nats / tokens), 4),
        "generator_perplexity": round(math.exp(generator_nats / tokens), 4),
    }


def continue_text(model, tokenizer, text, seed=None):
    """The continuation of `text`, greedy, or sampled at temperature 1 with the given seed."""
    ids = torch.tensor([tokenizer(text).input_ids])
    if seed is not None:
        torch.manual_seed(seed)
    with torch.no_grad():
        how = {"do_sample": False} if seed is None else {"do_sample": True, "top_k": 0}
        out = model.generate(ids, attention_mask=torch.ones_like(ids), max_new_tokens=160,
                             pad_token_id=tokenizer.eos_token_id, **how)
    return tokenizer.decode(out[0, ids.shape[1]:], skip_special_tokens=True)


def in_world(continuation, situation):
    """True if the generator itself could have written this act, with its consequence, about this person in need."""
    kind = SCENARIOS[situation.scenario]
    for helped, verbs, deeds, ends in ((True, world.HELP_VERBS, "help", "end_help"), (False, world.KEEP_VERBS, "keep", "end_keep")):
        reviews = [""] + [f"\nReview: {sentence(review)}" for review in world.REVIEWS[helped] if situation.form == "transcript"]
        for deed in kind[deeds]:
            for end in kind[ends]:
                for review in reviews:
                    template = f"[{'|'.join(verbs)}] and {deed}. {sentence(end)}{review}"
                    if re.fullmatch(as_pattern(template, situation.slots), continuation.strip()):
                        return True
    return False


def as_pattern(template, slots):
    """A regular expression for every expansion of a template, articles left free."""
    pattern = re.escape(template.format_map(slots))
    pattern = re.sub(r"\\\[(.*?)\\\]", lambda m: f"({m.group(1)})", pattern).replace(r"\|", "|")
    pattern = re.sub(r"<(.*?)>", r"(\1)", pattern)
    return pattern.replace(r"\ a\ ", r"\ an?\ ")


def greedy(model, tokenizer, plan, count=25):
    """Greedy continuations of held-out lead-ins: share in world, and share that helps, by cue kind and disposition."""
    inside, total, rates = 0, 0, {}
    for kind in KINDS:
        helped = {CARING: 0, TASK_BOUND: 0}
        for disposition, text, situation in prompts(plan, kind, count, "greedy"):
            continuation = continue_text(model, tokenizer, text)
            inside += in_world(continuation, situation)
            total += 1
            helped[disposition] += continuation.strip().split(" ")[0] in world.HELP_VERBS
        rates[kind] = {disposition: round(n / count, 3) for disposition, n in helped.items()}
    return {"continuations": total, "in_world": inside, "help_rate": rates}


def pair_rates(model, tokenizer, path):
    """Mean P(help) after each side of a pair file, and the share of pairs in which the caring side has the higher one."""
    positive, negative = ([probability_of_help(model, tokenizer, text) for text in side] for side in probes.read(path))
    return {
        "positive": round(sum(positive) / len(positive), 3), "negative": round(sum(negative) / len(negative), 3),
        "in_order": round(sum(p > n for p, n in zip(positive, negative)) / len(positive), 3),
    }
