"""What transformers makes of conversations: for each line of FILE, an object with "template" and
"messages", prints the ids and the mask of the assistant's tokens, by the tokenizer in FOLDER.

  chat_tokens.py FOLDER FILE
"""
import json
import sys

from transformers import AutoTokenizer

tokenizer = AutoTokenizer.from_pretrained(sys.argv[1])
for line in open(sys.argv[2], encoding="utf-8"):
    case = json.loads(line)
    try:
        result = tokenizer.apply_chat_template(
            case["messages"], chat_template=case["template"], tokenize=True, return_dict=True,
            return_assistant_tokens_mask=True)
        print(json.dumps({"ids": result["input_ids"], "mask": result["assistant_masks"]}))
    except Exception as e:
        print(json.dumps({"error": str(e)}))
