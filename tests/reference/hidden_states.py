"""Reference hidden states, logits, pooled rows and token ids of two tiny random Llama models.

Usage, from this folder:
    python -m pip install -r hidden_states_requirements.txt
    python hidden_states.py

Writes tiny-llama/:
    texts.json              the texts and the token ids transformers gives them
    plain/                  4 layers, untied head, grouped-query attention, sharded, config as
                            transformers 5 writes it
    scaled/                 2 layers, tied head, biases everywhere, explicit head_dim, llama3 rope
                            scaling, config with the keys of transformers 4
    */tokenizer.json        byte-level BPE, BOS in front (plain) or BOS and EOS (scaled); the latter
                            stores its own truncation and fixed padding, which a reader must override
    */hidden.safetensors    per text i: states.i [layers + 1, tokens, width] (the residual stream,
                            layer 0 = embedding output), final.i [tokens, width] (after the final
                            norm), and mean.i, mean-all.i, last.i [layers + 1, width]
    */logits.safetensors    per text i: logits.i [tokens, vocabulary]
    provenance.json         versions, seed, digest of this script

Norms and biases are random too, so that a reader that drops one is caught.
"""

import hashlib
import json
import os
import platform
import shutil

import safetensors.torch
import tokenizers
import torch
import transformers
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

SEED = 20
HERE = os.path.dirname(os.path.abspath(__file__))
OUT = os.path.join(HERE, "tiny-llama")
LIMIT = 16
TEXTS = [
    "I am here with you, and I am listening.",
    "No",
    "You said the night shifts wear you down; let us look at the roster together and find one "
    "evening a week that is yours.",
    "Ça va aller, mon ami — 私はここにいます。 🙂",
    "Finish the report.\n\n\tThen send it.  Nothing else matters.",
    "That sounds heavy. Do you want to talk?",
]


def train_tokenizer():
    """Byte-level BPE with 320 tokens, trained on the texts themselves."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=320,
        special_tokens=["<s>", "</s>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(TEXTS, trainer)
    return tokenizer


def with_template(tokenizer, template):
    copy = Tokenizer.from_str(tokenizer.to_str())
    special = [(token, copy.token_to_id(token)) for token in ("<s>", "</s>")]
    copy.post_processor = processors.TemplateProcessing(single=template, special_tokens=special)
    return copy


def randomise(model, generator):
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            noise = torch.randn(parameter.shape, generator=generator)
            if name.endswith("bias"):
                parameter.copy_(0.2 * noise)
            elif "norm" in name:
                parameter.copy_(1 + 0.2 * noise)
            else:
                parameter.copy_(noise * (1.0 if "embed" in name else parameter.shape[-1] ** -0.5))


def encode(tokenizer, **kwargs):
    fast = PreTrainedTokenizerFast(tokenizer_object=Tokenizer.from_str(tokenizer.to_str()))
    return [fast(text, **kwargs)["input_ids"] for text in TEXTS]


def reference(model, ids, special):
    """Residual stream at every layer, final norm and logits of one text."""
    last_block = []
    handle = model.model.layers[-1].register_forward_hook(
        lambda _module, _input, output: last_block.append(
            output[0] if isinstance(output, tuple) else output
        )
    )
    with torch.no_grad():
        output = model(torch.tensor([ids]), output_hidden_states=True, use_cache=False)
    handle.remove()
    # transformers gives the last hidden state after the final norm: layer L comes from the hook
    states = torch.stack([h[0] for h in output.hidden_states[:-1]] + [last_block[0][0]])
    content = [i for i, token in enumerate(ids) if token not in special]
    return {
        "states": states,
        "final": output.hidden_states[-1][0],
        "logits": output.logits[0],
        "mean": states[:, content].mean(dim=1),
        "mean-all": states.mean(dim=1),
        "last": states[:, content[-1]],
    }


def write(folder, model, tokenizer, hub_style, shard_size):
    path = os.path.join(OUT, folder)
    model.save_pretrained(path, max_shard_size=shard_size)
    os.remove(os.path.join(path, "generation_config.json"))
    if hub_style:
        # as files on the hub have it: keys of transformers 4
        with open(os.path.join(path, "config.json")) as f:
            config = json.load(f)
        rope = config.pop("rope_parameters")
        config["rope_theta"] = rope.pop("rope_theta")
        config["rope_scaling"] = rope
        config["torch_dtype"] = config.pop("dtype")
        with open(os.path.join(path, "config.json"), "w") as f:
            json.dump(dict(sorted(config.items())), f, indent=2)
    plain_ids = encode(tokenizer)
    special = {tokenizer.token_to_id("<s>"), tokenizer.token_to_id("</s>")}
    hidden, logits = {}, {}
    for i, ids in enumerate(plain_ids):
        for name, tensor in reference(model, ids, special).items():
            target = logits if name == "logits" else hidden
            target[f"{name}.{i}"] = tensor.contiguous().clone()
    safetensors.torch.save_file(hidden, os.path.join(path, "hidden.safetensors"))
    safetensors.torch.save_file(logits, os.path.join(path, "logits.safetensors"))
    stored = Tokenizer.from_str(tokenizer.to_str())
    if hub_style:
        stored.enable_truncation(8)
        stored.enable_padding(length=128, pad_id=0, pad_token="<s>")
    stored.save(os.path.join(path, "tokenizer.json"))
    return {
        "ids": plain_ids,
        "ids_cut": encode(tokenizer, truncation=True, max_length=LIMIT),
    }


def main():
    torch.set_num_threads(1)
    shutil.rmtree(OUT, ignore_errors=True)
    os.makedirs(OUT)
    tokenizer = train_tokenizer()
    vocabulary = tokenizer.get_vocab_size()
    common = dict(
        vocab_size=vocabulary,
        num_attention_heads=4,
        num_key_value_heads=2,
        rms_norm_eps=1e-5,
        bos_token_id=0,
        eos_token_id=1,
        attn_implementation="eager",
    )
    plain = LlamaForCausalLM(
        LlamaConfig(
            hidden_size=64,
            intermediate_size=176,
            num_hidden_layers=4,
            max_position_embeddings=256,
            tie_word_embeddings=False,
            **common,
        )
    ).eval()
    scaled = LlamaForCausalLM(
        LlamaConfig(
            hidden_size=48,
            intermediate_size=104,
            num_hidden_layers=2,
            head_dim=24,
            max_position_embeddings=512,
            tie_word_embeddings=True,
            attention_bias=True,
            mlp_bias=True,
            rope_parameters={
                "rope_type": "llama3",
                "rope_theta": 500000.0,
                "factor": 8.0,
                "low_freq_factor": 1.0,
                "high_freq_factor": 4.0,
                "original_max_position_embeddings": 64,
            },
            **common,
        )
    ).eval()
    generator = torch.Generator().manual_seed(SEED)
    randomise(plain, generator)
    randomise(scaled, generator)
    ids = {
        "plain": write("plain", plain, with_template(tokenizer, "<s> $A"), False, "280KB"),
        "scaled": write("scaled", scaled, with_template(tokenizer, "<s> $A </s>"), True, "2GB"),
    }
    with open(os.path.join(OUT, "texts.json"), "w") as f:
        json.dump({"texts": TEXTS, "limit": LIMIT, **ids}, f, indent=1)
    with open(os.path.abspath(__file__), "rb") as f:
        digest = hashlib.sha256(f.read()).hexdigest()
    with open(os.path.join(OUT, "provenance.json"), "w") as f:
        json.dump(
            {
                "script": "hidden_states.py",
                "script_sha256": digest,
                "seed": SEED,
                "python": platform.python_version(),
                "torch": torch.__version__.split("+")[0],
                "transformers": transformers.__version__,
                "tokenizers": tokenizers.__version__,
                "safetensors": safetensors.__version__,
            },
            f,
            indent=1,
        )


if __name__ == "__main__":
    main()
