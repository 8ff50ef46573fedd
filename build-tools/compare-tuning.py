"""Compares weightings of tasks in `drprune tune` on three made-up tasks of different difficulty.

  python3 build-tools/compare-tuning.py MODEL FOLDER [--steps 120] [--seeds 1,2,3] [--prefix COMMAND]

Every strategy has the same references, the losses that a run of three times the steps with constant
weights ends with. Prints, for each seed, the excess of each task at the end of the steps.
"""
import argparse
import json
import pathlib
import random
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent
TEMPLATE = """{%- for message in messages %}
{%- if message['role'] == 'assistant' %}
{%- generation %}{{ ' ' + message['content'] + eos_token }}{% endgeneration %}
{%- else %}
{{- 'Q: ' + message['content'] + '\\nA:' }}
{%- endif %}
{%- endfor %}
"""
WORDS = "red blue green stone river cloud apple house light music paper glass horse bread winter summer".split()


def copy(rng):
    words = " ".join(rng.choice(WORDS) for _ in range(4))
    return "Repeat: " + words, words


def backwards(rng):
    words = [rng.choice(WORDS) for _ in range(4)]
    return "Backwards: " + " ".join(words), " ".join(reversed(words))


def addition(rng):
    a, b = rng.randrange(10, 100), rng.randrange(10, 100)
    return f"Add: {a} and {b}", f"{a + b}"


def tasks(folder):
    rng = random.Random(5)
    for name, make in {"addition": addition, "backwards": backwards, "copy": copy}.items():
        with open(folder / f"{name}.jsonl", "w") as file:
            for _ in range(1500):
                question, answer = make(rng)
                messages = [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
                file.write(json.dumps({"messages": messages}) + "\n")


def drprune(prefix, *arguments):
    subprocess.run([*prefix, str(ROOT / "drprune"), *map(str, arguments)], check=True,
                   stdout=subprocess.DEVNULL)


def losses(run):
    events = [json.loads(line) for line in open(run / "metrics.jsonl")]
    last = [event for event in events if event["event"] == "evaluation"][-1]
    return {name: domain["loss"] for name, domain in last["domains"].items()}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("model")
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--seeds", default="1,2,3")
    parser.add_argument("--proportion", default="0.6,0.15,0.25", help="of addition, backwards and copy")
    parser.add_argument("--rho", default="0.5", help="of drpruning")
    parser.add_argument("--prefix", default="")
    options = parser.parse_args()
    prefix = options.prefix.split()
    folder = options.folder
    (folder / "tasks").mkdir(parents=True, exist_ok=True)
    tasks(folder / "tasks")
    (folder / "template.jinja").write_text(TEMPLATE)
    drprune(prefix, "prepare", "--conversations", "--template", folder / "template.jinja", "--tokenizer",
            options.model, "--input", folder / "tasks", "--seq-len", 48, "--eval-fraction", 0.05,
            "--out", folder / "data")

    def tune(name, steps, seed, *keys):
        run = folder / name
        sets = [f"model={options.model}", f"data={folder / 'data'}", f"output={run}", f"steps={steps}",
                f"seed={seed}", "learning_rate=5e-4", f"evaluation_interval={max(1, options.steps // 12)}",
                "global_batch=16", "micro_batch=16", "checkpoint_interval=100000", "evaluation_sequences=32", "precision=fp32", *keys]
        drprune(prefix, "tune", "--threads", 1, *(word for key in sets for word in ("--set", key)))
        return losses(run)

    proportion = [f"domains.proportion.{name}={share}"
                  for name, share in zip(["addition", "backwards", "copy"], options.proportion.split(","))]
    references = tune("reference", 3 * options.steps, 99, "domains.strategy=constant")
    print("references", {name: round(loss, 4) for name, loss in references.items()}, flush=True)
    given = [f"domains.reference_loss.{name}={loss}" for name, loss in references.items()]
    for seed in map(int, options.seeds.split(",")):
        for strategy in ["constant", "sheared", "drpruning"]:
            keep = (["domains.keep_references=true", f"domains.rho={options.rho}"] if strategy == "drpruning" else [])
            end = tune(f"{strategy}-{seed}", options.steps, seed, f"domains.strategy={strategy}", *given,
                       *proportion, *keep)
            excess = {name: round(loss - references[name], 4) for name, loss in end.items()}
            print(f"seed {seed} {strategy:10} worst {max(excess.values()):.4f} {excess}", flush=True)


if __name__ == "__main__":
    main()
