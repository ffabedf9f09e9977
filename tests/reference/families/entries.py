"""The tiny models: one entry for each family and each of its variants that is read differently."""

from dataclasses import dataclass
from typing import Any, Callable

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
    # whether there is a norm after the last block
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
]
