"""Reference values for maps, from umap-learn and scikit-learn.

    pip install -r requirements.txt
    python make.py

Writes curve.json, graphs.json and maps.json beside this file. Neighbours are exact: by distance in
f64, equally near ones by index, each row being its own first neighbour.
"""

import importlib.metadata
import json
import os
import pathlib
import sys
import warnings

os.environ.pop("OPENBLAS_CORETYPE", None)
warnings.filterwarnings("ignore")

import numpy as np
import umap
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.manifold import trustworthiness
from umap.umap_ import find_ab_params, fuzzy_simplicial_set, smooth_knn_dist

HERE = pathlib.Path(__file__).parent
PROVENANCE = {
    "script": "tests/reference/umap/make.py",
    "python": sys.version.split()[0],
    **{
        name: importlib.metadata.version(name)
        for name in ("numpy", "scipy", "scikit-learn", "numba", "umap-learn")
    },
}


def rounded(values):
    """Six significant digits, exactly representable in f32 once read back."""
    flat = [float(f"{v:.6g}") for v in np.ravel(values)]
    return np.array(flat, dtype=np.float32).reshape(np.shape(values))


def short(values, digits=6):
    """Whole numbers without a point, others to so many significant digits."""
    def one(value):
        value = float(f"{value:.{digits}g}")
        return int(value) if value.is_integer() else value

    if np.ndim(values) == 1:
        return [one(value) for value in values]
    return [short(row, digits) for row in values]


def write(name, body):
    text = json.dumps({"provenance": PROVENANCE, **body}, separators=(",", ":"), allow_nan=False)
    (HERE / name).write_text(text + "\n", encoding="utf-8")
    print(f"{name}: {len(text)} bytes")


def distances(rows, metric):
    rows = rows.astype(np.float64)
    if metric == "cosine":
        rows = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    squared = ((rows[:, None, :] - rows[None, :, :]) ** 2).sum(-1)
    return 0.5 * squared if metric == "cosine" else np.sqrt(squared)


def neighbours(rows, k, metric):
    found = distances(rows, metric)
    keys = found.copy()
    np.fill_diagonal(keys, -1.0)
    order = np.argsort(keys, axis=1, kind="stable")[:, :k]
    return order, np.take_along_axis(found, order, axis=1)


def graph(name, rows, k, metric):
    order, found = neighbours(rows, k, metric)
    found = found.astype(np.float32)
    scales, nearest = smooth_knn_dist(found, float(k))
    union, _, _ = fuzzy_simplicial_set(
        rows, k, np.random.RandomState(0), metric, knn_indices=order, knn_dists=found
    )
    union = union.tocoo()
    upper = union.row < union.col
    links = sorted(zip(union.row[upper].tolist(), union.col[upper].tolist(), union.data[upper]))
    return {
        "name": name,
        "metric": metric,
        "n_neighbors": k,
        "neighbours": order[:, 1:].tolist(),
        "nearest": short(nearest.astype(float), 8),
        "scales": short(scales.astype(float), 8),
        "links": [[i, j, float(f"{w:.7g}")] for i, j, w in links],
    }


def main():
    curves = []
    for spread, min_dist in [(1.0, 0.1), (1.0, 0.0), (1.0, 0.5), (1.0, 0.99), (2.0, 0.1), (0.5, 0.25)]:
        a, b = find_ab_params(spread, min_dist)
        curves.append({"spread": spread, "min_dist": min_dist, "a": float(a), "b": float(b)})
    write("curve.json", {"curves": curves})

    rng = np.random.default_rng(0)
    blobs = rounded(rng.normal(size=(60, 5)) + 6.0 * np.repeat(rng.normal(size=(3, 5)), 20, axis=0))
    copies = rounded(rng.normal(size=(40, 4)))
    copies[5:15] = copies[4]
    copies[30:33] = copies[20]
    digits = load_digits().data[:600].astype(np.float32)
    cases = [
        ("blobs", blobs, 10, "euclidean"),
        ("blobs", blobs, 10, "cosine"),
        ("copies", copies, 6, "euclidean"),
        ("digits", digits[:200], 15, "euclidean"),
    ]
    write(
        "graphs.json",
        {
            "rows": {"blobs": short(blobs), "copies": short(copies)},
            "graphs": [graph(*case) for case in cases],
        },
    )

    # Without ties, of which sklearn's order is not determined.
    cloud = rounded(rng.normal(size=(150, 12)) + 1.0)
    plane = rounded(PCA(2, svd_solver="full").fit_transform(cloud))
    judged = []
    for metric in ("euclidean", "cosine"):
        full, on_map = distances(cloud, metric), distances(plane, "euclidean")
        np.fill_diagonal(full, np.inf)
        np.fill_diagonal(on_map, np.inf)
        for k in (5, 15):
            near = np.argsort(full, axis=1, kind="stable")[:, :k]
            near_on_map = np.argsort(on_map, axis=1, kind="stable")[:, :k]
            kept = np.mean([len(set(a) & set(b)) / k for a, b in zip(near, near_on_map)])
            trust = trustworthiness(cloud, plane, n_neighbors=k, metric=metric)
            judged.append(
                {"metric": metric, "k": k, "trustworthiness": float(trust), "kept": float(kept)}
            )

    maps = []
    for metric, dimensions, start in [
        ("euclidean", 2, "spectral"),
        ("euclidean", 2, "pca"),
        ("euclidean", 3, "spectral"),
        ("cosine", 2, "spectral"),
    ]:
        found = []
        for seed in range(5):
            drawn = umap.UMAP(
                metric=metric, n_components=dimensions, init=start, random_state=seed
            ).fit_transform(digits)
            found.append(float(trustworthiness(digits, drawn, n_neighbors=15, metric=metric)))
        maps.append(
            {"metric": metric, "dimensions": dimensions, "start": start, "trustworthiness": found}
        )
        print(maps[-1])
    write(
        "maps.json",
        {
            "digits": digits.astype(int).tolist(),
            "cloud": short(cloud),
            "plane": short(plane),
            "judged": judged,
            "maps": maps,
        },
    )


if __name__ == "__main__":
    main()
