"""Writes distillation.json: losses and gradients of distillation as plain PyTorch computes them.

    python make.py

Needs torch alone. The loss is (1 - weight) * CE + weight * T^2 KL(teacher || student), mean over the
tokens that count (Hinton et al. 2015, arXiv 1503.02531).
"""

import json
from pathlib import Path

import torch
import torch.nn.functional as F

BATCH, LENGTH, HIDDEN, TEACHER_HIDDEN, VOCABULARY = 2, 6, 7, 5, 23


def case(seed, weight, temperature, some, scale):
    torch.manual_seed(seed)
    # Inputs are float32 numbers, the computation is in float64.
    draw = lambda *shape: (torch.randn(*shape) * scale).double()
    hidden = draw(BATCH, LENGTH, HIDDEN).requires_grad_()
    head = draw(VOCABULARY, HIDDEN).requires_grad_()
    teacher_hidden = draw(BATCH, LENGTH, TEACHER_HIDDEN)
    teacher_head = draw(VOCABULARY, TEACHER_HIDDEN)
    tokens = torch.randint(VOCABULARY, (BATCH, LENGTH))
    counted = torch.rand(BATCH, LENGTH) < 0.5 if some else torch.ones(BATCH, LENGTH, dtype=torch.bool)

    student = (hidden @ head.T)[:, :-1]
    teacher = (teacher_hidden @ teacher_head.T)[:, :-1]
    ce = F.cross_entropy(student.reshape(-1, VOCABULARY), tokens[:, 1:].reshape(-1), reduction="none")
    kl = F.kl_div(
        F.log_softmax(student / temperature, -1),
        F.log_softmax(teacher / temperature, -1),
        log_target=True,
        reduction="none",
    ).sum(-1).reshape(-1) * temperature**2
    of = counted[:, 1:].reshape(-1)
    loss = (1 - weight) * ce[of].mean() + weight * kl[of].mean()
    loss.backward()
    values = lambda x: x.detach().reshape(-1).tolist()
    return {
        "weight": weight,
        "temperature": temperature,
        "tokens": tokens.tolist(),
        "counted": counted.tolist() if some else None,
        "hidden": values(hidden),
        "head": values(head),
        "teacher_hidden": values(teacher_hidden),
        "teacher_head": values(teacher_head),
        "loss": loss.item(),
        "cross_entropy": values(torch.where(of, ce, 0.0)),
        "divergence": values(torch.where(of, kl, 0.0)),
        "hidden_gradient": values(hidden.grad),
        "head_gradient": values(head.grad),
    }


cases = [
    case(1, 0.5, 1.0, False, 0.7),
    case(2, 0.3, 2.5, False, 0.7),
    case(3, 0.8, 0.5, True, 0.7),
    case(4, 1.0, 1.0, True, 0.7),
    case(5, 0.5, 1.0, False, 4.0),  # probabilities too small for float32
]
shapes = {
    "batch": BATCH,
    "length": LENGTH,
    "hidden": HIDDEN,
    "teacher_hidden": TEACHER_HIDDEN,
    "vocabulary": VOCABULARY,
}
rounded = json.loads(json.dumps({"shapes": shapes, "cases": cases}), parse_float=lambda x: float(f"{float(x):.10g}"))
Path(__file__).with_name("distillation.json").write_text(json.dumps(rounded) + "\n")
