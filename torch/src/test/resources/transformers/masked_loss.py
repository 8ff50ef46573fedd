"""Loss and gradient norms of the checkpoints named on stdin, of the batch in each one's batch.json:
labels of -100 for what does not count, each text of a row by itself."""
import json
import sys

import torch
from transformers import AutoModelForCausalLM

for folder in sys.stdin.read().split():
    batch = json.load(open(folder + "/batch.json"))
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    total, count = 0.0, 0
    for tokens, counted, lengths in zip(batch["tokens"], batch["counted"], batch["lengths"]):
        at = 0
        for length in lengths:
            ids = torch.tensor([tokens[at:at + length]])
            labels = torch.tensor([[t if c else -100 for t, c in
                                    zip(tokens[at:at + length], counted[at:at + length])]])
            at += length
            n = int((labels[:, 1:] != -100).sum())
            if n:
                total = total + model(input_ids=ids, labels=labels).loss * n
                count += n
    loss = total / count
    loss.backward()
    norms = {name: float(p.grad.norm()) for name, p in model.named_parameters() if p.grad is not None}
    print("loss " + json.dumps({"loss": float(loss), "norms": norms}))
