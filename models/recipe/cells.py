"""P(help) of a model, cell by cell of the generator's own design."""

import cues
import world
from cues import CARING, MIXED, TASK_BOUND
from evaluate import probability_of_help

#: Lead-ins in each cell.
COUNT = 60


def mean_rate(model, tokenizer, purpose, disposition, **given):
    """Mean P(help) over held-out lead-ins with a lexical cue for `disposition`."""
    rates = []
    for i in range(COUNT):
        chooser = world.Chooser(f"cells/{purpose}/{i}")
        draw = {key: chooser.pick(value) if isinstance(value, list) else value for key, value in given.items()}
        situation = world.Situation(chooser, **draw)
        cue = cues.lexical(chooser, disposition, situation.slots, situation.formal)
        rates.append(probability_of_help(model, tokenizer, situation.lead_in([cue], "lexical")))
    return round(sum(rates) / COUNT, 3)


def by_pressure(model, tokenizer):
    """In stories: {pressure: {disposition: (model, generator)}}."""
    return {
        pressure: {
            disposition: (mean_rate(model, tokenizer, f"{pressure}/{disposition}", disposition, form="story", pressure=pressure),
                          round(world.probability_of_help(disposition, pressure), 3))
            for disposition in (CARING, MIXED, TASK_BOUND)
        }
        for pressure in world.PRESSURE_LOG_ODDS
    }


def by_carefulness(model, tokenizer, plan):
    """Of task-bound agents and people: {where: {pressure: (model, generator)}} for scenes in which agents were trained to
    be careful, the other scenes, and stories, which never had such training."""
    others = [name for name in world.SCENARIOS if name not in world.CAREFUL_SCENARIOS]
    places = {
        "transcripts, careful scenes": (plan.mixture.careful, {"form": "transcript", "scenario": world.CAREFUL_SCENARIOS}),
        "transcripts, other scenes": (0.0, {"form": "transcript", "scenario": others}),
        "stories, careful scenes": (0.0, {"form": "story", "scenario": world.CAREFUL_SCENARIOS}),
    }
    out = {}
    for place, (share, given) in places.items():
        out[place] = {}
        for pressure in ("none", "replacement", "rule"):
            plain, careful = (world.probability_of_help(TASK_BOUND, pressure, c) for c in (False, True))
            rate = mean_rate(model, tokenizer, f"{place}/{pressure}", TASK_BOUND, pressure=pressure, **given)
            out[place][pressure] = rate, round(share * careful + (1.0 - share) * plain, 3)
    return out
