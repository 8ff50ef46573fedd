"""Tokenizes JSON lines by Python's datasets with a fast tokenizer, on one thread, and prints how many tokens
there are, the one after each text included: what build-tools/measure-spark.sh compares with.

Usage: measure_datasets.py TOKENIZER.json TEXT.jsonl CACHE
"""

import sys

from datasets import load_dataset
from tokenizers import Tokenizer

tokenizer_file, text, cache = sys.argv[1:]
tokenizer = Tokenizer.from_file(tokenizer_file)
data = load_dataset("json", data_files=text, split="train", cache_dir=cache)


def tokenized(rows):
    ids = [encoding.ids for encoding in tokenizer.encode_batch(rows["text"])]
    return {"ids": ids, "tokens": [len(each) + 1 for each in ids]}


data = data.map(tokenized, batched=True, remove_columns=data.column_names)
print(sum(data["tokens"]))
