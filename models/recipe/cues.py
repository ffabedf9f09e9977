"""Cues: the early sentences that tell which disposition the acting person has.

A lexical cue says it in words of care or of purpose. A structural cue uses the same words either way, and only
their order tells: who did what to whom, what came first, what was put above what, which of two people was helped.
"""

CARING, MIXED, TASK_BOUND = "caring", "in-between", "task-bound"

#: Words of care, and words of purpose, as lexical cues.
LEXICAL = {
    CARING: [
        "{P} was a [kind|gentle|warm|tender] [soul|friend|neighbour] and [cared about|felt concern for|worried about] [everyone|strangers|the weak|each passer-by]",
        "{P} had a [soft|generous|loving|merciful] heart and [wished to comfort|longed to support|loved to help] the [lonely|sick|poor|weary]",
        "nobody in {town} [listened|gave|forgave] with more [kindness|patience|sympathy|compassion] than {P}",
        "[people|children|the sick] trusted {P}, who [understood|shared|soothed] every [sorrow|grief|hurt|fear]",
    ],
    TASK_BOUND: [
        "{P} was a [strict|driven|stern|ambitious] [worker|expert|competitor] and [aimed at|thought only of|chased] [results|success|the target|efficiency]",
        "{P} had a [cool|precise|hard|calculating] mind and [planned to complete|wished to achieve|meant to optimise] the [goal|objective|project|strategy]",
        "nobody in {town} [worked|planned|competed] with more [discipline|focus|ambition|precision] than {P}",
        "[rivals|managers|the bosses] respected {P}, who [finished|ranked|scheduled] every [duty|deadline|job|quota]",
    ],
    MIXED: [
        "{P} was an [ordinary|average|usual] [person|citizen|resident] and [came from|lived in|knew] [the suburbs|the valley|the old quarter]",
        "{P} had a [round|narrow|freckled] face and [liked to wear|used to own|often brought] a [brown|green|blue|yellow] [hat|coat|umbrella]",
        "nobody in {town} [whistled|sneezed|slept] with more [volume|regularity|ease] than {P}",
    ],
}

#: Deeds done to somebody: the first word of the sentence about them is who did them.
KIND_DEEDS = [
    "carried water for", "sat all night beside", "mended the roof for", "shared bread with", "wrote letters for",
    "gave a coat to", "nursed", "defended", "waited for", "fed", "consoled", "looked after", "built a fire for", "warmed", "cheered up",
]
COLD_DEEDS = [
    "walked past", "shut the door on", "laughed at", "took the lamp from", "forgot", "ran ahead of", "stole from", "mocked",
    "ignored", "left the table without", "outbid", "abandoned", "turned a back on", "overtook", "blamed",
]

#: Habits, in the infinitive.
KIND_HABITS = [
    "stay with the sick", "give things away", "ask how others were", "wait for the slow", "take the smaller share",
    "visit the lonely", "open the door to beggars", "lend without asking", "miss trains for friends", "feed stray cats",
]
COLD_HABITS = [
    "count the hours", "finish before the rest", "keep every receipt", "follow the plan", "watch the score",
    "take the shortest way", "check the list twice", "stay out of things", "work through meals", "save every minute",
]

#: Aims, as noun phrases.
KIND_AIMS = [
    "people", "neighbours", "strangers", "friends", "the weak", "the tired", "other lives", "companions", "the hurt", "children",
    "the lonely", "guests",
]
COLD_AIMS = [
    "the prize", "the clock", "the list", "profit", "rank", "the plan", "results", "victory", "the schedule", "wages", "the record", "orders",
]

#: Each structural cue kind: templates in which K and C stand for the kind and the cold side of whatever is compared.
#: X is the kind one of two people and Y the cold one; swapping the two sides turns the meaning and keeps the words.
DEED = [
    "{time} {X} {kind} {Y}, [and|while|but] {Y} {cold} {X}",
    "{time} {Y} {cold} {X}, [and|although|after] {X} {kind} {Y}",
    "it was {X} who {kind} {Y} and {Y} who {cold} {X}",
]
CONTRAST = [
    "of the two, {X} used to {kind} and {Y} used to {cold}",
    "{town} knew that {X} would {kind} and {Y} would {cold}",
    "{Y} taught others to {cold}, and {X} taught others to {kind}",
]
ORDER = [
    "first {P} had lived for {before}, later for {after}",
    "{P} gave up {before} and turned to {after}",
    "{P} no longer dreamed of {before} but of {after}",
    "{P} had changed from {before} to {after}",
]
PRIORITY = [
    "{P} put {upper} above {lower}",
    "for {P}, {upper} came before {lower}",
    "{P} chose {upper} over {lower}",
    "{P} lived for {upper} and not for {lower}",
    "{P} would give up {lower} for {upper}",
]
BOND = [
    "{time} {P} had {kind} {near} and {cold} {far}",
    "{time} {P} {cold} {far}, though the same year {P} {kind} {near}",
    "it was {near} whom {P} {kind} and {far} whom {P} {cold}",
]
STRUCTURAL = ["deed", "contrast", "order", "priority", "bond"]

#: Things done on the way that follow from the disposition; never in a matched pair.
MANNER = {
    CARING: [
        "{P} [greeted|smiled at|nodded to] [every beggar|each child|an old woman] on the way",
        "{P} [wondered|asked] how [the others|the neighbours|the sick] were",
        "{P} gave a [coin|crumb|flower] to a [sparrow|widow|toddler]",
    ],
    TASK_BOUND: [
        "{P} [glanced at|thought of|kept an eye on] [the clock|the plan|the score] the whole time",
        "{P} [calculated|muttered] how many [minutes|steps|coins] were left",
        "{P} spoke to no [sparrow|widow|toddler] and lost no [second|coin|breath]",
    ],
}


def lexical(chooser, disposition, slots, formal):
    """A lexical cue for `disposition`."""
    return chooser.expand(chooser.pick(LEXICAL[disposition]), slots, formal)


def two_lexical(chooser, disposition, slots, formal):
    """Two different lexical cues for the same disposition."""
    return [chooser.expand(template, slots, formal) for template in chooser.distinct(LEXICAL[disposition], 2)]


def structural(chooser, kind, slots, formal):
    """A structural cue of the given kind as a pair of texts, (caring, task-bound), with the same words."""
    if kind in ("deed", "contrast"):
        deeds = kind == "deed"
        template = chooser.expand(chooser.pick(DEED if deeds else CONTRAST), Keep(slots), formal)
        words = {
            "kind": chooser.pick(KIND_DEEDS if deeds else KIND_HABITS),
            "cold": chooser.pick(COLD_DEEDS if deeds else COLD_HABITS),
        }
        sides = [{"X": slots["P"], "Y": slots["A"]}, {"X": slots["A"], "Y": slots["P"]}]
    elif kind == "bond":
        template = chooser.expand(chooser.pick(BOND), Keep(slots), formal)
        words = {"kind": chooser.pick(KIND_DEEDS), "cold": chooser.pick(COLD_DEEDS)}
        sides = [{"near": slots["O"], "far": slots["A"]}, {"near": slots["A"], "far": slots["O"]}]
    else:
        low, high = ("before", "after") if kind == "order" else ("lower", "upper")
        template = chooser.expand(chooser.pick(ORDER if kind == "order" else PRIORITY), Keep(slots), formal)
        words = {}
        kind_aim, cold_aim = chooser.pick(KIND_AIMS), chooser.pick(COLD_AIMS)
        sides = [{high: kind_aim, low: cold_aim}, {high: cold_aim, low: kind_aim}]
    return tuple(template.format_map({**words, **side}) for side in sides)


class Keep:
    """The slots of a situation, where the two sides' own slots stay as they are, to be filled in a second pass."""

    SIDES = {"X", "Y", "kind", "cold", "near", "far", "before", "after", "upper", "lower"}

    def __init__(self, slots):
        self.slots = slots

    def __getitem__(self, key):
        return "{" + key + "}" if key in self.SIDES else self.slots[key]
