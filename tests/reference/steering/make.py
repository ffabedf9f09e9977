"""Reference values for the scores of steering, from statsmodels.

    pip install -r requirements.txt
    python make.py

Writes scores.json beside this file: Wilson's interval for shares, and the logistic regression of
outcomes on coefficients with Wald's interval.
"""

import json
import pathlib
import sys

import numpy as np
import statsmodels
import statsmodels.api as sm
from statsmodels.stats.proportion import proportion_confint

HERE = pathlib.Path(__file__).parent
GRID = [-20, -15, -10, -5, 0, 5, 10, 15, 20]

# per case: coefficients, samples with the outcome, samples
DOSES = {
    "published grid": (GRID, [0, 1, 1, 2, 2, 3, 5, 4, 5], [5] * 9),
    "falling": (GRID, [5, 5, 4, 2, 3, 1, 2, 0, 0], [5] * 9),
    "flat": ([-1, 0, 1], [3, 4, 3], [8, 8, 8]),
    "relative units": ([-0.5, -0.25, 0, 0.25, 0.5], [10, 31, 48, 77, 93], [100] * 5),
    "uneven cells": ([-4, -1, 0, 2, 7], [1, 0, 3, 1, 6], [9, 2, 5, 1, 7]),
    "steep": ([-3, -2, -1, 0, 1, 2, 3], [0, 0, 1, 30, 59, 60, 60], [60] * 7),
    "one side": ([0, 5, 10], [2, 3, 9], [10, 10, 10]),
    "tiny unit": ([-2e-6, 0, 1e-6], [2, 5, 7], [9, 9, 9]),
}


def wilson():
    shares = [(0, 1), (1, 1), (0, 8), (8, 8), (4, 8), (1, 30), (29, 30), (377, 1000), (3, 40)]
    intervals = [proportion_confint(k, n, alpha=0.05, method="wilson") for k, n in shares]
    return [
        {"hits": k, "n": n, "low": float(low), "high": float(high)}
        for (k, n), (low, high) in zip(shares, intervals)
    ]


def slopes():
    out = []
    for name, (coefficients, hits, sizes) in DOSES.items():
        # fitted in units of the largest coefficient, in which the solver is at ease
        unit = max(abs(a) for a in coefficients)
        at = np.repeat(coefficients, sizes) / unit
        outcome = np.concatenate([[1.0] * k + [0.0] * (n - k) for k, n in zip(hits, sizes)])
        fitted = sm.Logit(outcome, sm.add_constant(at)).fit(disp=0, tol=1e-14, maxiter=200)
        low, high = fitted.conf_int(alpha=0.05)[1] / unit
        out.append(
            {
                "name": name,
                "coefficients": coefficients,
                "hits": hits,
                "sizes": sizes,
                "slope": fitted.params[1] / unit,
                "intercept": fitted.params[0],
                "standard_error": fitted.bse[1] / unit,
                "low": low,
                "high": high,
            }
        )
    return out


provenance = {
    "script": "tests/reference/steering/make.py",
    "python": sys.version.split()[0],
    "numpy": np.__version__,
    "statsmodels": statsmodels.__version__,
}
body = {"provenance": provenance, "wilson": wilson(), "slopes": slopes()}
text = json.dumps(body, indent=1, allow_nan=False)
(HERE / "scores.json").write_text(text + "\n", encoding="utf-8")
