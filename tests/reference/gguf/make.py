"""Writes tiny models of the families' references as GGUF files, with llama.cpp's own Python package:
its names of tensors and entries, its quantisation. And a SentencePiece tokenizer in such a file, with
the token ids that sentencepiece itself and the converted tokenizer give.

    pip install -r requirements.txt
    python make.py

What the models compute is in ../families/*/expected.safetensors, which is of transformers.
"""

import hashlib
import io
import json
import pathlib
import platform
from importlib import metadata

import gguf
import numpy as np
import sentencepiece
from safetensors.numpy import load_file
from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, processors
from transformers.convert_slow_tokenizer import generate_merges

HERE = pathlib.Path(__file__).parent
FAMILIES = HERE.parent / "families"
ARCHITECTURES = {
    "llama": gguf.MODEL_ARCH.LLAMA,
    "mistral": gguf.MODEL_ARCH.LLAMA,
    "qwen2": gguf.MODEL_ARCH.QWEN2,
    "qwen3": gguf.MODEL_ARCH.QWEN3,
    "phi3": gguf.MODEL_ARCH.PHI3,
    "gemma2": gguf.MODEL_ARCH.GEMMA2,
    "gemma3_text": gguf.MODEL_ARCH.GEMMA3,
}
# the numbers of matrices whose rows are whole blocks; the others are f16
MODELS = {
    "mistral": gguf.GGMLQuantizationType.F32,
    "qwen2": gguf.GGMLQuantizationType.F16,
    "qwen3": gguf.GGMLQuantizationType.F32,
    "phi3": gguf.GGMLQuantizationType.Q8_0,
    "phi3-long": gguf.GGMLQuantizationType.F32,
    "gemma2": gguf.GGMLQuantizationType.Q8_0,
    "gemma3": gguf.GGMLQuantizationType.F32,
}


def permute(weights, heads):
    """What llama.cpp's converter does to queries and keys of Llama."""
    shape = weights.shape
    return weights.reshape(heads, 2, shape[0] // heads // 2, *shape[1:]).swapaxes(1, 2).reshape(shape)


def entries(writer, config):
    """What the configuration says, under the names of the format."""
    head = config.get("head_dim") or config["hidden_size"] // config["num_attention_heads"]
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_head_count(config["num_attention_heads"])
    writer.add_head_count_kv(config["num_key_value_heads"])
    writer.add_layer_norm_rms_eps(config["rms_norm_eps"])
    writer.add_key_length(head)
    writer.add_value_length(head)
    rope = config.get("rope_parameters") or {}
    writer.add_rope_freq_base(config.get("rope_theta") or rope["rope_theta"])
    partial = config.get("partial_rotary_factor") or rope.get("partial_rotary_factor") or 1.0
    writer.add_rope_dimension_count(int(head * partial))
    scaling = config.get("rope_scaling") or {}
    if scaling.get("rope_type") == "linear":
        writer.add_rope_scaling_type(gguf.RopeScalingType.LINEAR)
        writer.add_rope_scaling_factor(scaling["factor"])
    if scaling.get("rope_type") == "longrope":
        original = config["original_max_position_embeddings"]
        writer.add_rope_scaling_type(gguf.RopeScalingType.LONGROPE)
        writer.add_rope_scaling_orig_ctx_len(original)
        stretch = config["max_position_embeddings"] / original
        writer.add_rope_scaling_attn_factors((1 + np.log(stretch) / np.log(original)) ** 0.5)
        for kind in ("short", "long"):
            name = f"rope_factors_{kind}.weight"
            writer.add_tensor(name, np.array(scaling[f"{kind}_factor"], dtype=np.float32))
    kind = config["model_type"]
    # phi3's converter writes a 0 for none
    window = config.get("sliding_window") or (0 if kind == "phi3" else None)
    if window is not None:
        writer.add_sliding_window(window)
    if kind == "qwen3":
        flags = [layer == "sliding_attention" for layer in config["layer_types"]]
        writer.add_sliding_window_pattern(flags)
    if kind == "gemma3_text":
        writer.add_sliding_window_pattern(config["sliding_window_pattern"])
        writer.add_rope_freq_base_swa(config["rope_local_base_freq"])
    if kind == "gemma2":
        writer.add_attn_logit_softcapping(config["attn_logit_softcapping"])
        writer.add_final_logit_softcapping(config["final_logit_softcapping"])
    if kind.startswith("gemma"):
        # none of the models that are around needs it
        key = f"{gguf.MODEL_ARCH_NAMES[ARCHITECTURES[kind]]}.attention.scale"
        writer.add_float32(key, config["query_pre_attn_scalar"] ** -0.5)


def tensors(writer, config, weights, numbers):
    kind = config["model_type"]
    names = gguf.get_tensor_name_map(ARCHITECTURES[kind], config["num_hidden_layers"])
    for name, values in sorted(weights.items()):
        values = values.astype(np.float32)
        stored = names.get_name(name, try_suffixes=(".weight", ".bias"))
        assert stored, name
        if kind in ("llama", "mistral"):
            if ".q_proj." in name:
                values = permute(values, config["num_attention_heads"])
            if ".k_proj." in name:
                values = permute(values, config["num_key_value_heads"])
        if kind.startswith("gemma") and name.endswith("norm.weight"):
            values = values + 1
        quantised = gguf.GGMLQuantizationType.F32
        if values.ndim == 2:
            block, _ = gguf.GGML_QUANT_SIZES[numbers]
            whole = values.shape[-1] % block == 0
            quantised = numbers if whole else gguf.GGMLQuantizationType.F16
        data = gguf.quants.quantize(values, quantised)
        writer.add_tensor(stored, data, raw_dtype=quantised)


def close(writer):
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def byte_level(writer, size):
    """A vocabulary that is large enough: these models are read as token ids."""
    byte = [chr(c) for c in range(33, 126)]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    tokens = ["<s>", "</s>", *byte, "ab"]
    assert len(tokens) == size
    writer.add_token_list(tokens)
    kinds = [gguf.TokenType.CONTROL] * 2 + [gguf.TokenType.NORMAL] * (len(tokens) - 2)
    writer.add_token_types(kinds)
    writer.add_token_merges(["a b"])
    writer.add_bos_token_id(0)
    writer.add_eos_token_id(1)


def model(name, numbers):
    config = json.loads((FAMILIES / name / "config.json").read_text())
    weights = load_file(FAMILIES / name / "model.safetensors")
    architecture = gguf.MODEL_ARCH_NAMES[ARCHITECTURES[config["model_type"]]]
    writer = gguf.GGUFWriter(HERE / f"{name}.gguf", architecture)
    writer.add_name(f"Tiny {name}")
    writer.add_license("cc0-1.0")
    entries(writer, config)
    byte_level(writer, config["vocab_size"])
    tensors(writer, config, weights, numbers)
    close(writer)


TEXTS = [
    "",
    "She listened quietly.",
    " two  spaces   and    more     ",
    "line\nline\n\n\tthree\r\n",
    "naïve café, Ελληνικά, 日本語, العربية",
    "emoji 🙂👩‍👩‍👧 and 1234567890",
    "<s>literal</s> <unk> <0x0A> <|turn|> then",
    "ends with a turn<|turn|>",
    "<|turn|>  begins, a\u2581b",
    "don't we'll THEY'RE",
]

CORPUS = [
    "She listened quietly while he spoke about the long night, and then she asked what he needed.",
    "He did not answer at once.  The kettle was on; two cups stood on the table, warm and steaming.",
    "Numbers: 12 345 6789. Don't we'll they're I'm, it's, you've.",
    "A naive question in the cafe, a kind reply. Naïve café.",
    "When the storm came they carried the chairs inside and counted the children, one by one.",
] * 20


def sentence_piece():
    """A tokenizer with scores, byte fallback and a user-defined piece, and a model of one block."""
    rng = np.random.default_rng(7)
    out = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(CORPUS), model_writer=out, model_type="bpe", vocab_size=512,
        byte_fallback=True, character_coverage=1.0, user_defined_symbols=["<|turn|>"],
        normalization_rule_name="identity", remove_extra_whitespaces=False, minloglevel=2,
        num_threads=1,
    )
    theirs = sentencepiece.SentencePieceProcessor(model_proto=out.getvalue())
    size = theirs.get_piece_size()
    kinds = []
    for i in range(size):
        kinds.append(
            gguf.TokenType.UNKNOWN if theirs.is_unknown(i)
            else gguf.TokenType.CONTROL if theirs.is_control(i)
            else gguf.TokenType.BYTE if theirs.is_byte(i)
            else gguf.TokenType.USER_DEFINED if theirs.id_to_piece(i) == "<|turn|>"
            else gguf.TokenType.NORMAL
        )
    pieces = [theirs.id_to_piece(i) for i in range(size)]
    scores = [theirs.get_score(i) for i in range(size)]

    vocab = {piece: i for i, piece in enumerate(pieces)}
    normal = {p: s for p, s, k in zip(pieces, scores, kinds) if k == gguf.TokenType.NORMAL}
    converted = Tokenizer(models.BPE(
        vocab=vocab, merges=generate_merges(vocab, normal), unk_token="<unk>", fuse_unk=True,
        byte_fallback=True,
    ))
    converted.normalizer = normalizers.Sequence(
        [normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")]
    )
    converted.decoder = decoders.ByteFallback()
    converted.add_special_tokens([AddedToken(t, normalized=False, special=True)
                                  for t in ("<unk>", "<s>", "</s>")])
    converted.add_tokens([AddedToken("<|turn|>", normalized=False)])
    converted.post_processor = processors.TemplateProcessing(
        single="<s> $A", pair="<s> $A $B", special_tokens=[("<s>", 1)]
    )

    width, inner = 32, 32
    writer = gguf.GGUFWriter(HERE / "sentence-piece.gguf", "llama")
    entries(writer, {
        "model_type": "llama", "num_hidden_layers": 1, "max_position_embeddings": 256,
        "hidden_size": width, "intermediate_size": inner, "num_attention_heads": 2,
        "num_key_value_heads": 2, "rms_norm_eps": 1e-5, "rope_theta": 1e4,
    })
    writer.add_tokenizer_model("llama")
    writer.add_tokenizer_pre("default")
    writer.add_token_list(pieces)
    writer.add_token_scores(scores)
    writer.add_token_types(kinds)
    writer.add_bos_token_id(theirs.bos_id())
    writer.add_eos_token_id(theirs.eos_id())
    writer.add_unk_token_id(theirs.unk_id())
    writer.add_add_bos_token(True)
    writer.add_add_eos_token(False)
    normed = lambda *shape: rng.normal(size=shape).astype(np.float32) * 0.2
    weights = {
        "model.embed_tokens.weight": normed(size, width),
        "model.norm.weight": np.ones(width, np.float32),
    }
    for part, shape in {
        "self_attn.q_proj": (width, width), "self_attn.k_proj": (width, width),
        "self_attn.v_proj": (width, width), "self_attn.o_proj": (width, width),
        "mlp.gate_proj": (inner, width), "mlp.up_proj": (inner, width),
        "mlp.down_proj": (width, inner),
    }.items():
        weights[f"model.layers.0.{part}.weight"] = normed(*shape)
    for norm in ("input_layernorm", "post_attention_layernorm"):
        weights[f"model.layers.0.{norm}.weight"] = np.ones(width, np.float32)
    config = {"model_type": "llama", "num_hidden_layers": 1, "num_attention_heads": 2,
              "num_key_value_heads": 2}
    tensors(writer, config, weights, gguf.GGMLQuantizationType.Q4_0)
    close(writer)

    same = 0
    rows = []
    for text in TEXTS:
        ids = converted.encode(text).ids
        # special tokens in a text are text to sentencepiece
        own = [theirs.bos_id(), *theirs.encode(text)]
        plain = not any(t in text for t in ("<s>", "</s>", "<unk>", "<0x", "<|turn|>"))
        assert not plain or own == ids, (text, own, ids)
        same += plain
        rows.append({"text": text, "ids": ids})
    print(f"{same} of {len(TEXTS)} texts compared with sentencepiece")
    (HERE / "sentence-piece.json").write_text(json.dumps(rows, ensure_ascii=False, indent=1) + "\n")


if __name__ == "__main__":
    for name, numbers in MODELS.items():
        model(name, numbers)
    sentence_piece()
    versions = {name: metadata.version(name) for name in ("gguf", "sentencepiece", "tokenizers")}
    script = hashlib.sha256(pathlib.Path(__file__).read_bytes()).hexdigest()
    provenance = {"script": script, "python": platform.python_version(), **versions}
    (HERE / "provenance.json").write_text(json.dumps(provenance, indent=1) + "\n")
