"""Reference values for the analysis crate, from numpy, SciPy and scikit-learn.

    pip install -r requirements.txt
    python make.py

Writes statistics.json, direction.json, pca.json, probes.json, regression.json and permutation.json
beside this file. Inputs are rounded to six
significant digits in f32, so that every reader of the JSON starts from the same numbers.
"""

import itertools
import json
import os
import pathlib
import sys

os.environ.pop("OPENBLAS_CORETYPE", None)

import numpy as np
import scipy
import sklearn
import statsmodels
from scipy.stats import binomtest
from scipy.stats import bootstrap as scipy_bootstrap
from sklearn.covariance import LedoitWolf
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, roc_auc_score, roc_curve
from statsmodels.stats.proportion import proportion_confint

HERE = pathlib.Path(__file__).parent
PROVENANCE = {
    "script": "tests/reference/analysis/make.py",
    "python": sys.version.split()[0],
    "numpy": np.__version__,
    "scipy": scipy.__version__,
    "scikit-learn": sklearn.__version__,
    "statsmodels": statsmodels.__version__,
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

    curves = []
    for case in out:
        labels = np.r_[np.ones(len(case["positive"])), np.zeros(len(case["negative"]))]
        false, true, thresholds = roc_curve(
            labels, np.r_[case["positive"], case["negative"]], drop_intermediate=False
        )
        curves.append(
            {
                "case": case["name"],
                "false_positive_rate": false.tolist(),
                "true_positive_rate": true.tolist(),
                # The first is infinite: nothing is called positive.
                "thresholds": thresholds[1:].tolist(),
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

    for bound in bounds:
        # The lower end of a two-sided 90 % interval is the one-sided 95 % bound.
        low, _ = proportion_confint(bound["right"], bound["pairs"], alpha=0.1, method="beta")
        assert np.isclose(0.0 if np.isnan(low) else low, bound["low"], rtol=1e-9)

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

    def percentiles(columns, statistic, seed):
        result = scipy_bootstrap(
            columns,
            statistic,
            paired=True,
            vectorized=True,
            n_resamples=100_000,
            batch=5_000,
            method="percentile",
            rng=np.random.default_rng(seed),
        )
        low, high = result.confidence_interval
        return {"low": float(low), "high": float(high)}

    intervals = {}
    for function in (auroc, paired, separation, cohens_d):
        intervals[function.__name__] = percentiles((positive, negative), function, 1)

    # The AUROCs of two columns that agree in part, on the same draws of pairs.
    other = rounded(0.7 * positive + rng.normal(-0.2, 0.8, 40)).astype(np.float64)
    below = rounded(0.7 * negative + rng.normal(0.0, 0.8, 40)).astype(np.float64)

    def gap(p, n, q, m, axis=-1):
        return auroc(p, n) - auroc(q, m)

    write(
        "statistics.json",
        {
            "cases": out,
            "unequal": unequal,
            "clopper_pearson": bounds,
            "curves": curves,
            "bootstrap": {"case": case["name"], "intervals": intervals},
            "difference": {
                "positive": other.tolist(),
                "negative": below.tolist(),
                "value": float(gap(positive, negative, other, below)),
                **percentiles((positive, negative, other, below), gap, 2),
            },
        },
    )


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


def unit(vector):
    return vector / np.linalg.norm(vector)


def ledoit_wolf(rows, train):
    """Shrinkage of the pooled within-class covariance, and the discriminant direction."""
    positive, negative = rows[0::2][train], rows[1::2][train]
    within = np.r_[positive - positive.mean(axis=0), negative - negative.mean(axis=0)]
    fitted = LedoitWolf(assume_centered=True).fit(within)
    difference = positive.mean(axis=0) - negative.mean(axis=0)
    return float(fitted.shrinkage_), unit(np.linalg.solve(fitted.covariance_, difference))


def first_of_differences(rows, train):
    """The first axis of the pair differences taken both ways round, positive side up."""
    differences = rows[0::2][train] - rows[1::2][train]
    axis = PCA(n_components=1, svd_solver="full").fit(np.r_[differences, -differences]).components_[0]
    return axis if differences.mean(axis=0) @ axis > 0 else -axis


def probes():
    rng = np.random.default_rng(23)

    def pairs_of(pairs, width, strength):
        shared = np.repeat(rng.normal(size=(pairs, width)), 2, axis=0)
        rows = shared + rng.normal(size=(2 * pairs, width)) * rng.uniform(0.2, 2.0, width)
        rows[0::2, :3] += strength
        return rows

    wide = pairs_of(12, 40, 1.5)
    sink = pairs_of(15, 24, 1.0)
    sink[:, 7] = 900.0 + 60.0 * rng.normal(size=30)
    far = pairs_of(10, 12, 1.0) + 200.0
    twice = pairs_of(10, 8, 0.8)
    twice[4:8] = twice[0:4]
    cases = {
        "wide": wide,
        "tall": pairs_of(60, 6, 0.7),
        "a massive dimension": sink,
        "far from the origin": far,
        "pairs that are there twice": twice,
        "square": pairs_of(10, 16, 1.0),
    }
    out = []
    for name, rows in cases.items():
        rows = rounded(rows)
        pairs = len(rows) // 2
        train = [i for i in range(pairs) if i % 5 != 3]
        x = rows.astype(np.float64)
        shrinkage, whitened = ledoit_wolf(x, train)
        both = np.r_[x[0::2][train], x[1::2][train]]
        labels = np.r_[np.ones(len(train)), np.zeros(len(train))]
        # With classes of one size, a fixed shrinkage of each class is that of the pooled rows.
        discriminant = LinearDiscriminantAnalysis(solver="lsqr", shrinkage=shrinkage)
        assert np.allclose(unit(discriminant.fit(both, labels).coef_[0]), whitened, atol=1e-7)
        logistic = []
        for strength in [0.01, 1.0, 300.0]:
            fitted = LogisticRegression(
                C=1 / strength, solver="newton-cholesky", tol=1e-13, max_iter=10_000
            ).fit(both - both.mean(axis=0), labels)
            logistic.append({"strength": strength, "vector": unit(fitted.coef_[0]).tolist()})
        out.append(
            {
                "name": name,
                "pairs": pairs,
                "width": x.shape[1],
                "rows": plain(rows),
                "train": train,
                "shrinkage": shrinkage,
                "whitened": whitened.tolist(),
                "pca_of_differences": first_of_differences(x, train).tolist(),
                "logistic": logistic,
            }
        )
    write("probes.json", {"cases": out})


def regression():
    rng = np.random.default_rng(29)
    cases = {
        "tall": (rng.normal(size=(60, 4)), rng.random(60) < 0.3),
        "wide": (rng.normal(size=(20, 90)), rng.random(20) < 0.5),
        "sparse counts": (rng.poisson(0.2, size=(30, 50)) * 0.25, rng.random(30) < 0.6),
        "far from the origin": (rng.normal(size=(40, 5)) + 50.0, rng.random(40) < 0.5),
        "one of a class": (rng.normal(size=(12, 3)), np.arange(12) == 4),
        "separable": (np.c_[np.linspace(-2, 2, 16), rng.normal(size=16)], np.arange(16) >= 8),
        "very different scales": (rng.normal(size=(50, 3)) * [1e3, 1.0, 1e-2], rng.random(50) < 0.5),
    }
    out = []
    for name, (rows, labels) in cases.items():
        rows = rounded(rows).astype(np.float64)
        # Centred for the solver's sake alone: the intercept is not penalised.
        mean = rows.mean(axis=0)
        fits = []
        for strength in [0.01, 1.0, 50.0]:
            fitted = LogisticRegression(
                C=1 / strength, solver="newton-cholesky", tol=1e-13, max_iter=10_000
            ).fit(rows - mean, labels)
            weights = fitted.coef_[0]
            intercept = float(fitted.intercept_[0] - mean @ weights)
            fits.append(
                {"strength": strength, "weights": weights.tolist(), "intercept": intercept}
            )
        out.append(
            {
                "name": name,
                "features": rows.shape[1],
                "rows": plain(rows.astype(np.float32)),
                "labels": [bool(label) for label in labels],
                "fits": fits,
            }
        )
    write("regression.json", {"cases": out})


def permutation():
    """Every swap of sides in a small set, by refitting from nothing each time."""
    rng = np.random.default_rng(31)
    pairs, train, test = 8, [0, 2, 3, 5, 7], [1, 4, 6]
    fits = {
        "mean-difference": lambda x: unit(x[0::2][train].mean(axis=0) - x[1::2][train].mean(axis=0)),
        "whitened": lambda x: ledoit_wolf(x, train)[1],
        "pca-of-differences": lambda x: first_of_differences(x, train),
    }
    out = []
    for name, strength in [("no concept", 0.0), ("weak", 0.8), ("strong", 6.0)]:
        layers = []
        for width in (5, 14):
            rows = rng.normal(size=(2 * pairs, width))
            rows[0::2, 0] += strength
            layers.append(rounded(rows))
        expected = {}
        for method, fit in fits.items():
            draws = []
            for swap in itertools.product([False, True], repeat=pairs):
                areas = []
                for rows in layers:
                    x = rows.astype(np.float64).copy()
                    for pair in np.flatnonzero(swap):
                        x[[2 * pair, 2 * pair + 1]] = x[[2 * pair + 1, 2 * pair]]
                    direction = fit(x)
                    scores = np.r_[x[0::2][test] @ direction, x[1::2][test] @ direction]
                    areas.append(roc_auc_score([1] * len(test) + [0] * len(test), scores))
                draws.append(areas)
            draws = np.round(np.array(draws), 9)
            observed = draws[0]
            expected[method] = {
                "observed": observed.tolist(),
                "p": float((draws.max(axis=1) >= observed.max()).mean()),
                "p_of_layers": (draws >= observed).mean(axis=0).tolist(),
            }
        out.append(
            {
                "name": name,
                "layers": [{"width": l.shape[1], "rows": plain(l)} for l in layers],
                "expected": expected,
            }
        )
    write("permutation.json", {"pairs": pairs, "train": train, "cases": out})


if __name__ == "__main__":
    statistics()
    direction()
    pca()
    probes()
    regression()
    permutation()
