package io.github.drprune.libtorch;

import static org.bytedeco.pytorch.global.torch.full;

import java.util.Collections;
import java.util.List;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.Type;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** The library's {@code _fused_adamw_}, which has no binding and is reached by its name. */
public final class FusedAdamW {
  private FusedAdamW() {}

  /**
   * Updates {@code parameters}, {@code means} and {@code squares} in place; all lists in the same
   * order, all tensors on one device.
   *
   * @param step updates with this one, from 1
   * @param ascends whether to go up the gradient
   */
  public static void update(
      List<Tensor> parameters,
      List<Tensor> gradients,
      List<Tensor> means,
      List<Tensor> squares,
      long step,
      double rate,
      double beta1,
      double beta2,
      double weightDecay,
      double epsilon,
      boolean ascends) {
    try (var _ = NativeScope.open();
        var _ = NoGrad.open()) {
      Type.TypePtr tensorType = Dispatch.tensorType();
      var device = parameters.getFirst().device();
      Tensor steps =
          full(
              new long[] {1}, new Scalar((double) step), Tensors.options(ScalarType.Float, device));
      Dispatch.call(
          "aten::_fused_adamw_",
          "",
          Dispatch.list(tensorType, parameters.stream().map(Tensor::detach).toList()),
          Dispatch.list(tensorType, gradients),
          Dispatch.list(tensorType, means),
          Dispatch.list(tensorType, squares),
          Dispatch.list(tensorType, List.of()), // the largest squares, of AMSGrad only
          Dispatch.list(tensorType, Collections.nCopies(parameters.size(), steps)),
          new IValue(rate),
          new IValue(beta1),
          new IValue(beta2),
          new IValue(weightDecay),
          new IValue(epsilon),
          new IValue(false), // AMSGrad
          new IValue(ascends),
          new IValue(), // a factor on gradients
          new IValue()); // whether a gradient was not finite
    }
  }
}
