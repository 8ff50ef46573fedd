"""Runs lm-evaluation-harness on a folder of task files: model, folder, tasks, file to write."""
import json
import os
import sys

os.environ.update(HF_HUB_OFFLINE="1", DISABLE_MULTIPROC="1", TOKENIZERS_PARALLELISM="false")
try:
    import lm_eval
    from lm_eval.models.huggingface import HFLM
    from lm_eval.tasks import TaskManager
except ImportError:
    sys.exit(3)

model, folder, tasks, target = sys.argv[1:]
os.chdir(folder)
lm = HFLM(pretrained=model, dtype="float32", device="cpu", max_length=256, batch_size=1)
manager = TaskManager(include_path=folder, include_defaults=False)
result = lm_eval.simple_evaluate(model=lm, tasks=tasks.split(","), task_manager=manager, log_samples=True,
                                 bootstrap_iters=1000)
answers = {}
for task, samples in result["samples"].items():
    documents = answers.setdefault(task, {})
    for sample in samples:
        documents[sample["doc_id"]] = [answer if isinstance(answer, str) else float(answer if isinstance(answer, float) else answer[0])
                                       for answer in (response[0] for response in sample["resps"])]
metrics = {task: {key: value for key, value in values.items() if "," in key and isinstance(value, float)}
           for task, values in result["results"].items()}
with open(target, "w") as out:
    json.dump({"answers": answers, "metrics": metrics}, out)
