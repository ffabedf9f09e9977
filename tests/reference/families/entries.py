"""The tiny models: one entry for each family and each of its variants that is read differently."""

from dataclasses import dataclass
from typing import Any, Callable

import torch
import transformers as hf


def input_of(part):
    """The stream between a block's halves, where it is what goes into one of its parts."""

    def listen(block, mid):
        def take(_module, inputs):
            mid.append(inputs[0][0])

        return block.get_submodule(part).register_forward_pre_hook(take)

    return listen


def same(value):
    return value


def hub_style(config):
    """As files on the hub have it: the keys of transformers 4."""
    rope = config.pop("rope_parameters")
    config["rope_theta"] = rope.pop("rope_theta")
    if "partial_rotary_factor" in rope:
        config["partial_rotary_factor"] = rope.pop("partial_rotary_factor")
    config["rope_scaling"] = rope if rope.get("rope_type", "default") != "default" else None
    config["torch_dtype"] = config.pop("dtype")
    config.pop("layer_types", None)
    return dict(sorted(config.items()))


@dataclass
class Entry:
    name: str
    config: Any
    model: Any
    # where the blocks are, and how to hear the stream between their halves
    blocks: str = "model.layers"
    mid: Callable = input_of("post_attention_layernorm")
    # whether there are a norm after the last block and a head
    final: bool = True
    stored_config: Callable = same
    stored_weights: Callable = same


WINDOW = 8
COMMON = dict(
    vocab_size=96,
    hidden_size=32,
    intermediate_size=72,
    num_attention_heads=4,
    num_key_value_heads=2,
    max_position_embeddings=128,
    bos_token_id=0,
    eos_token_id=1,
    pad_token_id=None,
)

# families whose blocks are fuller get fewer layers, to stay small
GEMMA = dict(
    COMMON,
    head_dim=12,
    query_pre_attn_scalar=20,
    sliding_window=WINDOW,
    intermediate_size=48,
)
ENCODER = dict(
    vocab_size=96,
    hidden_size=32,
    intermediate_size=72,
    num_hidden_layers=3,
    num_attention_heads=4,
    max_position_embeddings=64,
    attn_implementation="eager",
)


def gemma3_hub_style(config):
    """As files on the hub have it: two bases and a pattern."""
    rope = config.pop("rope_parameters")
    config["rope_theta"] = rope["full_attention"].pop("rope_theta")
    config["rope_local_base_freq"] = rope["sliding_attention"].pop("rope_theta")
    config["rope_scaling"] = rope["full_attention"]
    config["sliding_window_pattern"] = 3
    config.pop("layer_types")
    return config


def neox_hub_style(config):
    """As files on the hub have it: the base and the share under names of their own."""
    rope = config.pop("rope_parameters")
    config["rotary_emb_base"] = rope["rope_theta"]
    config["rotary_pct"] = rope["partial_rotary_factor"]
    return config


def neox_hub_weights(weights):
    """As files on the hub have it: with a mask beside the weights."""
    mask = torch.ones(1, 1, 128, 128, dtype=torch.uint8).tril()
    weights["gpt_neox.layers.0.attention.bias"] = mask
    return weights


def without(prefix):
    """Names as the base model alone is saved: without the prefix."""

    def rename(weights):
        return {name.removeprefix(prefix): tensor for name, tensor in weights.items()}

    return rename


def old_norm_names(weights):
    """Names of norms as the first files of BERT have them."""
    new = {"LayerNorm.weight": "LayerNorm.gamma", "LayerNorm.bias": "LayerNorm.beta"}
    for name in list(weights):
        for ending, old in new.items():
            if name.endswith(ending):
                weights[name.removesuffix(ending) + old] = weights.pop(name)
    return weights


def parallel_mid(block, mid):
    """The stream between the halves where both read the block's input: input and attention."""

    def take(module, inputs, output):
        mid.append(module.heard + output[0][0])

    def hear(_module, inputs):
        block.attention.heard = inputs[0][0]

    block.register_forward_pre_hook(hear)
    return block.attention.register_forward_hook(take)


def output_of(part):
    """The stream between a block's halves, where it is what comes out of one of its parts."""

    def listen(block, mid):
        def take(_module, _inputs, output):
            mid.append(output[0])

        return block.get_submodule(part).register_forward_hook(take)

    return listen


ENTRIES = [
    Entry(
        "qwen2",
        hf.Qwen2Config(num_hidden_layers=2, tie_word_embeddings=True, **COMMON),
        hf.Qwen2ForCausalLM,
    ),
    Entry(
        "qwen2-window",
        hf.Qwen2Config(
            num_hidden_layers=3,
            use_sliding_window=True,
            sliding_window=WINDOW,
            max_window_layers=1,
            rms_norm_eps=1e-5,
            rope_parameters={"rope_type": "default", "rope_theta": 1e6},
            **COMMON,
        ),
        hf.Qwen2ForCausalLM,
        stored_config=hub_style,
    ),
    Entry(
        "phi3",
        hf.Phi3Config(
            num_hidden_layers=3, tie_word_embeddings=True, sliding_window=WINDOW, **COMMON
        ),
        hf.Phi3ForCausalLM,
    ),
    # as Phi-4-mini: part of the head is rotated, by factors that depend on the text's length
    Entry(
        "phi3-long",
        hf.Phi3Config(
            num_hidden_layers=3,
            original_max_position_embeddings=20,
            rope_parameters={
                "rope_type": "longrope",
                "rope_theta": 10000.0,
                "partial_rotary_factor": 0.75,
                "short_factor": [1.0, 1.2, 1.5],
                "long_factor": [1.5, 2.5, 4.0],
            },
            **COMMON,
        ),
        hf.Phi3ForCausalLM,
        stored_config=hub_style,
    ),
    Entry(
        "mistral",
        hf.MistralConfig(num_hidden_layers=3, sliding_window=WINDOW, head_dim=10, **COMMON),
        hf.MistralForCausalLM,
        stored_config=hub_style,
    ),
    Entry(
        "qwen3",
        hf.Qwen3Config(
            num_hidden_layers=3,
            head_dim=12,
            attention_bias=True,
            tie_word_embeddings=True,
            use_sliding_window=True,
            sliding_window=WINDOW,
            max_window_layers=2,
            **COMMON,
        ),
        hf.Qwen3ForCausalLM,
    ),
    Entry(
        "gemma2",
        hf.Gemma2Config(
            num_hidden_layers=3,
            attn_logit_softcapping=2.0,
            final_logit_softcapping=3.0,
            **GEMMA,
        ),
        hf.Gemma2ForCausalLM,
        mid=input_of("pre_feedforward_layernorm"),
        stored_config=hub_style,
    ),
    Entry(
        "gemma3",
        hf.Gemma3TextConfig(
            num_hidden_layers=4,
            sliding_window_pattern=3,
            rope_parameters={
                "full_attention": {"rope_type": "linear", "factor": 8.0, "rope_theta": 500.0},
                "sliding_attention": {"rope_type": "default", "rope_theta": 50.0},
            },
            **GEMMA,
        ),
        hf.Gemma3ForCausalLM,
        mid=input_of("pre_feedforward_layernorm"),
        stored_config=gemma3_hub_style,
    ),
    # as transformers 5 writes it: layer types, and a base for each
    Entry(
        "gemma3-new",
        hf.Gemma3TextConfig(
            num_hidden_layers=2,
            sliding_window_pattern=2,
            final_logit_softcapping=3.0,
            rope_parameters={
                "full_attention": {"rope_type": "default", "rope_theta": 500.0},
                "sliding_attention": {"rope_type": "default", "rope_theta": 50.0},
            },
            **GEMMA,
        ),
        hf.Gemma3ForCausalLM,
        mid=input_of("pre_feedforward_layernorm"),
    ),
    Entry(
        "olmo2",
        hf.Olmo2Config(num_hidden_layers=3, **COMMON),
        hf.Olmo2ForCausalLM,
        mid=input_of("mlp"),
    ),
    Entry(
        "smollm3",
        hf.SmolLM3Config(num_hidden_layers=3, no_rope_layer_interval=2, **COMMON),
        hf.SmolLM3ForCausalLM,
    ),
    Entry(
        "gpt2",
        hf.GPT2Config(
            vocab_size=96,
            n_positions=64,
            n_embd=32,
            n_layer=3,
            n_head=4,
            bos_token_id=0,
            eos_token_id=1,
        ),
        hf.GPT2LMHeadModel,
        blocks="transformer.h",
        mid=input_of("ln_2"),
        stored_weights=without("transformer."),
    ),
    Entry(
        "gpt2-scaled",
        hf.GPT2Config(
            vocab_size=96,
            n_positions=64,
            n_embd=32,
            n_layer=2,
            n_head=2,
            n_inner=40,
            bos_token_id=0,
            eos_token_id=1,
            scale_attn_by_inverse_layer_idx=True,
            tie_word_embeddings=False,
        ),
        hf.GPT2LMHeadModel,
        blocks="transformer.h",
        mid=input_of("ln_2"),
    ),
    Entry(
        "gpt-neox",
        hf.GPTNeoXConfig(
            num_hidden_layers=3,
            rope_parameters={
                "rope_type": "default",
                "rope_theta": 10000.0,
                "partial_rotary_factor": 0.75,
            },
            **COMMON,
        ),
        hf.GPTNeoXForCausalLM,
        blocks="gpt_neox.layers",
        mid=parallel_mid,
        stored_config=neox_hub_style,
        stored_weights=neox_hub_weights,
    ),
    Entry(
        "gpt-neox-sequential",
        hf.GPTNeoXConfig(
            num_hidden_layers=2,
            use_parallel_residual=False,
            rope_parameters={
                "rope_type": "default",
                "rope_theta": 10000.0,
                "partial_rotary_factor": 0.5,
            },
            **COMMON,
        ),
        hf.GPTNeoXForCausalLM,
        blocks="gpt_neox.layers",
        mid=input_of("post_attention_layernorm"),
    ),
    # with a pooler, which reading the residual stream has no use for
    Entry(
        "bert",
        hf.BertConfig(**ENCODER),
        hf.BertModel,
        blocks="encoder.layer",
        mid=output_of("attention.output"),
        final=False,
        stored_weights=old_norm_names,
    ),
    # with the head of a masked language model
    Entry(
        "bert-masked",
        hf.BertConfig(**{**ENCODER, "num_hidden_layers": 2, "hidden_act": "gelu_new"}),
        hf.BertForMaskedLM,
        blocks="bert.encoder.layer",
        mid=output_of("attention.output"),
        final=False,
    ),
    Entry(
        "distilbert",
        hf.DistilBertConfig(
            vocab_size=96,
            dim=32,
            hidden_dim=72,
            n_layers=3,
            n_heads=4,
            max_position_embeddings=64,
        ),
        hf.DistilBertModel,
        blocks="transformer.layer",
        mid=output_of("sa_layer_norm"),
        final=False,
    ),
    Entry(
        "roberta",
        hf.RobertaConfig(
            **{**ENCODER, "num_hidden_layers": 2, "type_vocab_size": 1, "pad_token_id": 1}
        ),
        hf.RobertaModel,
        blocks="encoder.layer",
        mid=output_of("attention.output"),
        final=False,
    ),
]
