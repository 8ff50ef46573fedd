package io.github.drprune.nn;

import io.github.drprune.libtorch.CustomOperation;
import io.github.drprune.libtorch.NativeScope;
import io.github.drprune.libtorch.NoGrad;
import io.github.drprune.libtorch.Ops;
import io.github.drprune.model.Activation;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * The gate with SiLU by runs of rows that stay in cache; the activated gate is computed again in
 * the backward pass instead of being kept.
 */
final class RecomputedGate implements GateKernel {
  @Override
  public Tensor apply(Tensor gate, Tensor up, Activation activation) {
    // To start the runs takes longer than a row does.
    boolean singleRow = gate.numel() == gate.size(-1);
    if (activation != Activation.SILU || singleRow) {
      return REFERENCE.apply(gate, up, activation);
    }
    return CustomOperation.record(
        forward(gate, up), List.of(gate, up), dy -> backward(dy, gate, up));
  }

  private static Tensor forward(Tensor gate, Tensor up) {
    try (var scope = NativeScope.open();
        var _ = NoGrad.open()) {
      Tensor y = scope.pass(Ops.empty(gate, gate.scalar_type(), gate.shape()));
      RowRuns.over(
          List.of(rows(gate), rows(up), rows(y)),
          run -> torch.silu_out(run.get(2), run.get(0)).mul_(run.get(1)));
      return y;
    }
  }

  private static Tensor[] backward(Tensor dy, Tensor gate, Tensor up) {
    Tensor dGate = Ops.empty(gate, gate.scalar_type(), gate.shape());
    Tensor dUp = Ops.empty(up, up.scalar_type(), up.shape());
    RowRuns.over(
        List.of(rows(dy), rows(gate), rows(up), rows(dGate), rows(dUp)),
        run -> {
          Tensor d = run.get(0);
          torch.silu_backward_out(run.get(3), d.mul(run.get(2)), run.get(1));
          torch.silu_out(run.get(4), run.get(1)).mul_(d);
        });
    return new Tensor[] {dGate, dUp};
  }

  private static Tensor rows(Tensor x) {
    return x.reshape(-1, x.size(-1));
  }
}
