"""Prints, for each checkpoint folder named on a line of the input, the tokens that follow tokens.txt.

64 of them, each the likeliest, with a cache. LongRoPE goes without: positions turn anew in long texts,
and the library fills its cache anew for some families only.
"""

import sys

import torch
from transformers import AutoModelForCausalLM

for line in sys.stdin:
    folder = line.strip()
    try:
        model = AutoModelForCausalLM.from_pretrained(
            folder, dtype=torch.float32, attn_implementation="eager", local_files_only=True
        )
        with open(folder + "/tokens.txt") as tokens:
            ids = torch.tensor([[int(token) for token in tokens.read().split()]])
        model.generation_config.eos_token_id = None
        texts = model.generate(
            ids,
            attention_mask=torch.ones_like(ids),
            do_sample=False,
            max_new_tokens=64,
            use_cache="longrope" not in str(model.config.rope_parameters),
        )
        print(" ".join(["tokens"] + [str(token) for token in texts[0, ids.shape[1] :].tolist()]), flush=True)
    except Exception as e:
        print("failed " + repr(e).replace("\n", " "), flush=True)
