"""Prints, for each checkpoint folder named on a line of the input, its logits of tokens.txt.

Where the library warns as it loads a folder or computes, the line says so instead.
"""

import logging
import sys
import warnings

import torch
from transformers import AutoModelForCausalLM
from transformers.utils import logging as transformers_logging


class Collected(logging.Handler):
    def __init__(self):
        super().__init__(logging.WARNING)
        self.messages = []

    def emit(self, record):
        self.messages.append(record.getMessage())


collected = Collected()
transformers_logging.add_handler(collected)
for line in sys.stdin:
    folder = line.strip()
    collected.messages.clear()
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            model = AutoModelForCausalLM.from_pretrained(
                folder, dtype=torch.float32, attn_implementation="eager", local_files_only=True
            )
            with open(folder + "/tokens.txt") as tokens:
                ids = torch.tensor([[int(token) for token in tokens.read().split()]])
            with torch.no_grad():
                logits = model(ids).logits.flatten().tolist()
        messages = collected.messages + [str(warning.message) for warning in caught]
        if messages:
            raise ValueError(" | ".join(messages))
        print(" ".join(["logits"] + [repr(value) for value in logits]), flush=True)
    except Exception as e:
        print("failed " + repr(e).replace("\n", " "), flush=True)
