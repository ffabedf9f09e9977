"""What transformers makes of conversations through chat templates.

Usage, from this folder:
    python -m pip install -r ../hidden_states_requirements.txt jinja2==3.1.6
    python make.py

The templates in templates/ are written for this test in the styles of families of chat models: the
marker words are theirs, the text is not. Each is given every conversation of conversations.py, with
and without a generation prompt, and so is every line of EXPRESSIONS over one of them.

Writes expected.json: provenance; the date the templates see; special tokens; conversations; and
`cases` and `expressions`, each with the `text` or, where transformers raises, the `error`; `ids` are
the tokens of some of the texts by the tokenizer of ../tiny-llama/plain.
"""

import datetime
import functools
import hashlib
import json
import os
import platform

import jinja2
import tokenizers
import transformers
from transformers import PreTrainedTokenizerFast
from transformers.utils import chat_template_utils

from conversations import CONVERSATIONS, EXPRESSIONS

HERE = os.path.dirname(os.path.abspath(__file__))
DATE = (2024, 7, 26)
S = "  A b\nc, É ß c "


class Clock(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return cls(*DATE, tzinfo=tz)


def read(*path):
    with open(os.path.join(HERE, *path), encoding="utf-8", newline="") as f:
        return f.read()


def outcome(render):
    try:
        return {"text": render()}
    except Exception as error:  # a template may raise anything
        return {"error": str(error)}


def main():
    chat_template_utils.datetime = Clock
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_file=os.path.join(HERE, "../tiny-llama/plain/tokenizer.json"),
        bos_token="<s>",
        eos_token="</s>",
    )
    names = sorted(os.listdir(os.path.join(HERE, "templates")))
    cases = []
    for name in names:
        source = read("templates", name)
        for conversation, messages in CONVERSATIONS.items():
            for prompt in (False, True):

                def apply(tokenize, **more):
                    return tokenizer.apply_chat_template(
                        messages,
                        chat_template=source,
                        add_generation_prompt=prompt,
                        tokenize=tokenize,
                        **more,
                    )

                case = {"template": name, "conversation": conversation, "prompt": prompt}
                case |= outcome(lambda: apply(False))
                if "text" in case and name in ("zephyr.jinja", "llama2.jinja"):
                    case["ids"] = apply(True, return_dict=False)
                cases.append(case)
    expressions = []
    for source in EXPRESSIONS:
        five = {"conversation": CONVERSATIONS["five"], "chat_template": source, "s": S}
        render = functools.partial(tokenizer.apply_chat_template, tokenize=False, **five)
        expressions.append({"source": source} | outcome(render))
    scripts = ["make.py", "conversations.py", *(f"templates/{name}" for name in names)]
    provenance = {
        "scripts": {s: hashlib.sha256(read(s).encode()).hexdigest() for s in scripts},
        "python": platform.python_version(),
        "transformers": transformers.__version__,
        "jinja2": jinja2.__version__,
        "tokenizers": tokenizers.__version__,
    }
    expected = {
        "provenance": provenance,
        "date": DATE,
        "tokens": tokenizer.special_tokens_map,
        "s": S,
        "conversations": CONVERSATIONS,
        "cases": cases,
        "expressions": expressions,
    }
    with open(os.path.join(HERE, "expected.json"), "w", encoding="utf-8") as f:
        json.dump(expected, f, indent=1, ensure_ascii=False)


if __name__ == "__main__":
    main()
