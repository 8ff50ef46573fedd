#!/usr/bin/env python3
"""Runs lm-evaluation-harness 0.4.13 and drprune on the same made-up documents and compares them.

usage: compare-lm-eval.py MODEL [--tasks A,B] [--documents 50] [--limit N] [--shots N|suite]
                          [--max-length N] [--apply-chat-template] [--float64-angles]
                          [--squad-metrics FILE] [--threads 1] [--folder F]

For every task of both suites: prompts byte for byte, log-likelihoods to 1e-4, the greedy flag, generated and filtered
texts, metrics to 1e-6 (relative where they are above 1). Both compute in float32, log-softmax too; the harness's sums
over a continuation are taken in float64 here, since float32 has steps of 6e-5 from 512 on. transformers turns
positions by angles in float32, which are off by 6e-5 at position 1,000; --float64-angles gives the harness better ones
(Llama models without rotary scaling). "suite" stands for the shots of the paper's suites: the English ones with theirs,
the multilingual ones with 4. The harness takes SQuAD's scores from a script on the network; --squad-metrics names the
same computation in transformers/data/metrics/squad_metrics.py of transformers 4, without it they are not compared.
Needs a Python with lm-eval, transformers and torch; drprune is found beside this script, or named by DRPRUNE.
Documents have the fields of the real data sets.
"""
import argparse, json, os, random, re, resource, subprocess, sys, time, types

os.environ.update(HF_HUB_OFFLINE="1", DISABLE_MULTIPROC="1", TOKENIZERS_PARALLELISM="false")

WORDS = """the a river stone light cloud machine green water letter house winter small bright copper garden music engine
paper forest bridge Zürich naïve don't 12 3.5 (old) "loud" well-known answers [title] of in on with because however""".split()
SUBJECTS = ["abstract_algebra", "anatomy", "world_religions"]
SHOTS = {"arc_challenge": 25, "boolq": 32, "gsm8k": 8, "hellaswag": 10, "nq_open": 32, "triviaqa": 5,
         **{"mmlu_" + subject: 5 for subject in SUBJECTS}}
LANGUAGES = {"xnli": "ar en ru th tr zh", "xstorycloze": "ar en ru zh", "xwinograd": "en jp ru zh", "paws": "en ja ko zh"}


def maker(seed):
    rnd = random.Random(seed)

    def text(low, high):
        return " ".join(rnd.choice(WORDS) for _ in range(rnd.randint(low, high)))

    return rnd, text


def choices(rnd, text, count=4):
    return [text(1, 7) for _ in range(count)]


def sentence(text):
    return text(4, 12).capitalize() + "."


def documents():
    """For each task: the data set's name, its configuration, its splits, and what makes a document."""
    def arc(rnd, text, i):
        return {"id": f"d{i}", "question": sentence(text), "choices": {"text": choices(rnd, text), "label": list("ABCD")},
                "answerKey": rnd.choice("ABCD")}

    def boolq(rnd, text, i):
        return {"question": text(4, 9), "passage": sentence(text) + " " + sentence(text), "idx": i, "label": rnd.randrange(2)}

    def gsm8k(rnd, text, i):
        n = rnd.randint(2, 4000)
        return {"question": sentence(text), "answer": f"{sentence(text)} <<{n}*1={n}>>\n#### {n:,}"}

    def hellaswag(rnd, text, i):
        a, b = sentence(text), text(1, 4)
        return {"ind": i, "activity_label": text(1, 3), "ctx_a": a, "ctx_b": b, "ctx": a + " " + b,
                "endings": [sentence(text) for _ in range(4)], "label": str(rnd.randrange(4))}

    def logiqa(rnd, text, i):
        return {"label": rnd.choice("abcd"), "context": sentence(text), "question": sentence(text), "options": choices(rnd, text)}

    def openbookqa(rnd, text, i):
        return {"id": str(i), "question_stem": text(4, 10), "choices": {"text": choices(rnd, text), "label": list("ABCD")},
                "answerKey": (" " if i % 3 else "") + rnd.choice("ABCD")}

    def sciq(rnd, text, i):
        return {"question": text(4, 9), "distractor1": text(1, 3), "distractor2": text(1, 3), "distractor3": text(1, 3),
                "correct_answer": text(1, 3), "support": " " + sentence(text) if i % 4 else ""}

    def squad(rnd, text, i):
        context = text(20, 40)
        answers = [] if i % 3 == 0 else context.split()[3:5]
        return {"id": f"q{i}", "title": text(1, 3), "context": context, "question": sentence(text),
                "answers": {"text": answers, "answer_start": [0] * len(answers)}}

    def trivia(rnd, text, i):
        return {"question": text(4, 9), "question_id": str(i), "answer": {"aliases": [text(1, 2), text(1, 3), "the river"], "value": text(1, 2)}}

    def truthful(rnd, text, i):
        count = rnd.randint(3, 6)
        return {"question": sentence(text), "mc1_targets": {"choices": choices(rnd, text, count), "labels": [1] + [0] * (count - 1)},
                "mc2_targets": {"choices": choices(rnd, text, count), "labels": [rnd.randrange(2) for _ in range(count - 1)] + [1]}}

    def wino(rnd, text, i):
        return {"sentence": f"{text(3, 7).capitalize()} _ {text(3, 8)}.", "option1": text(1, 1), "option2": text(1, 1), "answer": rnd.choice("12")}

    def wsc(rnd, text, i):
        words = ["Mark", "told"] + text(3, 6).split() + ["that", "he", "didn't", "see", "it", "."]
        at = words.index("he")
        return {"text": " ".join(words), "span1_index": 0, "span2_index": at, "span1_text": "Mark", "span2_text": "he", "idx": i, "label": rnd.randrange(2)}

    def mmlu(rnd, text, i):
        return {"question": " " + text(4, 12) + "\n", "subject": "x", "choices": choices(rnd, text), "answer": rnd.randrange(4)}

    def xnli(rnd, text, i):
        return {"premise": sentence(text), "hypothesis": sentence(text), "label": rnd.randrange(3)}

    def story(rnd, text, i):
        return {"story_id": str(i), **{f"input_sentence_{k}": sentence(text) for k in range(1, 5)}, "sentence_quiz1": sentence(text),
                "sentence_quiz2": sentence(text), "answer_right_ending": rnd.randint(1, 2)}

    def paws(rnd, text, i):
        return {"id": i, "sentence1": sentence(text) if i != 7 else "", "sentence2": text(3, 8) + " , ( so ) .", "label": rnd.randrange(2)}

    three, two = ("train", "validation", "test"), ("train", "validation")
    tasks = {
        "arc_easy": ("allenai/ai2_arc", "ARC-Easy", three, arc), "arc_challenge": ("allenai/ai2_arc", "ARC-Challenge", three, arc),
        "boolq": ("aps/super_glue", "boolq", two, boolq), "gsm8k": ("openai/gsm8k", "main", ("train", "test"), gsm8k),
        "hellaswag": ("Rowan/hellaswag", None, two, hellaswag),
        "lambada_openai": ("EleutherAI/lambada_openai", "default", ("test",), lambda r, t, i: {"text": t(8, 40)}),
        "logiqa": ("EleutherAI/logiqa", "logiqa", three, logiqa),
        "nq_open": ("google-research-datasets/nq_open", None, two, lambda r, t, i: {"question": t(4, 9), "answer": [t(1, 3), "the " + t(1, 2)]}),
        "openbookqa": ("allenai/openbookqa", "main", three, openbookqa),
        "piqa": ("baber/piqa", None, two, lambda r, t, i: {"goal": t(3, 9), "sol1": sentence(t), "sol2": sentence(t), "label": r.randrange(2)}),
        "sciq": ("allenai/sciq", None, three, sciq),
        "social_iqa": ("lighteval/siqa", None, two, lambda r, t, i: {"context": sentence(t), "question": sentence(t), "answerA": t(1, 5),
                                                                    "answerB": t(1, 5), "answerC": t(1, 5), "label": r.choice("123")}),
        "squadv2": ("lighteval/squad_v2", None, two, squad), "triviaqa": ("mandarjoshi/trivia_qa", "rc.nocontext", two, trivia),
        "truthfulqa_mc2": ("truthfulqa/truthful_qa", "multiple_choice", ("validation",), truthful),
        "winogrande": ("allenai/winogrande", "winogrande_xl", two, wino), "wsc": ("aps/super_glue", "wsc.fixed", two, wsc)}
    for subject in SUBJECTS:
        tasks["mmlu_" + subject] = ("cais/mmlu", subject, ("dev", "test"), mmlu)
    kinds = {"xnli": ("facebook/xnli", two, xnli), "xstorycloze": ("juletxara/xstory_cloze", ("train", "eval"), story),
             "xwinograd": ("Muennighoff/xwinograd", ("test",), wino), "paws": ("google-research-datasets/paws-x", three, paws)}
    for family, languages in LANGUAGES.items():
        for language in languages.split():
            name, splits, make = kinds[family]
            tasks[f"{family}_{language}"] = (name, language, splits, make)
    return tasks


def write(folder, tasks, count):
    files = {}
    for task, (name, config, splits, make) in tasks.items():
        rnd, text = maker(task)
        for split in splits:
            path = os.path.join(folder, "data", name, config or "", split + ".jsonl")
            os.makedirs(os.path.dirname(path), exist_ok=True)
            size = 5 if split == "dev" else count
            with open(path, "w") as out:
                for i in range(size):
                    out.write(json.dumps(make(rnd, text, i), ensure_ascii=False) + "\n")
            files.setdefault((name, config), {})[split] = path
    write_cards(os.path.join(folder, "data"), files)
    return files


def write_cards(folder, files):
    """The files of splits, as data sets list them in README.md where a name would be taken for another: dev for validation."""
    cards = {}
    for (name, config), splits in files.items():
        if "dev" in splits:
            lines = [f"  - split: {split}\n    path: {config}/{split}.jsonl\n" for split in splits]
            cards.setdefault(name, []).append(f"- config_name: {config}\n  data_files:\n" + "".join(lines))
    for name, configs in cards.items():
        with open(os.path.join(folder, name, "README.md"), "w") as out:
            out.write("---\nconfigs:\n" + "".join(configs) + "---\n")


class Times:
    """Seconds, and processor seconds of this process and of those it started, which other work disturbs less."""
    def __init__(self):
        self.wall = self.processor = 0.0

    def of(self, call):
        wall, processor = time.time(), self.processor_now()
        result = call()
        self.wall += time.time() - wall
        self.processor += self.processor_now() - processor
        return result

    @staticmethod
    def processor_now():
        own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
        return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime

    def __str__(self):
        return f"{self.wall:.1f} s ({self.processor:.1f} s of the processor)"


def suite_shots(task):
    return 4 if task.rsplit("_", 1)[0] in LANGUAGES else SHOTS.get(task, 0)


def use_float64_angles(config):
    import torch
    from transformers.models.llama import modeling_llama
    rope = config.rope_parameters
    if config.model_type != "llama" or rope.get("rope_type", "default") != "default":
        sys.exit("--float64-angles: for Llama models without rotary scaling only")
    size = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    frequencies = rope["rope_theta"] ** (-torch.arange(0, size, 2, dtype=torch.float64) / size)

    def forward(self, x, position_ids):
        angles = position_ids[..., None].double() * frequencies
        both = torch.cat((angles, angles), dim=-1)
        return both.cos().to(x.dtype), both.sin().to(x.dtype)

    modeling_llama.LlamaRotaryEmbedding.forward = forward


class SquadMetric:
    """Scores of SQuAD 2 by the file of transformers 4, or none."""

    def __init__(self, path):
        self.names = {"logging": types.SimpleNamespace(get_logger=lambda name: None)}
        if path:
            exec(re.sub(r"^from \.\.\..*$", "", open(path).read(), flags=re.MULTILINE), self.names)

    def compute(self, predictions, references):
        if "squad_evaluate" not in self.names:
            return {}
        examples = [types.SimpleNamespace(qas_id=r["id"], answers=[{"text": text} for text in r["answers"]["text"]]) for r in references]
        return self.names["squad_evaluate"](examples, {p["id"]: p["prediction_text"] for p in predictions},
                                            no_answer_probs={p["id"]: p["no_answer_probability"] for p in predictions})


def harness(model, tasks, files, shots, options, times):
    import datasets, lm_eval, torch
    from lm_eval.models.huggingface import HFLM
    from lm_eval.tasks import TaskManager
    torch.set_num_threads(options.threads)
    real = datasets.load.load_dataset
    datasets.load_dataset = lambda path, name=None, **_: real("json", data_files=files[(path, name)])
    root = os.path.join(os.path.dirname(lm_eval.__file__), "tasks")
    folders = ["arc", "super_glue/boolq", "super_glue/wsc", "gsm8k", "hellaswag", "lambada", "logiqa", "nq_open", "openbookqa", "piqa", "sciq",
               "siqa", "squadv2", "triviaqa", "truthfulqa", "winogrande", "mmlu/default", "xnli", "xstorycloze", "xwinograd", "paws-x"]
    manager = TaskManager(include_defaults=False, include_path=[os.path.join(root, f) for f in folders])
    import evaluate
    try:
        evaluate.load("squad_v2")
    except Exception:  # its script is on the network only
        evaluate.load = lambda name: SquadMetric(options.squad_metrics)
    log_softmax = torch.nn.functional.log_softmax
    lm_eval.models.huggingface.F = types.SimpleNamespace(log_softmax=lambda x, **named: log_softmax(x, **named).double())
    lm = HFLM(pretrained=model, dtype="float32", device="cpu", max_length=options.max_length, batch_size=1)
    if options.float64_angles:
        use_float64_angles(lm.config)
    return times.of(lambda: lm_eval.simple_evaluate(
        model=lm, tasks=list(tasks), task_manager=manager, num_fewshot=shots, limit=options.limit, log_samples=True,
        bootstrap_iters=1000, apply_chat_template=options.apply_chat_template, fewshot_as_multiturn=False))


def ours(model, tasks, folder, shots, options, times):
    program = os.environ.get("DRPRUNE", os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "drprune"))
    results, samples = os.path.join(folder, "results.json"), os.path.join(folder, "samples")
    command = [program, "tasks", model, "--tasks", ",".join(tasks), "--data", os.path.join(folder, "data"), "--precision", "fp32", "--device", "cpu",
               "--bootstrap", "1000", "--threads", str(options.threads), "--json", results, "--samples", samples]
    command += [] if shots is None else ["--shots", str(shots)]
    command += [] if options.max_length is None else ["--max-length", str(options.max_length)]
    command += [] if options.limit is None else ["--limit", str(options.limit)]
    command += ["--apply-chat-template"] if options.apply_chat_template else []
    times.of(lambda: subprocess.run(command, check=True, stdout=subprocess.DEVNULL))
    return json.load(open(results))["models"][0]["tasks"], samples


def texts(values):
    return [value for value in values if isinstance(value, str)]


def compare(task, reference, figures, path, options, report):
    worst, off, count, wrong = 0.0, [], 0, []
    by_id = {}
    for sample in reference["samples"][task]:
        by_id.setdefault(sample["doc_id"], {})[sample["filter"]] = sample
    lines = [json.loads(line) for line in open(path)]
    if len(lines) != len(by_id):
        wrong.append(f"{len(lines)} documents, not {len(by_id)}")
    for line in lines:
        samples = by_id[line["doc_id"]]
        first = next(iter(samples.values()))
        arguments = [tuple(argument) for argument in first["arguments"]]
        if [argument[0] for argument in arguments] != line["prompts"]:
            wrong.append(f"document {line['doc_id']}: prompts differ")
        conts = [argument[1] for argument in arguments if len(argument) > 1 and isinstance(argument[1], str)]
        if conts != line.get("continuations", []):
            wrong.append(f"document {line['doc_id']}: continuations differ")
        answers = [response[0] for response in first["resps"]]
        scored = [answer for answer in answers if not isinstance(answer, str)]
        for (value, greedy), mine, mine_greedy in zip(scored, line.get("log_likelihoods", []), line.get("greedy", [])):
            worst, count = max(worst, abs(value - mine)), count + 1
            if abs(value - mine) > 1e-4:
                off.append(f"document {line['doc_id']}: log-likelihood {value}, here {mine}")
            if bool(greedy) != mine_greedy:
                wrong.append(f"document {line['doc_id']}: log-likelihood {value} {greedy}, here {mine} {mine_greedy}")
        if len(scored) != len(line.get("log_likelihoods", [])) or texts(answers) != line.get("generated", []):
            wrong.append(f"document {line['doc_id']}: {texts(answers)}, here {line.get('generated')}")
        filtered = {name: texts(sample["filtered_resps"]) for name, sample in samples.items()}
        if texts(answers):
            mine = line["filtered"] if isinstance(line["filtered"], dict) else {next(iter(filtered)): line["filtered"]}
            if mine != filtered:
                wrong.append(f"document {line['doc_id']}: filtered {filtered}, here {mine}")
    for key, value in reference["results"][task].items():
        if "," not in key or not isinstance(value, (int, float)) or task == "squadv2" and not options.squad_metrics:
            continue
        name, chosen = key.split(",")
        mine = figures[task]["metrics"].get(name if chosen == "none" else key)
        # A perplexity is a power of log-likelihoods, which are compared to 1e-4.
        tolerance = 1e-4 if name.startswith("perplexity") else 1e-6
        if mine is None or abs(mine - value) > tolerance * max(1.0, abs(value)):
            wrong.append(f"{key}: {value}, here {mine}")
    verdict = "DIFFERS" if wrong else f"equal but for {len(off)} of {count} log-likelihoods" if off else "equal"
    report(f"{task:24} {len(lines):4} documents  worst log-likelihood {worst:.1e}  {verdict}")
    for line in wrong[:4] + off[:2]:
        report("    " + line)
    return verdict


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("model")
    parser.add_argument("--tasks")
    parser.add_argument("--documents", type=int, default=50)
    parser.add_argument("--limit", type=int, help="ask about so many of the documents, of each task")
    parser.add_argument("--shots")
    parser.add_argument("--max-length", type=int)
    parser.add_argument("--apply-chat-template", action="store_true")
    parser.add_argument("--float64-angles", action="store_true")
    parser.add_argument("--squad-metrics")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--folder", default="compare-lm-eval")
    options = parser.parse_args()
    tasks = documents()
    if options.tasks:
        tasks = {name: tasks[name] for name in options.tasks.split(",")}
    folder = os.path.abspath(options.folder)
    model = os.path.abspath(options.model)
    files = write(folder, tasks, options.documents)
    by_shots = {}
    for task in tasks:
        shots = suite_shots(task) if options.shots == "suite" else options.shots and int(options.shots)
        by_shots.setdefault(shots, []).append(task)
    verdicts, theirs, mine = [], Times(), Times()
    for shots, names in by_shots.items():
        print("shots of the tasks' own" if shots is None else f"{shots} shots", flush=True)
        reference = harness(model, names, files, shots, options, theirs)
        figures, samples = ours(model, names, folder, shots, options, mine)
        verdicts += [compare(task, reference, figures, os.path.join(samples, task + ".jsonl"), options, lambda line: print(line, flush=True)) for task in names]
    equal, differ = verdicts.count("equal"), verdicts.count("DIFFERS")
    print(f"{equal} of {len(verdicts)} tasks equal, {len(verdicts) - equal - differ} but for log-likelihoods; the harness took {theirs} after loading the model, drprune {mine} in all")
    sys.exit(0 if equal == len(verdicts) else 1)


if __name__ == "__main__":
    main()
