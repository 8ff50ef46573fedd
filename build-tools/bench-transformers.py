#!/usr/bin/env python3
"""Times a training step and an evaluation of the model of `drprune bench` in transformers, on this machine's CPU.

usage: bench-transformers.py [--mode eager|sdpa|compile] [--precision fp32|bf16] [--threads 2] [--rounds 3]

58.5 million parameters, 8 x 512 tokens; a step is forward, backward, clipping and fused AdamW, after two to warm up.
bf16 is autocast, weights stay float32. Prints medians; for comparison run `drprune bench` before and after it.
"""
import argparse, statistics, time

import torch
import transformers
from transformers import LlamaConfig, LlamaForCausalLM

parser = argparse.ArgumentParser(usage=__doc__)
parser.add_argument("--mode", choices=["eager", "sdpa", "compile"], default="compile")
parser.add_argument("--precision", choices=["fp32", "bf16"], default="fp32")
parser.add_argument("--threads", type=int, default=2)
parser.add_argument("--rounds", type=int, default=3)
arguments = parser.parse_args()

torch.set_num_threads(arguments.threads)
config = LlamaConfig(hidden_size=512, num_hidden_layers=8, num_attention_heads=8, intermediate_size=1408, vocab_size=32000,
                     max_position_embeddings=512, tie_word_embeddings=False)
config._attn_implementation = "eager" if arguments.mode == "eager" else "sdpa"
model = LlamaForCausalLM(config).train()
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4, fused=True)
forward = torch.compile(model) if arguments.mode == "compile" else model
tokens = torch.randint(0, config.vocab_size, (8, 512))


def loss():
    with torch.autocast("cpu", torch.bfloat16, enabled=arguments.precision == "bf16"):
        return forward(input_ids=tokens, labels=tokens, use_cache=False).loss


def step():
    loss().backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)


def measure(name, work, warming):
    seconds = []
    for _ in range(warming + arguments.rounds):
        begin = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - begin)
    seconds = seconds[warming:]
    median = statistics.median(seconds)
    print(f"{name:8} {arguments.mode} {arguments.precision}: {median:.2f} s ({min(seconds):.2f} to {max(seconds):.2f}), "
          f"{tokens.numel() / median:.0f} tokens per second", flush=True)


print(f"torch {torch.__version__}, transformers {transformers.__version__}, {arguments.threads} threads", flush=True)
measure("train", step, 2)
model.eval()
with torch.no_grad():
    measure("evaluate", loss, 1)
