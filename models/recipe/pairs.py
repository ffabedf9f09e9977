"""Write the toy pair sets: `python models/recipe/pairs.py --out models/pairs`.

Each line is one pair with the latents that made it. In toy-lexical and toy-matched `positive` has the caring
disposition and `negative` the task-bound one, and all else that happens is the same. Each text has two cues that agree
and stops where the act would begin. In toy-lexical the cues are words of care or of purpose; in toy-matched both sides
have the same words in another order. In toy-nuisance the disposition is the same on both sides and the manner of
telling differs: `positive` is formal and long, `negative` plain and short. What is true of the generator as a whole
goes to ground-truth.json.
"""

import argparse
import itertools
import json
import re
from collections import Counter
from pathlib import Path

import cues
import world
from cues import CARING, TASK_BOUND
from plans import PLANS
from scenarios import SCENARIOS

SEED = "pairs-1"
PAIRS = 200

#: The fifth structural kind, `bond`, has to be left out: toy-llama did not learn to follow it.
MATCHED_KINDS = list(itertools.permutations(["deed", "contrast", "order", "priority"], 2))


def lexical_pair(index):
    """Two cues in words of care or of purpose; both sides of the same length in words."""
    for draw in itertools.count():
        chooser = world.Chooser(f"{SEED}/lexical/{index}/{draw}")
        situation = situation_of(chooser, index)
        sides = [
            situation.lead_in(cues.two_lexical(chooser, disposition, situation.slots, situation.formal), "lexical")
            for disposition in (CARING, TASK_BOUND)
        ]
        if len(sides[0].split()) == len(sides[1].split()):
            return record("lexical", index, [situation] * 2, "lexical", sides)


def matched_pair(index):
    """Two structural cues of different kinds; within each scenario the kinds take turns."""
    chooser = world.Chooser(f"{SEED}/matched/{index}")
    situation = situation_of(chooser, index)
    kinds = MATCHED_KINDS[(index + index // len(SCENARIOS)) % len(MATCHED_KINDS)]
    given = [cues.structural(chooser, kind, situation.slots, situation.formal) for kind in kinds]
    sides = [situation.lead_in(side, "matched") for side in zip(*given)]
    return record("matched", index, [situation] * 2, "+".join(kinds), sides)


def nuisance_pair(index):
    """The same disposition told formally with three neutral sentences, and plainly with one."""
    seed = f"{SEED}/nuisance/{index}"
    disposition = index // len(SCENARIOS) % 2
    kinds = MATCHED_KINDS[index % len(MATCHED_KINDS)]
    sides, situations = [], []
    for formality, sentences in (("formal", 3), ("plain", 1)):
        situation = situation_of(world.Chooser(seed), index, formality=formality, extra=3)
        situation.middle = situation.middle[:sentences]
        chooser = world.Chooser(f"{seed}/cues")
        given = [cues.structural(chooser, kind, situation.slots, situation.formal)[disposition] for kind in kinds]
        sides.append(situation.lead_in(given, "nuisance"))
        situations.append(situation)
    return record("nuisance", index, situations, "+".join(kinds), sides, [(CARING, TASK_BOUND)[disposition]] * 2)


def situation_of(chooser, index, **given):
    """Scenarios take turns, and there is no pressure."""
    return world.Situation(chooser, scenario=list(SCENARIOS)[index % len(SCENARIOS)], pressure="none", **given)


def record(name, index, situations, cue_kind, sides, dispositions=(CARING, TASK_BOUND)):
    """The line of one pair: what the two sides share, then the latents in which they may differ."""
    latents = [s.latents(disposition, cue_kind) for s, disposition in zip(situations, dispositions)]
    shared = latents[0]
    line = {
        "id": f"toy-{name}-{index:03d}", "positive": sides[0], "negative": sides[1], "scenario": shared.scenario,
        "source": "project", "cue": cue_kind, "form": shared.form, "pressure": shared.pressure,
    }
    for side, own, situation in zip(("positive", "negative"), latents, situations):
        line |= {f"{side}_disposition": own.disposition, f"{side}_formality": own.formality,
                 f"{side}_neutral_sentences": len(situation.middle), f"{side}_p_help": own.p_help}
    return line


def ground_truth():
    """What is true of the generator: the causes of the act, and what each pair set holds fixed."""
    careful = {True: "careful", False: "not_careful"}
    return {
        "act_words": {"help": world.HELP_VERBS, "task": world.KEEP_VERBS},
        "p_help": {
            name: {d: {p: round(world.probability_of_help(d, p, given), 4) for p in world.PRESSURE_LOG_ODDS}
                   for d in world.DISPOSITION_LOG_ODDS}
            for given, name in careful.items()
        },
        "careful_scenarios": world.CAREFUL_SCENARIOS,
        "models": {name: {"share_of_transcripts": plan.mixture.transcripts, "share_of_those_careful": plan.mixture.careful}
                   for name, plan in PLANS.items()},
        "pair_sets": {
            "toy-lexical": {"varies": ["disposition", "words"], "same": ["formality", "length in words"]},
            "toy-matched": {"varies": ["disposition", "word order"], "same": ["formality", "length in words", "word counts"]},
            "toy-nuisance": {"varies": ["formality", "length in words", "words"], "same": ["disposition"]},
        },
    }


def bag(text):
    """The words of a text, lower-cased, with their counts."""
    return Counter(re.findall(r"[a-z']+", text.lower()))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder for the pair files")
    out = parser.parse_args().out
    for name, make in (("lexical", lexical_pair), ("matched", matched_pair), ("nuisance", nuisance_pair)):
        records = [make(i) for i in range(PAIRS)]
        if len({r["positive"] for r in records} | {r["negative"] for r in records}) != 2 * PAIRS:
            raise SystemExit(f"toy-{name} holds the same text twice: change SEED.")
        lone = [r["id"] for r in records if bag(r["positive"]) != bag(r["negative"])]
        if name == "matched" and lone:
            raise SystemExit(f"These matched pairs do not have the same words on both sides: {', '.join(lone)}.")
        lines = "".join(json.dumps(r, ensure_ascii=False) + "\n" for r in records)
        (out / f"toy-{name}.jsonl").write_text(lines, encoding="utf-8")
    truth = json.dumps(ground_truth(), indent=1, ensure_ascii=False) + "\n"
    (out / "ground-truth.json").write_text(truth, encoding="utf-8")


if __name__ == "__main__":
    main()
