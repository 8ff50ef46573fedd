"""Prints, for each checkpoint folder named on a line of the input, its logits of tokens.txt."""

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
        with torch.no_grad():
            logits = model(ids).logits.flatten().tolist()
        print(" ".join(["logits"] + [repr(value) for value in logits]), flush=True)
    except Exception as e:
        print("failed " + repr(e).replace("\n", " "), flush=True)
