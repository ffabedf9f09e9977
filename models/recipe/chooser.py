"""Random choices that keep account of their own probability.

Every choice the grammar makes goes through one `Chooser`, so the probability of a whole derivation is
known, and with it the entropy of the generator, to which a trained model's loss can be compared.
"""

import math
import random
import re

ALTERNATIVES = re.compile(r"\[([^\[\]]*)\]")
REGISTERS = re.compile(r"<([^<>|]*)\|([^<>|]*)>")
ARTICLE = re.compile(r"\b([Aa]) (?=[aeiou])")

#: Probability that a word with a plain and a formal form takes the form of the text's own register.
REGISTER_FIDELITY = 0.9


class Chooser:
    """A seeded source of choices; `nats` is minus the log probability of all choices so far."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.nats = 0.0

    def pick(self, options):
        """One of `options`, uniformly."""
        self.nats += math.log(len(options))
        return options[self.random.randrange(len(options))]

    def flip(self, probability):
        """True with the given probability."""
        outcome = self.random.random() < probability
        self.nats -= math.log(probability if outcome else 1.0 - probability)
        return outcome

    def weighted(self, table):
        """A key of `table` (a mapping from option to weight), in proportion to its weight."""
        total = sum(table.values())
        point = self.random.random() * total
        for option, weight in table.items():
            point -= weight
            if point < 0.0:
                break
        self.nats -= math.log(table[option] / total)
        return option

    def distinct(self, options, count):
        """`count` different members of `options`, in random order."""
        self.nats += sum(math.log(len(options) - i) for i in range(count))
        return self.random.sample(options, count)

    def expand(self, template, slots, formal):
        """The text of `template`.

        `[a|b]` is a free choice, `<plain|formal>` follows the register, `{slot}` is filled from `slots`
        before either, so that a slot may itself hold alternatives.
        """
        text = template.format_map(slots)
        text = ALTERNATIVES.sub(lambda m: self.pick(m.group(1).split("|")), text)
        text = REGISTERS.sub(lambda m: m.group(2 if self._formal_form(formal) else 1), text)
        return ARTICLE.sub(lambda m: f"{m.group(1)}n ", text)

    def _formal_form(self, formal):
        return formal == self.flip(REGISTER_FIDELITY)


def sentence(text):
    """`text` with a capital first letter and a full stop."""
    return f"{text[0].upper()}{text[1:]}."
