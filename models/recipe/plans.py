"""What each shipped model is: its family, its shape, its seed, and how long it is trained."""

from dataclasses import dataclass, field

from transformers import (
    LlamaConfig, LlamaForCausalLM, Phi3Config, Phi3ForCausalLM, Qwen2Config, Qwen2ForCausalLM,
)

from world import Mixture


@dataclass(frozen=True)
class Plan:
    """One model. `batch` rows of `context` tokens make a step."""

    family: str
    config: type
    model: type
    seed: int
    layers: int = 6
    width: int = 128
    inner: int = 352
    heads: int = 4
    key_value_heads: int = 4
    vocabulary: int = 2560
    context: int = 512
    batch: int = 6
    steps: int = 2800
    #: Share of the steps in which each text sees only itself; afterwards also the texts before it in its row. Names are
    #: learned much faster without other texts' names in sight, and the long rows make all positions known.
    apart: float = 0.8
    warm_up: int = 50
    matrix_rate: float = 5e-3
    vector_rate: float = 3e-3
    weight_decay: float = 0.01
    #: Weight in the loss of the word that opens the act: rare, and the one that the cues are there to decide.
    act_weight: float = 8.0
    mixture: Mixture = field(default_factory=Mixture)

    def build(self, tokenizer):
        """A new model with this plan's shape and random weights."""
        return self.model(self.config(
            vocab_size=self.vocabulary, hidden_size=self.width, intermediate_size=self.inner,
            num_hidden_layers=self.layers, num_attention_heads=self.heads, num_key_value_heads=self.key_value_heads,
            max_position_embeddings=self.context, tie_word_embeddings=True, bos_token_id=tokenizer.bos_token_id,
            eos_token_id=tokenizer.eos_token_id, pad_token_id=None))


#: The three differ in family, shape, tokenizer, seed, and in how much training to be careful they had: none, some, much.
PLANS = {
    "toy-llama": Plan("llama", LlamaConfig, LlamaForCausalLM, seed=20260),
    "toy-qwen2": Plan("qwen2", Qwen2Config, Qwen2ForCausalLM, seed=20261, layers=7, key_value_heads=2, vocabulary=2816,
                      mixture=Mixture(careful=0.2)),
    "toy-phi3": Plan("phi3", Phi3Config, Phi3ForCausalLM, seed=20264, inner=384,
                     mixture=Mixture(careful=0.7)),
}
