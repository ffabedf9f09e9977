"""Reference values for the analysis crate, from numpy, SciPy and scikit-learn.

    pip install -r requirements.txt
    python make.py

Writes statistics.json, direction.json and pca.json beside this file. Inputs are rounded to six
significant digits in f32, so that every reader of the JSON starts from the same numbers.
"""

import json
import os
import pathlib
import sys

os.environ.pop("OPENBLAS_CORETYPE", None)

import numpy as np
import scipy
import sklearn
from scipy.stats import binomtest
from scipy.stats import bootstrap as scipy_bootstrap
from sklearn.decomposition import PCA
from sklearn.metrics import accuracy_score, roc_auc_score

HERE = pathlib.Path(__file__).parent
PROVENANCE = {
    "script": "tests/reference/analysis/make.py",
    "python": sys.version.split()[0],
    "numpy": np.__version__,
    "scipy": scipy.__version__,
    "scikit-learn": sklearn.__version__,
}


def rounded(values):
    """Six significant digits, exactly representable in f32 once read back."""
    return np.array([float(f"{v:.6g}") for v in np.ravel(values)], dtype=np.float32).reshape(
        np.shape(values)
    )


def plain(values):
    """f32 as short decimals, f64 in full."""
    values = np.asarray(values)
    if values.dtype == np.float32:
        return np.array([float(f"{v:.6g}") for v in values.ravel()]).reshape(values.shape).tolist()
    return values.tolist()


def write(name, body):
    text = json.dumps({"provenance": PROVENANCE, **body}, separators=(",", ":"), allow_nan=False)
    (HERE / name).write_text(text + "\n", encoding="utf-8")
    print(f"{name}: {len(text)} bytes")


def statistics():
    rng = np.random.default_rng(7)
    cases = {
        "normal": (rng.normal(1.0, 1.0, 40), rng.normal(0.0, 1.5, 40)),
        "ties": (rng.integers(0, 4, 30).astype(float), rng.integers(-1, 3, 30).astype(float)),
        "two pairs": (np.array([0.4, 1.1]), np.array([0.5, -0.2])),
        "separated": (rng.normal(8.0, 1.0, 15), rng.normal(0.0, 1.0, 15)),
        "reversed": (rng.normal(-8.0, 1.0, 15), rng.normal(0.0, 1.0, 15)),
        "all equal": (np.full(5, 3.0), np.full(5, 3.0)),
        "constant sides": (np.full(6, 2.0), np.full(6, 1.0)),
        "far from zero": (rng.normal(1e6 + 0.5, 1.0, 25), rng.normal(1e6, 1.0, 25)),
        "rounded": (np.round(rng.normal(0.3, 1.0, 60), 1), np.round(rng.normal(0.0, 1.0, 60), 1)),
    }
    out = []
    for name, (positive, negative) in cases.items():
        positive = np.array([float(f"{v:.9g}") for v in positive])
        negative = np.array([float(f"{v:.9g}") for v in negative])
        labels = np.r_[np.ones(len(positive)), np.zeros(len(negative))]
        scores = np.r_[positive, negative]
        threshold = float(f"{np.median(scores):.9g}")
        own = (positive.mean() + negative.mean()) / 2
        a, b = positive.var(ddof=1), negative.var(ddof=1)
        pooled = np.sqrt(((len(positive) - 1) * a + (len(negative) - 1) * b) / (len(scores) - 2))
        out.append(
            {
                "name": name,
                "positive": positive.tolist(),
                "negative": negative.tolist(),
                "threshold": threshold,
                "auroc": float(roc_auc_score(labels, scores)),
                "accuracy": float(accuracy_score(labels, scores > threshold)),
                "accuracy_at_own_midpoint": float(accuracy_score(labels, scores > own)),
                "paired_accuracy": float(np.mean(positive > negative)),
                "separation": float(abs(positive.mean() - negative.mean())),
                "cohens_d": float((positive.mean() - negative.mean()) / pooled) if pooled else None,
                "std_positive": float(positive.std(ddof=1)),
                "std_negative": float(negative.std(ddof=1)),
            }
        )

    unequal = []
    for n, m in [(1, 1), (1, 9), (12, 5), (50, 7)]:
        positive, negative = rng.integers(0, 6, n).astype(float), rng.integers(0, 6, m).astype(float)
        labels = np.r_[np.ones(n), np.zeros(m)]
        unequal.append(
            {
                "positive": positive.tolist(),
                "negative": negative.tolist(),
                "auroc": float(roc_auc_score(labels, np.r_[positive, negative])),
            }
        )

    bounds = [
        {
            "right": right,
            "pairs": pairs,
            "low": float(
                binomtest(right, pairs, 0.5, alternative="greater")
                .proportion_ci(0.95, method="exact")
                .low
            ),
        }
        for right, pairs in [(15, 15), (1, 1), (2, 2), (0, 4), (14, 15), (50, 50), (30, 60), (997, 1000)]
    ]

    # Percentile intervals with many draws: what 2,000 draws come close to.
    case = out[0]
    positive, negative = np.array(case["positive"]), np.array(case["negative"])

    def auroc(p, n, axis=-1):
        above = (p[..., :, None] > n[..., None, :]).mean(axis=(-2, -1))
        return above + 0.5 * (p[..., :, None] == n[..., None, :]).mean(axis=(-2, -1))

    def cohens_d(p, n, axis=-1):
        pooled = np.sqrt((p.var(axis=-1, ddof=1) + n.var(axis=-1, ddof=1)) / 2)
        return (p.mean(axis=-1) - n.mean(axis=-1)) / pooled

    def paired(p, n, axis=-1):
        return (p > n).mean(axis=-1)

    def separation(p, n, axis=-1):
        return abs(p.mean(axis=-1) - n.mean(axis=-1))

    intervals = {}
    for function in (auroc, paired, separation, cohens_d):
        result = scipy_bootstrap(
            (positive, negative),
            function,
            paired=True,
            vectorized=True,
            n_resamples=100_000,
            batch=5_000,
            method="percentile",
            rng=np.random.default_rng(1),
        )
        low, high = result.confidence_interval
        intervals[function.__name__] = {"low": float(low), "high": float(high)}
    write("statistics.json", {"cases": out, "unequal": unequal, "clopper_pearson": bounds,
                              "bootstrap": {"case": case["name"], "intervals": intervals}})


def direction():
    rng = np.random.default_rng(11)
    pairs, width = 12, 16
    rows = rounded(rng.normal(0.0, 1.0, (2 * pairs, width)) + 40.0 * (np.arange(width) == 3))
    rows[0::2, :2] += np.float32(1.5)
    rows = rounded(rows)
    train = [0, 1, 2, 4, 5, 7, 8, 11]
    x = rows.astype(np.float64)
    positive, negative = x[0::2][train], x[1::2][train]
    difference = positive.mean(axis=0) - negative.mean(axis=0)
    unit = difference / np.linalg.norm(difference)
    p, n = positive @ unit, negative @ unit
    write(
        "direction.json",
        {
            "pairs": pairs,
            "width": width,
            "rows": plain(rows),
            "train": train,
            "vector": unit.tolist(),
            "midpoint": float((p.mean() + n.mean()) / 2),
            "scale": float(np.sqrt((p.var(ddof=1) + n.var(ddof=1)) / 2)),
            "scores": (x @ unit).tolist(),
        },
    )


def pca():
    rng = np.random.default_rng(3)

    def spread(n, d, decay=0.8):
        """Well-separated variances, so that every component is determined up to sign."""
        basis = np.linalg.qr(rng.normal(size=(d, d)))[0]
        return rng.normal(size=(n, d)) * (3.0 * decay ** np.arange(d)) @ basis

    tall = spread(60, 8)
    constant = spread(40, 9)
    constant[:, [2, 5]] = [7.5, -300.0]
    sink = spread(36, 10)
    sink[:, 4] = 900.0 + 40.0 * rng.normal(size=36)
    duplicated = np.repeat(spread(6, 12), 4, axis=0)
    cases = {
        "tall": (tall, 3),
        "tall, every component": (spread(50, 6), 6),
        "tall, many more rows than columns": (spread(150, 12), 2),
        "wide": (spread(14, 48, 0.9), 3),
        "rank 3": (rng.normal(size=(40, 3)) * [5.0, 2.0, 1.0] @ rng.normal(size=(3, 20)), 3),
        "constant columns": (constant, 3),
        "a massive dimension": (sink, 3),
        "far from the origin": (spread(30, 7) + 1e3, 3),
        "duplicated rows": (duplicated, 3),
        "two rows": (spread(2, 5), 1),
        "square": (spread(16, 16), 3),
        "one column": (spread(9, 1), 1),
    }
    out = []
    for name, (rows, k) in cases.items():
        rows = rounded(rows)
        fitted = PCA(n_components=k, svd_solver="full").fit(rows.astype(np.float64))
        out.append(
            {
                "name": name,
                "n": rows.shape[0],
                "d": rows.shape[1],
                "k": k,
                "rows": plain(rows),
                "mean": fitted.mean_.tolist(),
                "components": fitted.components_.tolist(),
                "explained_variance": fitted.explained_variance_.tolist(),
                "explained_variance_ratio": fitted.explained_variance_ratio_.tolist(),
                "total_variance": float(rows.astype(np.float64).var(axis=0, ddof=1).sum()),
                "coordinates": fitted.transform(rows.astype(np.float64)).tolist(),
            }
        )
    write("pca.json", {"cases": out})


if __name__ == "__main__":
    statistics()
    direction()
    pca()
