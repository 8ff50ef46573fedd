package io.github.drprune.nn;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.drprune.libtorch.Ops;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * What an operation gave: its output, and the gradients of its inputs for a fixed gradient of the
 * output; all float32.
 */
record Differentiated(List<Tensor> values) {
  /** Values that should be zero hold rounding only, to which no distance is relative. */
  private static final double SMALL = 1;

  /** Runs {@code operation} on copies of {@code inputs}, all of the given type. */
  static Differentiated of(
      Function<List<Tensor>, Tensor> operation, ScalarType type, List<Tensor> inputs) {
    return of(operation, inputs.stream().map(input -> input.to(type)).toList());
  }

  /** Runs {@code operation} on copies of {@code inputs}. */
  static Differentiated of(Function<List<Tensor>, Tensor> operation, List<Tensor> inputs) {
    List<Tensor> leaves =
        inputs.stream().map(input -> input.detach().clone().set_requires_grad(true)).toList();
    Tensor y = operation.apply(leaves);
    torch.manual_seed(5);
    Ops.backward(y, y.dim() == 0 ? torch.ones_like(y) : torch.randn(y.shape()).to(y.scalar_type()));
    List<Tensor> values = new ArrayList<>();
    values.add(y.detach().to(ScalarType.Float));
    leaves.forEach(leaf -> values.add(leaf.grad().to(ScalarType.Float)));
    return new Differentiated(values);
  }

  /** |this - other| / |other| in the Euclidean norm, of each value. */
  List<Double> distance(Differentiated other) {
    List<Double> distances = new ArrayList<>();
    for (int i = 0; i < values.size(); i++) {
      Tensor expected = other.values.get(i);
      assertThat(values.get(i).shape()).isEqualTo(expected.shape());
      double norm = Math.max(expected.norm().item_double(), SMALL);
      distances.add(values.get(i).sub(expected).norm().item_double() / norm);
    }
    return distances;
  }

  void assertNear(Differentiated other, double tolerance, String what) {
    assertThat(distance(other)).as(what).allMatch(distance -> distance <= tolerance);
  }
}
