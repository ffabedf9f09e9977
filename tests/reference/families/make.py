"""Reference activations and logits of tiny random models, one folder for each entry of entries.py.

Usage, from this folder:
    python -m pip install -r ../hidden_states_requirements.txt
    python make.py

Writes for every entry:
    config.json, model.safetensors   as transformers saves them, or as files on the hub have it where
                                     the entry says so
    expected.safetensors             per text i: ids.i [tokens]; states.i [layers + 1, tokens, width]
                                     (the residual stream, layer 0 = embedding output); mid.i [layers,
                                     tokens, width] (between attention and feed-forward part); final.i
                                     [tokens, width] (after the final norm) and logits.i [tokens,
                                     vocabulary] where the model has them
and provenance.json: versions, digests of the scripts.

The longest text is longer than any sliding window and than the range that rotary positions are
stretched from. Norms and biases are random too, so that a reader that drops one is caught.
"""

import hashlib
import json
import os
import platform
import shutil
import zlib

import safetensors
import safetensors.torch
import torch
import transformers

import entries

HERE = os.path.dirname(os.path.abspath(__file__))
LENGTHS = [41, 17, 2]


def randomise(model, generator):
    """Every parameter, by the kind of module it belongs to; no two alike."""
    done = set()
    with torch.no_grad():
        for module in model.modules():
            kind = type(module).__name__
            for name, parameter in module.named_parameters(recurse=False):
                if id(parameter) in done:
                    continue
                done.add(id(parameter))
                noise = torch.randn(parameter.shape, generator=generator)
                if name == "bias":
                    parameter.copy_(0.2 * noise)
                elif "Norm" in kind:
                    # Gemma's gains are stored less 1
                    centre = 0.0 if kind.startswith("Gemma") else 1.0
                    parameter.copy_(centre + 0.2 * noise)
                elif "Embedding" in kind:
                    parameter.copy_(noise)
                elif kind == "Conv1D":
                    parameter.copy_(noise * parameter.shape[0] ** -0.5)
                else:
                    parameter.copy_(noise * parameter.shape[-1] ** -0.5)


def first(value):
    return value[0] if isinstance(value, tuple) else value


def reference(entry, model, ids):
    """Residual stream at every layer and between the halves of every block, final norm, logits."""
    after, mid, handles = [], [], []
    for block in model.get_submodule(entry.blocks):
        handles.append(block.register_forward_hook(lambda _m, _i, out: after.append(first(out)[0])))
        handles.append(entry.mid(block, mid))
    with torch.no_grad():
        output = model(torch.tensor([ids]), output_hidden_states=True)
    for handle in handles:
        handle.remove()
    tensors = {
        "ids": torch.tensor(ids),
        "states": torch.stack([output.hidden_states[0][0], *after]),
        "mid": torch.stack(mid),
    }
    if entry.final:
        tensors["final"] = output.hidden_states[-1][0]
        tensors["logits"] = output.logits[0]
    return tensors


def write(entry):
    path = os.path.join(HERE, entry.name)
    shutil.rmtree(path, ignore_errors=True)
    generator = torch.Generator().manual_seed(zlib.crc32(entry.name.encode()))
    entry.config._attn_implementation = "eager"
    model = entry.model(entry.config).eval()
    randomise(model, generator)
    model.save_pretrained(path)
    if os.path.exists(generation := os.path.join(path, "generation_config.json")):
        os.remove(generation)
    config_path = os.path.join(path, "config.json")
    with open(config_path) as f:
        config = entry.stored_config(json.load(f))
    with open(config_path, "w") as f:
        json.dump(config, f, indent=1)
    weights_path = os.path.join(path, "model.safetensors")
    weights = entry.stored_weights(safetensors.torch.load_file(weights_path))
    safetensors.torch.save_file(weights, weights_path)

    expected = {}
    for i, length in enumerate(LENGTHS):
        # 0 and 1 may stand for padding
        ids = torch.randint(2, entry.config.vocab_size, (length,), generator=generator).tolist()
        for name, tensor in reference(entry, model, ids).items():
            expected[f"{name}.{i}"] = tensor.contiguous().clone()
    safetensors.torch.save_file(expected, os.path.join(path, "expected.safetensors"))


def digest(name):
    with open(os.path.join(HERE, name), "rb") as f:
        return hashlib.sha256(f.read()).hexdigest()


def main():
    torch.set_num_threads(1)
    for entry in entries.ENTRIES:
        write(entry)
    provenance = {
        "scripts": {name: digest(name) for name in ("make.py", "entries.py")},
        "seed": "CRC-32 of the entry's name",
        "python": platform.python_version(),
        "torch": torch.__version__.split("+")[0],
        "transformers": transformers.__version__,
        "safetensors": safetensors.__version__,
    }
    with open(os.path.join(HERE, "provenance.json"), "w") as f:
        json.dump(provenance, f, indent=1)


if __name__ == "__main__":
    main()
