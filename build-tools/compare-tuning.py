"""Compares weightings of tasks in `drprune tune` on three made-up tasks of different difficulty and size.

  python3 build-tools/compare-tuning.py MODEL FOLDER [--seeds 1,2,3] [--data-seed 1] [--threads 1]

A task's reference is the loss of a model that was tuned on this task alone, for as many steps as all others:
what weighting can give it at most. Strategies are given the references' losses on the conversations that runs
evaluate on. What is printed are losses on conversations that no run looks at (`evaluate --split test`), above
the references' on the same ones. A run that is there already is not made again.
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
NAMES = "Anna Peter Mary John Lucy Frank Helen David".split()
STRATEGIES = ["constant", "sheared", "drpruning"]


def addition(rng):
    a, b = rng.randrange(10, 100), rng.randrange(10, 100)
    return f"Add {a} and {b}", f"{a + b}"


def extraction(rng):
    names = rng.sample(NAMES, 3)
    things = [rng.choice(WORDS) for _ in names]
    asked = rng.randrange(3)
    text = ", ".join(f"{name} {thing}" for name, thing in zip(names, things))
    return f"{text}. {names[asked]}?", things[asked]


def copy(rng):
    words = " ".join(rng.choice(WORDS) for _ in range(4))
    return "Repeat: " + words, words


TASKS = {"addition": addition, "extraction": extraction, "copy": copy}


class Comparison:
    def __init__(self, options):
        self.options = options
        self.folder = options.folder
        self.data = self.folder / "data"
        self.sizes = dict(zip(TASKS, map(int, options.sizes.split(","))))

    def drprune(self, *arguments):
        subprocess.run([str(ROOT / "drprune"), *map(str, arguments)], check=True, stdout=subprocess.DEVNULL)

    def prepare(self):
        rng = random.Random(self.options.data_seed)
        for name, make in TASKS.items():
            task = self.folder / "tasks" / name
            task.mkdir(parents=True, exist_ok=True)
            for split, count in {"train": self.sizes[name], "eval": 64, "test": 200}.items():
                with open(task / f"{split}.jsonl", "w") as file:
                    for _ in range(count):
                        question, answer = make(rng)
                        messages = [{"role": "user", "content": question},
                                    {"role": "assistant", "content": answer}]
                        file.write(json.dumps({"messages": messages}) + "\n")
        template = self.folder / "template.jinja"
        template.write_text(TEMPLATE)
        self.drprune("prepare", "--conversations", "--template", template, "--tokenizer", self.options.model,
                     "--input", self.folder / "tasks", "--seq-len", 32, "--out", self.data)

    def tune(self, name, seed, *keys):
        """Losses of each task at the end, as the run saw them and on the conversations it did not see."""
        run = self.folder / name
        figures = run / "test.json"
        threads = ["--threads", self.options.threads]
        if not figures.exists():
            steps = self.options.steps
            sets = [f"model={self.options.model}", f"data={self.data}", f"output={run}", f"steps={steps}",
                    f"seed={seed}", "learning_rate=5e-4", f"evaluation_interval={max(1, steps // 20)}",
                    "evaluation_sequences=20", "global_batch=16", "micro_batch=16", "precision=fp32",
                    f"checkpoint_interval={steps}", *keys]
            self.drprune("tune", *threads, *(word for key in sets for word in ("--set", key)))
            self.drprune("evaluate", run / "model", "--data", self.data, "--split", "test", "--batch", 64,
                         "--precision", "fp32", *threads, "--json", figures)
        events = [json.loads(line) for line in open(run / "metrics.jsonl")]
        seen = [event for event in events if event["event"] == "evaluation"][-1]["domains"]
        unseen = json.load(open(figures))["models"][0]["domains"]
        return losses(seen), losses(unseen)

    def alone(self, task):
        shares = [f"domains.proportion.{name}={int(name == task)}" for name in TASKS]
        seen, unseen = self.tune(f"alone-{task}", 99, "domains.strategy=constant", *shares)
        return seen[task], unseen[task]

    def run(self):
        self.prepare()
        references = {task: self.alone(task) for task in TASKS}
        print("references", {task: round(unseen, 3) for task, (_, unseen) in references.items()}, flush=True)
        given = [f"domains.reference_loss.{task}={seen}" for task, (seen, _) in references.items()]
        for seed in map(int, self.options.seeds.split(",")):
            for strategy in STRATEGIES:
                _, end = self.tune(f"{strategy}-{seed}", seed, f"domains.strategy={strategy}", *given)
                excess = {task: round(end[task] - references[task][1], 3) for task in TASKS}
                print(f"seed {seed} {strategy:10} worst {max(excess.values()):.3f} {excess}", flush=True)


def losses(domains):
    return {name: domain["loss"] for name, domain in domains.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--steps", type=int, default=80)
    parser.add_argument("--seeds", default="1,2,3")
    parser.add_argument("--data-seed", type=int, default=1)
    parser.add_argument("--sizes", default="1500,900,600", help="conversations of " + ", ".join(TASKS))
    parser.add_argument("--threads", type=int, default=1)
    Comparison(parser.parse_args()).run()


if __name__ == "__main__":
    main()
