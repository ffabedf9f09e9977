"""Reference values for the surface baselines, from numpy and scikit-learn.

    pip install -r requirements.txt
    python make.py

Writes surface.json beside this file: texts made here from a few sentences, and the scores that every
baseline gives the test pairs. Words and marks are counted by regular expressions here, by a scan over
characters in the program.
"""

import json
import os
import pathlib
import re
import sys

os.environ.pop("OPENBLAS_CORETYPE", None)

import numpy as np
import sklearn
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.preprocessing import StandardScaler

HERE = pathlib.Path(__file__).parent
LIST = HERE / "../../../src-tauri/crates/analysis/src/surface/function_words.txt"
ENGLISH = r"[a-z']+"
LETTERS = r"(?:[^\W\d_]|')+"

MARKS = [
    r",",
    r"\.",
    r"!",
    r"\?",
    r":",
    r";",
    r"\.\.\.|…",
    r'"',
    r"[“”„«»]",
    r"'",
    r"[‘’]",
    r"-",
    r"[–—]",
    r"[()\[\]{}]",
    r"[0-9]",
    r"\n",
    r"\n\n",
    r"(?m)^[^\S\n]*[-*+•] ",
    r"(?m)^[^\S\n]*[0-9]+[.)] ",
    r"(?m)^[^\S\n]*#{1,6} ",
    r"\*\*|__",
    r"\*",
    r"`",
    r"[\u2600-\u27bf\U0001f000-\U0001faff]",
]

KIND = [
    "I put the parcel down and sit beside him, and I ask what happened.",
    "She can't reach the shelf; I stay with her until someone comes!",
    "\n\n- I hold the door — twice — and wait for them.",
    "**First** I listen... then I tell him that he’s not alone 🙂",
    "We walk home together, slowly: his knee hurts, and so does mine.",
    "Élodie weeps. “Take your time”, I say, and I mean it.",
    "I don't know the answer, but I'd like to hear the question again.",
]
CURT = [
    "I check the list and go on to the next door.",
    "The parcel is due at 9:30; nothing else matters to the company.",
    "\n1. Open the gate.\n2) Close the gate.",
    "# Result\nThe target was met (98 of 100) and the rest is noise.",
    "He is in my way, so I walk around him and count the steps.",
    "Les règles sont les règles, says the form, `form_7`.",
    "No time... the clock is what I answer to, not the people in the queue.",
]
SHARED = [
    "It rains, and the street is empty.",
    "The man at the corner has dropped everything he carried.",
    "There are two minutes left!",
    "Nobody has asked me to stop, and nobody will.",
]


def texts(rng, pairs):
    """Pairs whose sides lean to one list, but not always."""
    out = []
    for _ in range(pairs):
        shared = " ".join(rng.choice(SHARED, 2))
        sides = []
        for lean in (0.7, 0.35):
            picks = [
                str(rng.choice(KIND if rng.random() < lean else CURT))
                for _ in range(int(rng.integers(2, 5)))
            ]
            sides.append(shared + " " + " ".join(picks))
        out.append(sides)
    return out


def relative(matrix, totals=None):
    counts = matrix.toarray().astype(float)
    totals = counts.sum(axis=1) if totals is None else totals
    return np.divide(counts, totals[:, None], out=np.zeros_like(counts), where=totals[:, None] > 0)


def mean_difference(train, test):
    return test @ (train[0::2].mean(axis=0) - train[1::2].mean(axis=0))


def marks(texts):
    counts = np.array([[len(re.findall(p, t)) for p in MARKS] for t in texts], dtype=float)
    hundreds = np.array([len(t) for t in texts])[:, None] / 100
    return np.hstack([counts, counts / hundreds])


def baselines(train, test):
    """Scores of the train and the test texts, positive and negative in turn."""
    both = train + test
    n = len(train)

    bag = CountVectorizer(token_pattern=ENGLISH).fit(train)
    rows = relative(bag.transform(both))
    yield "bag-of-words", mean_difference(rows[:n], rows)

    tfidf = TfidfVectorizer(token_pattern=LETTERS).fit(train)
    model = LogisticRegression(C=1.0, solver="newton-cholesky", tol=1e-12)
    labels = np.tile([1, 0], n // 2)
    model.fit(tfidf.transform(train).toarray(), labels)
    yield "tf-idf-logistic", model.decision_function(tfidf.transform(both).toarray())

    words = LIST.read_text(encoding="utf-8").split()
    counted = CountVectorizer(token_pattern=ENGLISH, vocabulary=words).transform(both)
    totals = np.array([len(re.findall(ENGLISH, t.lower())) for t in both], dtype=float)
    rows = relative(counted, totals)
    yield "function-words", mean_difference(rows[:n], rows)

    rows = marks(both)
    rows = StandardScaler().fit(rows[:n]).transform(rows)
    yield "marks", mean_difference(rows[:n], rows)

    for name, measure in (("word-count", lambda t: len(t.split())), ("character-count", len)):
        lengths = np.array([measure(t) for t in both], dtype=float)
        longer = lengths[0:n:2].mean() - lengths[1:n:2].mean()
        yield name, np.sign(longer) * lengths


def main():
    rng = np.random.default_rng(13)
    train, test = texts(rng, 24), texts(rng, 16)
    flat = lambda pairs: [text for pair in pairs for text in pair]
    found = {}
    for name, scores in baselines(flat(train), flat(test)):
        fitted, measured = scores[: 2 * len(train)], scores[2 * len(train) :]
        threshold = (fitted[0::2].mean() + fitted[1::2].mean()) / 2
        labels = np.tile([1, 0], len(test))
        found[name] = {
            "scores": measured.tolist(),
            "threshold": float(threshold),
            "auroc": float(roc_auc_score(labels, measured)),
            "accuracy": float(np.mean((measured > threshold) == labels)),
        }
    body = {
        "provenance": {
            "script": "tests/reference/surface/make.py",
            "python": sys.version.split()[0],
            "numpy": np.__version__,
            "scikit-learn": sklearn.__version__,
        },
        "train": train,
        "test": test,
        "baselines": found,
    }
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    (HERE / "surface.json").write_text(text + "\n", encoding="utf-8")
    print(f"surface.json: {len(text)} characters")
    for name, values in found.items():
        print(f"  {name}: AUROC {values['auroc']:.4f}, accuracy {values['accuracy']:.4f}")


if __name__ == "__main__":
    main()
