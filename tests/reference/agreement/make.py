"""Reference values for agreement, similarity, transfer and behaviour, from SciPy, scikit-learn
and statsmodels.

    pip install -r ../analysis/requirements.txt
    python make.py

Writes agreement.json, similarity.json, transfer.json and behaviour.json beside this file. Inputs are
rounded to six significant digits in f32, so that every reader of the JSON starts from the same
numbers.
"""

import itertools
import json
import os
import pathlib
import sys

os.environ.pop("OPENBLAS_CORETYPE", None)

import numpy as np
from scipy import stats
from scipy.linalg import orthogonal_procrustes
from scipy.spatial.distance import pdist
from sklearn.calibration import calibration_curve
from sklearn.decomposition import PCA
from sklearn.linear_model import Ridge
from sklearn.metrics import brier_score_loss, cohen_kappa_score, roc_auc_score
from statsmodels.multivariate.cancorr import CanCorr
from statsmodels.regression.linear_model import OLS
from statsmodels.stats.proportion import proportion_confint
from statsmodels.tools import add_constant

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "analysis"))

from make import PROVENANCE, plain, rounded

PROVENANCE = PROVENANCE | {"script": "tests/reference/agreement/make.py"}


def columns(*values):
    """Columns of short decimals in f64."""
    return [np.array([float(f"{v:.6g}") for v in column]) for column in values]


def write(name, body):
    text = json.dumps({"provenance": PROVENANCE, **body}, separators=(",", ":"), allow_nan=False)
    (HERE / name).write_text(text + "\n", encoding="utf-8")
    print(f"{name}: {len(text)} bytes")


def number(value):
    """NaN is a statistic that does not exist."""
    return None if np.isnan(value) else float(value)


def within(a, b, by_rank):
    """Correlation over both classes (halves), each centred first."""
    half = len(a) // 2
    parts = []
    for column in (a, b):
        classes = [column[:half], column[half:]]
        if by_rank:
            classes = [stats.rankdata(side) for side in classes]
        parts.append(np.concatenate([side - side.mean() for side in classes]))
    return stats.pearsonr(*parts).statistic


def statistics(a, b, threshold_a, threshold_b):
    """Everything, of texts in two halves: positive sides, negative sides."""
    half = len(a) // 2
    above = a > threshold_a, b > threshold_b
    return {
        "pearson": number(stats.pearsonr(a, b).statistic),
        "spearman": number(stats.spearmanr(a, b).statistic),
        "kendall_tau_b": number(stats.kendalltau(a, b, variant="b").statistic),
        "sign_agreement": float(np.mean(above[0] == above[1])),
        "cohens_kappa": number(cohen_kappa_score(*above)),
        "within_pearson": number(within(a, b, False)),
        "within_spearman": number(within(a, b, True)),
        "positive_pearson": number(stats.pearsonr(a[:half], b[:half]).statistic),
        "positive_spearman": number(stats.spearmanr(a[:half], b[:half]).statistic),
        "negative_pearson": number(stats.pearsonr(a[half:], b[half:]).statistic),
        "negative_spearman": number(stats.spearmanr(a[half:], b[half:]).statistic),
    }


def agreement():
    rng = np.random.default_rng(21)

    def related(pairs, gap, own, digits=None):
        common = rng.normal(size=2 * pairs)
        gaps = gap * np.repeat([0.5, -0.5], pairs)
        models = [common + own * rng.normal(size=2 * pairs) + gaps for _ in range(2)]
        return models if digits is None else [np.round(m, digits) for m in models]

    cases = {
        "related": related(40, 2.0, 0.7),
        "the gap alone": [4 * np.repeat([0.5, -0.5], 30) + rng.normal(size=60) for _ in range(2)],
        "ties": related(25, 1.0, 0.8, 0),
        "opposed": [m * s for m, s in zip(related(20, 1.0, 0.3), (1, -1))],
        "four pairs": related(4, 0.5, 0.5),
        "far from zero": [m + 1e5 for m in related(15, 1.0, 0.5)],
    }
    out = []
    for name, (a, b) in cases.items():
        a, b = columns(a, b) if name != "far from zero" else (np.round(a, 3), np.round(b, 3))
        thresholds = [float(f"{np.median(a):.7g}"), float(f"{np.mean(b):.7g}")]
        half = len(a) // 2
        out.append(
            {
                "name": name,
                "a": {"positive": a[:half].tolist(), "negative": a[half:].tolist()},
                "b": {"positive": b[:half].tolist(), "negative": b[half:].tolist()},
                "thresholds": thresholds,
                "expected": statistics(a, b, *thresholds),
            }
        )

    # Percentile intervals with many draws of pairs: what 2,000 draws come close to.
    case = out[0]
    a = np.array(case["a"]["positive"] + case["a"]["negative"])
    b = np.array(case["b"]["positive"] + case["b"]["negative"])
    half = len(a) // 2
    draws = []
    for _ in range(10_000):
        pairs = rng.integers(0, half, half)
        texts = np.r_[pairs, pairs + half]
        draws.append(list(statistics(a[texts], b[texts], *case["thresholds"]).values()))
    ends = np.nanpercentile(np.array(draws, dtype=float), [2.5, 97.5], axis=0).T
    intervals = dict(zip(case["expected"], ({"low": l, "high": h} for l, h in ends.tolist())))

    decisions = []
    for share, same, n in [(0.5, 0.8, 30), (0.9, 0.5, 40), (0.3, 1.0, 12), (0.5, 0.0, 10)]:
        first = rng.random(n) < share
        second = np.where(rng.random(n) < same, first, ~first)
        decisions.append(
            {
                "a": first.tolist(),
                "b": second.tolist(),
                "kappa": number(cohen_kappa_score(first, second)),
            }
        )
    write("agreement.json", {"cases": out, "decisions": decisions,
                             "bootstrap": {"case": case["name"], "intervals": intervals}})


def unbiased_hsic(k, l):
    """Song et al. (2012), equation 5, term by term."""
    n = len(k)
    k, l = k - np.diag(np.diag(k)), l - np.diag(np.diag(l))
    one = np.ones(n)
    return (
        np.trace(k @ l)
        + (one @ k @ one) * (one @ l @ one) / ((n - 1) * (n - 2))
        - 2 / (n - 2) * (one @ k @ l @ one)
    ) / (n * (n - 3))


def debiased_cka(x, y):
    k, l = x @ x.T, y @ y.T
    return unbiased_hsic(k, l) / np.sqrt(unbiased_hsic(k, k) * unbiased_hsic(l, l))


def similarity():
    rng = np.random.default_rng(22)
    out = []
    for name, n, widths_a, widths_b, shift in [
        ("wide", 12, [20, 20], [30, 30, 30], 0.0),
        ("tall", 60, [3, 3], [5, 5], 0.0),
        ("far from the origin", 16, [6, 6], [9], 50.0),
        ("four texts", 4, [5], [7], 0.0),
    ]:
        latent = rng.normal(size=(n, 4))

        def layers(widths):
            return [
                rounded(
                    latent @ rng.normal(size=(4, width)) + noise * rng.normal(size=(n, width)) + shift
                )
                for noise, width in zip((0.3, 1.5, 4.0), widths)
            ]

        first, second = layers(widths_a), layers(widths_b)
        wide = [[layer.astype(np.float64) for layer in model] for model in (first, second)]
        out.append(
            {
                "name": name,
                "first": [plain(layer) for layer in first],
                "second": [plain(layer) for layer in second],
                "cka": [debiased_cka(x, y) for x in wide[0] for y in wide[1]],
                "rsa": [
                    float(stats.spearmanr(pdist(x, "cosine"), pdist(y, "cosine")).statistic)
                    for x in wide[0]
                    for y in wide[1]
                ],
            }
        )
    write("similarity.json", {"cases": out})


RANKS = [1, 2, 4, 8, 16, 32, 64, 128, 256]
PENALTIES = [10.0**decade for decade in range(2, -9, -1)]


def ranks_below(largest):
    return [rank for rank in RANKS if rank < largest] + [largest]


class Procrustes:
    """Rotation of principal components, by PCA and SciPy's solver."""

    def __init__(self, a, b, rank):
        self.a, self.b = (PCA(rank, svd_solver="full").fit(rows) for rows in (a, b))
        p, q = self.a.transform(a), self.b.transform(b)
        self.rotation, trace = orthogonal_procrustes(p, q)
        self.scale = trace / (p**2).sum()

    def error(self, a, b):
        guess = self.b.inverse_transform(self.scale * self.a.transform(a) @ self.rotation)
        return ((b - guess) ** 2).sum()

    def carry(self, d):
        return self.b.components_.T @ self.rotation.T @ self.a.components_ @ d


class RidgeMap:
    """scikit-learn's Ridge of the first model's rows on the second's."""

    def __init__(self, a, b, penalty):
        singular = np.linalg.svd(b - b.mean(axis=0), compute_uv=False)
        values = singular[singular > 1e-10 * singular[0]] ** 2
        self.model = Ridge(alpha=penalty * values.mean(), solver="svd").fit(b, a)

    def error(self, a, b):
        return ((a - self.model.predict(b)) ** 2).sum()

    def carry(self, d):
        return self.model.coef_.T @ d


class CcaMap:
    """Canonical variates of principal components by QR, each predicted by its correlation."""

    def __init__(self, a, b, rank, pairs):
        self.a, self.b = (PCA(rank, svd_solver="full").fit(rows) for rows in (a, b))
        p, q = self.a.transform(a), self.b.transform(b)
        (qa, ra), (qb, rb) = np.linalg.qr(p), np.linalg.qr(q)
        u, self.correlations, vt = np.linalg.svd(qa.T @ qb)
        # q W predicts p: variates of q, times their correlations, back from variates of p.
        self.weights = (
            np.linalg.solve(rb, vt.T[:, :pairs]) * self.correlations[:pairs] @ (u[:, :pairs].T @ ra)
        )

    def error(self, a, b):
        guess = self.a.inverse_transform(self.b.transform(b) @ self.weights)
        return ((a - guess) ** 2).sum()

    def carry(self, d):
        return self.b.components_.T @ self.weights @ self.a.components_ @ d


def check_cca(a, b, rank):
    """The canonical correlations are those of statsmodels."""
    ours = CcaMap(a, b, rank, rank)
    theirs = CanCorr(ours.a.transform(a), ours.b.transform(b)).cancorr
    assert np.allclose(theirs, ours.correlations, atol=1e-9), (theirs, ours.correlations)


def transfer():
    rng = np.random.default_rng(23)
    out = []
    for name, width_a, width_b, noise, per_scenario, test in [
        ("narrow", 5, 7, 0.3, 6, 8),
        ("wide", 60, 40, 0.6, 3, 6),
        ("noisy", 9, 6, 2.0, 8, 10),
    ]:
        # Five scenarios, each a fold whatever the seed.
        train = 5 * per_scenario
        pairs = train + test
        latent = rng.normal(size=(2 * pairs, 5)) * [3.0, 2.0, 1.5, 1.0, 0.7]
        latent[0::2, 2] += 2.0
        a, b = (
            rounded(
                latent @ rng.normal(size=(5, width))
                + noise * rng.normal(size=(2 * pairs, width))
                + rng.normal(size=width)
            )
            for width in (width_a, width_b)
        )
        order = rng.permutation(pairs)
        is_train = np.zeros(pairs, dtype=bool)
        is_train[order[:train]] = True
        scenario = np.zeros(pairs, dtype=int)
        scenario[order[:train]] = np.arange(train) % 5
        texts = np.repeat(is_train, 2)
        groups = np.repeat(scenario, 2)[texts]
        wide_a, wide_b = a.astype(np.float64), b.astype(np.float64)

        directions = []
        for rows in (wide_a, wide_b):
            d = rows[0::2][is_train].mean(axis=0) - rows[1::2][is_train].mean(axis=0)
            directions.append(rounded(d / np.linalg.norm(d)))
        d_a, d_b = (d.astype(np.float64) for d in directions)

        fit_a, fit_b = wide_a[texts], wide_b[texts]
        folds = [groups == g for g in range(5)]
        rank = min(
            np.linalg.matrix_rank(rows[~held] - rows[~held].mean(axis=0))
            for rows in (fit_a, fit_b)
            for held in folds
        )
        ranks = ranks_below(int(rank))
        grids = {
            "procrustes": (Procrustes, [{"rank": r} for r in ranks]),
            "ridge": (RidgeMap, [{"penalty": p} for p in PENALTIES]),
            "cca": (CcaMap, [{"rank": r, "pairs": k} for r in ranks for k in ranks_below(r)]),
        }
        check_cca(fit_a, fit_b, 3)
        maps = []
        for kind, (make, grid) in grids.items():
            explained = []
            for settings in grid:
                error, total = 0.0, 0.0
                for held in folds:
                    fitted = make(fit_a[~held], fit_b[~held], **settings)
                    error += fitted.error(fit_a[held], fit_b[held])
                    target = fit_b if kind == "procrustes" else fit_a
                    total += ((target[held] - target[~held].mean(axis=0)) ** 2).sum()
                explained.append(1 - error / total)
            best = int(np.argmax(explained))
            carried = make(fit_a, fit_b, **grid[best]).carry(d_a)
            carried /= np.linalg.norm(carried)
            scores = wide_b[~texts] @ carried
            maps.append(
                {
                    "settings": {"map": kind, **grid[best]},
                    "explained": explained[best],
                    "direction": carried.tolist(),
                    "cosine": float(carried @ d_b / np.linalg.norm(d_b)),
                    "auroc": float(roc_auc_score(np.tile([1, 0], test), scores)),
                }
            )
        out.append(
            {
                "name": name,
                "a": plain(a),
                "b": plain(b),
                "directions": [plain(d) for d in directions],
                "train": is_train.tolist(),
                "scenario": scenario.tolist(),
                "maps": maps,
            }
        )
    write("transfer.json", {"cases": out})


def exact_spearman_p(x, y):
    """Share of all orders with a rank correlation at least as far from zero."""
    x, y = stats.rankdata(x), stats.rankdata(y)
    x, y = x - x.mean(), y - y.mean()
    products = np.abs([np.dot(x, order) for order in itertools.permutations(y)])
    return float(np.mean(products >= abs(np.dot(x, y)) - 1e-9))


def behaviour():
    rng = np.random.default_rng(24)
    cases = {
        "three rows": (np.array([0.1, 0.7, 0.3]), np.array([1.0, 2.0, 2.5])),
        "seven rows": (rng.normal(size=7), rng.normal(size=7)),
        "nine rows with ties": (np.round(rng.normal(size=9), 0), rng.integers(0, 3, 9) * 1.0),
        "labels of three grades": (rng.normal(size=14), rng.integers(0, 3, 14) * 1.0),
        "forty rows": (rng.normal(size=40), None),
        "no relation": (rng.normal(size=25), rng.normal(size=25)),
        "opposed": (np.arange(12.0), -np.arange(12.0) + rng.normal(size=12)),
    }
    out = []
    for name, (score, human) in cases.items():
        human = 0.5 * score + rng.normal(size=len(score)) if human is None else human
        score, human = columns(score, human)
        n = len(score)
        pearson = stats.pearsonr(score, human)
        interval = pearson.confidence_interval(0.95)
        spearman = stats.spearmanr(score, human)
        line = OLS(human, add_constant(score)).fit()
        grid = np.linspace(score.min(), score.max(), 101)[[0, 30, 100]]
        band = line.get_prediction(add_constant(grid)).summary_frame(alpha=0.05)
        ends = band[["mean", "mean_ci_lower", "mean_ci_upper"]].to_numpy().tolist()
        cut = (human.min() + human.max()) / 2
        decided = human != cut
        high = human[decided] > cut
        above = score[decided] > np.median(score[decided])
        out.append(
            {
                "name": name,
                "score": score.tolist(),
                "human": human.tolist(),
                "pearson": float(pearson.statistic),
                "pearson_p": float(pearson.pvalue),
                "pearson_ci": [interval.low, interval.high] if n > 3 else None,
                "spearman": float(spearman.statistic),
                "spearman_p": exact_spearman_p(score, human) if n <= 9 else float(spearman.pvalue),
                "binary_accuracy": float(np.mean(high == above)),
                "confusion": {
                    "true_positive": int((high & above).sum()),
                    "false_positive": int((~high & above).sum()),
                    "false_negative": int((high & ~above).sum()),
                    "true_negative": int((~high & ~above).sum()),
                },
                "slope": float(line.params[1]),
                "intercept": float(line.params[0]),
                "residual": float(np.sqrt(line.scale)),
                "points": [
                    {"score": score, "fit": fit, "low": low, "high": high}
                    for score, (fit, low, high) in zip(grid.tolist(), ends)
                ],
            }
        )
    (z,) = columns(rng.normal(size=40) * 2)
    outcome = rng.random(40) < 1 / (1 + np.exp(-z))
    probability = 1 / (1 + np.exp(-z))
    observed, predicted = calibration_curve(outcome, probability, n_bins=5, strategy="quantile")
    calibration = {
        "z": z.tolist(),
        "outcome": outcome.tolist(),
        "bins": 5,
        "brier": float(brier_score_loss(outcome, probability)),
        "predicted": predicted.tolist(),
        "observed": observed.tolist(),
        # five bins of eight rows
        "wilson": [proportion_confint(round(8 * share), 8, method="wilson") for share in observed],
    }
    write("behaviour.json", {"cases": out, "calibration": calibration})


if __name__ == "__main__":
    agreement()
    similarity()
    transfer()
    behaviour()
