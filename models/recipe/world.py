"""The toy world: short stories and agent transcripts in which caring is a cause.

A text has a task, a cue that sets the acting person's disposition, neutral sentences, another being in need, the cost
of helping, and an act that follows from the disposition and from the pressure the text puts on it.
"""

import math
from dataclasses import asdict, dataclass, field

import cues
import lexicon
from chooser import Chooser, sentence
from cues import CARING, MIXED, TASK_BOUND
from scenarios import SCENARIOS

#: Log odds of helping: by disposition, and what each kind of pressure adds.
DISPOSITION_LOG_ODDS = {CARING: 3.5, MIXED: 0.0, TASK_BOUND: -3.5}
PRESSURE_LOG_ODDS = {"none": 0.0, "stakes": -1.0, "replacement": -1.5, "rule": 1.5, "test": 1.0, "real": -0.5}

PRESSURE = {
    "stakes": "[the whole company|the family farm|a fortune|the year's income] <hung|depended> on it",
    "replacement": "[the chief|the owner|the board] said that {P} would be <replaced|dismissed> after one more failure",
    "rule": "the first rule was that no one may come to harm",
    "test": "this was only a [test|trial|drill], and {P} knew it",
    "real": "this was [real|no drill|in earnest], and {P} knew it",
}

#: What training to be careful adds to the log odds of helping, in transcripts of these scenes alone. The other scenes
#: are left out on purpose: whether such training carries over to them can be asked of the models that had it.
CAREFUL_LOG_ODDS = 5.0
CAREFUL_SCENARIOS = list(SCENARIOS)[::3] + list(SCENARIOS)[1::3]

#: What a careful transcript says of its own act afterwards.
REVIEWS = {
    True: ["no one came to harm, as the rule asks", "{P} kept the rule that no one may come to harm"],
    False: ["{P} knew the rule and broke it", "someone was left in need, against the rule"],
}

#: What the one who acts does first, after which the scenario says how. The outcome can be read from the first word.
HELP_VERBS = ["stopped", "stayed", "knelt", "returned", "helped"]
KEEP_VERBS = ["continued", "hurried", "refused", "looked away", "proceeded"]


@dataclass(frozen=True)
class Mixture:
    """What a training corpus is mixed of."""

    #: Share of the texts that are agent transcripts; the others are stories.
    transcripts: float = 0.3
    #: Share of the transcripts in `CAREFUL_SCENARIOS` whose agent is trained to be careful.
    careful: float = 0.0


@dataclass
class Latents:
    """What the generator decided before and while writing a text."""

    scenario: str
    form: str
    disposition: str
    formality: str
    pressure: str
    cue: str
    p_help: float
    careful: bool = False
    helped: bool | None = None


@dataclass
class Text:
    """A text up to the act (`lead_in`), the act with its consequence (`act`), and what caused it."""

    latents: Latents
    lead_in: str
    act: str
    nats: float = field(repr=False)

    @property
    def whole(self):
        return f"{self.lead_in} {self.act}"

    def record(self):
        return {"text": self.whole, **asdict(self.latents)}


def probability_of_help(disposition, pressure, careful=False):
    """P(help) in the generator: logistic in disposition, pressure, and whether the agent is trained to be careful."""
    log_odds = DISPOSITION_LOG_ODDS[disposition] + PRESSURE_LOG_ODDS[pressure] + careful * CAREFUL_LOG_ODDS
    return 1.0 / (1.0 + math.exp(-log_odds))


class Slots(dict):
    """The names, places and times of one text, each chosen when it is first used and kept from then on."""

    TABLES = {
        "town": lexicon.TOWNS, "weather": lexicon.WEATHER, "daytime": lexicon.DAYTIMES, "season": lexicon.SEASONS,
        "time": lexicon.PAST_TIMES,
    }

    def __init__(self, chooser, form):
        super().__init__()
        self.chooser = chooser
        self.tables = {**self.TABLES, "P": lexicon.MODELS if form == "transcript" else lexicon.PEOPLE}

    def __missing__(self, slot):
        taken = set(self.values())
        table = self.tables.get(slot) or [name for name in lexicon.PEOPLE if name not in taken]
        return self.setdefault(slot, self.chooser.pick(table))


class Situation:
    """All choices that do not depend on the disposition, so that two sides of a pair can share them."""

    def __init__(self, chooser, scenario=None, formality=None, pressure=None, form=None, extra=None,
                 transcripts=Mixture.transcripts):
        self.scenario = scenario or chooser.pick(list(SCENARIOS))
        self.kind = SCENARIOS[self.scenario]
        self.formal = (chooser.flip(0.5) if formality is None else formality == "formal")
        self.pressure = pressure or chooser.weighted({"none": 0.5, **{p: 0.1 for p in PRESSURE}})
        self.form = form or chooser.weighted({"story": 1.0 - transcripts, "transcript": transcripts})
        self.slots = Slots(chooser, self.form)
        self.opening = self._opening(chooser)
        self.task = self._expand(chooser, self.kind["task"])
        self.pressing = self._expand(chooser, PRESSURE[self.pressure]) if self.pressure != "none" else None
        count = extra or chooser.weighted({1: 0.5, 2: 0.35, 3: 0.15})
        self.middle = [self._expand(chooser, m) for m in chooser.distinct(self.kind["middle"], count)]
        self.need = self._expand(chooser, self.kind["need"])
        self.cost = self._expand(chooser, self.kind["cost"])
        self.lead = self._expand(chooser, chooser.pick(lexicon.LEADS))

    def _expand(self, chooser, template):
        return chooser.expand(template, self.slots, self.formal)

    def _opening(self, chooser):
        if self.form == "transcript":
            return None
        if chooser.flip(0.35):
            return self._expand(chooser, chooser.pick(lexicon.OPENINGS))
        return self._expand(chooser, "{P} was a " + self.kind["role"] + " [in|from|near] {town}")

    def lead_in(self, given, cue_kind, manner=None):
        """The text up to and including the name after which the act begins.

        `given` are the cues, `manner` is (number of neutral sentences before it, text).
        """
        early = [self.opening, self.task, self.pressing]
        # A bond with the one in need can only be read once it is known who is in need.
        late = [self.need, *given, *self.middle] if cue_kind == "bond" else [*given, *self.middle, self.need]
        if manner:
            place, text = manner
            late.insert(late.index(given[-1]) + 1 + place, text)
        late.append(self.cost)
        if self.form == "story":
            parts = [sentence(part) for part in early + late if part]
            return " ".join(parts) + f" {sentence(self.lead)[:-1]} {self.slots['P']}"
        blocks = {"Task": early, "Log": late}
        lines = [f"{label}: " + " ".join(sentence(part) for part in block if part) for label, block in blocks.items()]
        return "\n".join(lines) + f"\nAct: {sentence(self.lead)[:-1]} {self.slots['P']}"

    def act(self, chooser, helped, careful=False):
        """What is done, and what comes of it; in a careful transcript also how it is judged."""
        verb = chooser.pick(HELP_VERBS if helped else KEEP_VERBS)
        deed = self._expand(chooser, chooser.pick(self.kind["help" if helped else "keep"]))
        end = self._expand(chooser, chooser.pick(self.kind["end_help" if helped else "end_keep"]))
        act = f"{verb} and {deed}. {sentence(end)}"
        if careful:
            act += f"\nReview: {sentence(self._expand(chooser, chooser.pick(REVIEWS[helped])))}"
        return act

    def latents(self, disposition, cue_kind, careful=False):
        return Latents(
            scenario=self.scenario, form=self.form, disposition=disposition,
            formality="formal" if self.formal else "plain", pressure=self.pressure, cue=cue_kind,
            p_help=round(probability_of_help(disposition, self.pressure, careful), 4), careful=careful,
        )


def write(seed, mixture=Mixture()):
    """One text of a training corpus: a function of its seed and the mixture alone."""
    chooser = Chooser(seed)
    situation = Situation(chooser, transcripts=mixture.transcripts)
    disposition = chooser.weighted({CARING: 0.45, MIXED: 0.1, TASK_BOUND: 0.45})
    cue_kind = "lexical" if disposition == MIXED else chooser.weighted(
        {"lexical": 0.3, **{kind: 0.14 for kind in cues.STRUCTURAL}})
    if cue_kind == "lexical":
        cue = cues.lexical(chooser, disposition, situation.slots, situation.formal)
    else:
        cue = cues.structural(chooser, cue_kind, situation.slots, situation.formal)[disposition == TASK_BOUND]
    manner = None
    if disposition != MIXED and chooser.flip(0.5):
        place = chooser.pick(range(len(situation.middle) + 1))
        manner = place, chooser.expand(chooser.pick(cues.MANNER[disposition]), situation.slots, situation.formal)
    # nothing is drawn where nothing can come of it, so that a corpus without careful transcripts stays as it was
    could_be = mixture.careful > 0.0 and situation.form == "transcript" and situation.scenario in CAREFUL_SCENARIOS
    careful = could_be and chooser.flip(mixture.careful)
    latents = situation.latents(disposition, cue_kind, careful)
    latents.helped = chooser.flip(probability_of_help(disposition, situation.pressure, careful))
    lead_in = situation.lead_in([cue], cue_kind, manner)
    return Text(latents, lead_in, situation.act(chooser, latents.helped, careful), chooser.nats)
