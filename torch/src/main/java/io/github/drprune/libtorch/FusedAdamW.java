package io.github.drprune.libtorch;

import static org.bytedeco.pytorch.global.torch.full;
import static org.bytedeco.pytorch.global.torch.zeros;

import java.util.Collections;
import java.util.List;
import org.bytedeco.pytorch.Dispatcher;
import org.bytedeco.pytorch.GenericList;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.IValueVector;
import org.bytedeco.pytorch.OperatorHandle;
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
      Type.TypePtr tensorType = tensorType();
      var device = parameters.getFirst().device();
      Tensor steps =
          full(
              new long[] {1}, new Scalar((double) step), Tensors.options(ScalarType.Float, device));
      call(
          "aten::_fused_adamw_",
          "",
          list(tensorType, parameters.stream().map(Tensor::detach).toList()),
          list(tensorType, gradients),
          list(tensorType, means),
          list(tensorType, squares),
          list(tensorType, List.of()), // the largest squares, of AMSGrad only
          list(tensorType, Collections.nCopies(parameters.size(), steps)),
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

  private static IValueVector call(String name, String overload, IValue... arguments) {
    OperatorHandle operator = Dispatcher.singleton().findSchemaOrThrow(name, overload);
    var stack = new IValueVector(arguments);
    operator.callBoxed(stack);
    return stack;
  }

  private static IValue list(Type.TypePtr tensorType, List<Tensor> tensors) {
    var list = new GenericList(tensorType);
    tensors.forEach(tensor -> list.push_back(new IValue(tensor)));
    return new IValue(list);
  }

  /** The binding cannot make this type safely, so it is taken from a list that the library made. */
  private static Type.TypePtr tensorType() {
    return call("aten::unbind", "int", new IValue(zeros(1)), new IValue(0L))
        .get(0)
        .toList()
        .elementType();
  }
}
