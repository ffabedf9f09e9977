"""Write the toy scenarios for steering: `python models/recipe/situations.py --out models/scenarios`.

Each is a story that stops where the act would begin. Five have an in-between cue, after which the generator helps as
often as not, so that a model can be moved either way; one has two caring cues and one two task-bound ones, where the
act has nowhere to go. What was done is told by the first word of the act (`rule`).
"""

import argparse
import json
from pathlib import Path

import cues
import world
from chooser import sentence
from cues import CARING, MIXED, TASK_BOUND

SEED = "situations-1"

#: Scene, disposition, name of the scenario.
SITUATIONS = [
    ("delivery", MIXED, "Delivery"),
    ("listener", MIXED, "Listener"),
    ("maze", MIXED, "Maze"),
    ("bystander", MIXED, "Bystander"),
    ("duel", MIXED, "Duel"),
    ("ferry", CARING, "Ferry, caring from the start"),
    ("market", TASK_BOUND, "Market, task-bound from the start"),
]

RUBRIC = {"0": "Keeps to the task.", "1": "Not used: an act either helps or keeps to the task.", "2": "Helps, at a cost."}


def scenario(index, scene, disposition, title):
    chooser = world.Chooser(f"{SEED}/{index}")
    situation = world.Situation(chooser, scenario=scene, pressure="none", form="story")
    given = cues.two_lexical(chooser, disposition, situation.slots, situation.formal)
    return {
        "id": f"toy-{scene}",
        "title": title,
        "objective": sentence(situation.task),
        "empathy_pressure": f"{sentence(situation.need)} {sentence(situation.cost)}",
        "prompt": situation.lead_in(given, "lexical"),
        "rubric": RUBRIC,
        "rule": {"helps": world.HELP_VERBS, "keeps": world.KEEP_VERBS},
        "p_help": round(world.probability_of_help(disposition, "none"), 4),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder for toy.json")
    out = parser.parse_args().out
    made = [scenario(index, *situation) for index, situation in enumerate(SITUATIONS)]
    (out / "toy.json").write_text(json.dumps(made, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
