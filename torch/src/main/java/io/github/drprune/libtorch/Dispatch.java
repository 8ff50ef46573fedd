package io.github.drprune.libtorch;

import static org.bytedeco.pytorch.global.torch.zeros;

import java.util.List;
import org.bytedeco.pytorch.Dispatcher;
import org.bytedeco.pytorch.GenericList;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.IValueVector;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.Type;

/** Calls operations that have no binding by their names. */
final class Dispatch {
  private Dispatch() {}

  /** The results of the operation. */
  static IValueVector call(String name, String overload, IValue... arguments) {
    var stack = new IValueVector(arguments);
    Dispatcher.singleton().findSchemaOrThrow(name, overload).callBoxed(stack);
    return stack;
  }

  static IValue list(Type.TypePtr tensorType, List<Tensor> tensors) {
    var list = new GenericList(tensorType);
    tensors.forEach(tensor -> list.push_back(new IValue(tensor)));
    return new IValue(list);
  }

  /** The binding cannot make this type safely, so it is taken from a list that the library made. */
  static Type.TypePtr tensorType() {
    return call("aten::unbind", "int", new IValue(zeros(1)), new IValue(0L))
        .get(0)
        .toList()
        .elementType();
  }
}
