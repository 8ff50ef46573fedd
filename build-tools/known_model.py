"""Computes the figures of selfcheck/KnownModel.java with transformers 5, in float64."""

import torch
from transformers import LlamaConfig, LlamaForCausalLM

model = LlamaForCausalLM(
    LlamaConfig(
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        intermediate_size=48,
        vocab_size=40,
        max_position_embeddings=32,
        rms_norm_eps=1e-5,
        tie_word_embeddings=False,
        attn_implementation="eager",
    )
).double()
parameters = dict(sorted(model.named_parameters()))
for k, parameter in enumerate(parameters.values()):
    i = torch.arange(parameter.numel(), dtype=torch.float64)
    values = 0.25 * torch.sin(0.7 * i + k) + (1 if parameter.dim() == 1 else 0)
    with torch.no_grad():
        parameter.copy_(values.float().double().view(parameter.shape))
tokens = torch.tensor(
    [
        [(7 * t * t + 3 * t + 1) % 40 for t in range(16)],
        [(5 * t * t + t + 2) % 40 for t in range(16)],
    ]
)
loss = model(tokens, labels=tokens).loss
loss.backward()
print(f"loss {loss.item():.12f}")
for name, parameter in parameters.items():
    print(f"{name} {parameter.grad.norm().item():.10f}")
