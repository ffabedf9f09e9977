"""Writes small directions with the packages that other tools write them with: numpy, safetensors, and
llama.cpp's own Python package for control vectors.

    pip install -r requirements.txt
    python make.py

own.* are what this program writes for the same direction, byte for byte.
"""

import json
import pathlib
from importlib import metadata

import gguf
import numpy as np
from safetensors.numpy import save_file

HERE = pathlib.Path(__file__).parent
VECTOR = np.array([0.5, -0.5, 0.1, -0.7], dtype=np.float32)
# the direction of this program that own.* hold
LAYER, METHOD, MIDPOINT, SCALE = 5, "mean-difference", -0.125, 1.75
MODEL, FAMILY, PROVENANCE = "toy-llama", "llama", "data pairs; seed 0"


def npy(name, array, version=None):
    with open(HERE / name, "wb") as file:
        np.lib.format.write_array(file, array, version=version, allow_pickle=array.dtype == object)


def control_vector(name, directions, more=(), signed=False):
    """As repeng and EasySteer write it; `signed`, the count as llama-cvector-generator writes it."""
    writer = gguf.GGUFWriter(HERE / name, "controlvector")
    writer.add_string("controlvector.model_hint", FAMILY)
    count = writer.add_int32 if signed else writer.add_uint32
    count("controlvector.layer_count", len(directions))
    for key, value in more:
        add = writer.add_string if isinstance(value, str) else writer.add_float64
        add(key, value)
    for number, vector in directions.items():
        writer.add_tensor(f"direction.{number}", vector)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


npy("own.npy", VECTOR)
npy("f16.npy", VECTOR.astype(np.float16))
npy("version-2.npy", VECTOR, (2, 0))
npy("version-3.npy", VECTOR, (3, 0))
npy("f64.npy", VECTOR.astype(np.float64))
npy("big-endian.npy", VECTOR.astype(">f4"))
npy("matrix.npy", np.stack([VECTOR, VECTOR]))
npy("objects.npy", np.array([None, 1], dtype=object))
np.savez(HERE / "archive.npz", VECTOR)

several = {number: VECTOR * np.float32(number) for number in (1, 2, 3)}
control_vector("repeng.gguf", several)
control_vector("generator.gguf", several, signed=True)
control_vector("easysteer.gguf", several, [("controlvector.method", "diffmean")])
control_vector("f16.gguf", {1: VECTOR.astype(np.float16)})
control_vector(
    "own.gguf",
    {LAYER - 1: VECTOR},
    [
        ("empathy_lens.model", MODEL),
        ("empathy_lens.method", METHOD),
        ("empathy_lens.midpoint", MIDPOINT),
        ("empathy_lens.scale", SCALE),
        ("empathy_lens.provenance", PROVENANCE),
    ],
)

blocks = {f"direction.{number}": vector for number, vector in several.items()}
save_file(blocks, HERE / "blocks.safetensors")
save_file({"direction": VECTOR.astype(np.float16)}, HERE / "f16.safetensors")
save_file({"direction": np.stack([VECTOR, VECTOR])}, HERE / "matrix.safetensors")

packages = {name: metadata.version(name) for name in ("gguf", "numpy", "safetensors")}
about = {"script": "tests/reference/directions/make.py", **packages}
(HERE / "provenance.json").write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")
