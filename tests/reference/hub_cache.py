"""Writes hub-cache/cache.json: a cache made by huggingface_hub itself and what its own
scan says of it, for the listing of lens-hub to be compared with.

Usage, from this folder:
    python -m pip install -r hub_cache_requirements.txt
    python hub_cache.py

A small server on this machine stands for the hub; nothing else is contacted. Contents are a few bytes
each, since only layout, sizes and names matter.
"""

import hashlib
import json
import os
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

OUT = Path(__file__).parent / "hub-cache" / "cache.json"
FIRST, SECOND = "1" * 40, "2" * 40
INDEX = {"weight_map": {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"}}

# id -> revision -> (commit, files)
BASE = {"config.json": '{"model_type": "llama"}', "tokenizer.json": '{"version": "1.0"}'}
REPOS = {
    "legacy": {"main": (FIRST, BASE | {"model.safetensors": "weights of an old id"})},
    "org/two-revisions": {
        "v1": (FIRST, BASE | {"model.safetensors": "the first weights"}),
        "main": (SECOND, BASE | {"model.safetensors": "the second weights, longer"}),
    },
    "org/sharded": {
        "main": (
            FIRST,
            BASE
            | {
                "model.safetensors.index.json": json.dumps(INDEX),
                "model-00001-of-00002.safetensors": "shard one",
                "model-00002-of-00002.safetensors": "shard two, longer",
            },
        )
    },
    "org/one-shard": {
        "refs/pr/1": (
            FIRST,
            BASE
            | {
                "model.safetensors.index.json": json.dumps(INDEX),
                "model-00001-of-00002.safetensors": "shard one",
            },
        )
    },
    "org/gguf": {"main": (FIRST, {"q4/model-Q4_K_M.gguf": "GGUF in a folder"})},
    "org/config-only": {FIRST: (FIRST, {"config.json": "{}"})},
    "org/pickle": {"main": (FIRST, BASE | {"pytorch_model.bin": "a pickle", "README.md": "# Card"})},
    "org/dangling": {"main": (FIRST, BASE | {"model.safetensors": "weights that get lost"})},
}


def large(name):
    return name.endswith((".safetensors", ".gguf", ".bin"))


def etag(name, content):
    if large(name):
        return hashlib.sha256(content).hexdigest()
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


class Hub(BaseHTTPRequestHandler):
    def do_HEAD(self):
        self.answer(False)

    def do_GET(self):
        self.answer(True)

    def answer(self, body):
        repo, _, rest = self.path.lstrip("/").partition("/resolve/")
        rest = rest.replace("%2F", "/")
        for revision, (commit, files) in REPOS[repo].items():
            name = rest.removeprefix(revision + "/")
            if name != rest and name in files:
                break
        else:
            self.send_error(404)
            return
        content = files[name].encode()
        self.send_response(200)
        self.send_header("X-Repo-Commit", commit)
        self.send_header("ETag", f'"{etag(name, content)}"')
        if large(name):
            self.send_header("X-Linked-Etag", f'"{etag(name, content)}"')
            self.send_header("X-Linked-Size", str(len(content)))
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if body:
            self.wfile.write(content)

    def log_message(self, *_):
        pass


def entries(cache):
    for path in sorted(cache.rglob("*")):
        name = path.relative_to(cache).as_posix()
        if name == "CACHEDIR.TAG" or name.startswith(".locks/"):
            continue
        if path.is_symlink():
            yield {"path": name, "link": os.readlink(path)}
        elif path.is_file():
            yield {"path": name, "file": path.read_text()}


def scanned(info, cache):
    return {
        repo.repo_id: {
            "bytes": repo.size_on_disk,
            "revisions": {
                revision.commit_hash: {
                    "refs": sorted(revision.refs),
                    "folder": revision.snapshot_path.relative_to(cache).as_posix(),
                    "files": {
                        file.file_path.relative_to(revision.snapshot_path).as_posix(): file.size_on_disk
                        for file in sorted(revision.files, key=lambda file: file.file_path)
                    },
                }
                for revision in sorted(repo.revisions, key=lambda revision: revision.commit_hash)
            },
        }
        for repo in sorted(info.repos, key=lambda repo: repo.repo_id)
    }


def main():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    os.environ["HF_ENDPOINT"] = f"http://127.0.0.1:{server.server_port}"
    os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
    os.environ["HF_HUB_DISABLE_PROGRESS_BARS"] = "1"
    import huggingface_hub

    cache = Path(tempfile.mkdtemp()).resolve()
    for repo, revisions in REPOS.items():
        for revision, (_, files) in revisions.items():
            for name in files:
                huggingface_hub.hf_hub_download(repo, name, revision=revision, cache_dir=cache)
    lost = "models--org--dangling/snapshots/" + FIRST + "/model.safetensors"
    (cache / lost).resolve().unlink()

    info = huggingface_hub.scan_cache_dir(cache)
    OUT.parent.mkdir(exist_ok=True)
    result = {
        "huggingface_hub": huggingface_hub.__version__,
        "entries": list(entries(cache)),
        "scan": scanned(info, cache),
        "warnings": len(info.warnings),
    }
    OUT.write_text(json.dumps(result, indent=1) + "\n")
    print(f"{len(result['entries'])} entries, {len(result['scan'])} models, {OUT.stat().st_size} bytes")
    for warning in info.warnings:
        print("scan:", str(warning).replace(str(cache), "CACHE"))


if __name__ == "__main__":
    main()
