package io.github.drprune.libtorch;

import java.util.List;
import org.bytedeco.pytorch.Edge;
import org.bytedeco.pytorch.EdgeVector;
import org.bytedeco.pytorch.FunctionPreHook;
import org.bytedeco.pytorch.GradMode;
import org.bytedeco.pytorch.Node;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/**
 * Puts an operation with a backward pass of its own into the library's graph. The binding has no
 * way to make a graph node, so existing nodes are rewired: a concatenation of empty tensors, one
 * for each input, gets the output's data and shape; each input's node is a view. Hooks before these
 * nodes swap the gradients, so nothing is copied or computed twice.
 *
 * <p>The graph may be run again and in any order; backward must run before the {@link NativeScope}
 * closes that the forward pass ran in, as the tensors that it reads live there.
 */
public final class CustomOperation {
  /** What backward does, in a scope and without recording. */
  @FunctionalInterface
  public interface Backward {
    /**
     * Gradients of the inputs in their order and shapes, given the output's; null where an input
     * needs none.
     */
    Tensor[] gradients(Tensor outputGradient);
  }

  private CustomOperation() {}

  /** Whether an operation on {@code inputs} is to be recorded by this thread now. */
  public static boolean isRecorded(Tensor... inputs) {
    if (!GradMode.is_enabled()) {
      return false;
    }
    for (Tensor input : inputs) {
      if (input.requires_grad()) {
        return true;
      }
    }
    return false;
  }

  /**
   * {@code output}, differentiable through {@code backward}.
   *
   * @param output computed from {@code inputs} without recording
   */
  public static Tensor record(Tensor output, List<Tensor> inputs, Backward backward) {
    if (!isRecorded(inputs.toArray(Tensor[]::new))) {
      return output;
    }
    Tensor nothing =
        torch.empty(
            new long[] {0},
            Tensors.options(output.scalar_type(), output.device()),
            new org.bytedeco.pytorch.MemoryFormatOptional());
    Tensor leaf = nothing.detach().set_requires_grad(true);
    var gradients = new InputGradient[inputs.size()];
    int recorded = 0;
    for (int i = 0; i < gradients.length; i++) {
      if (inputs.get(i).requires_grad()) {
        gradients[i] = new InputGradient();
        recorded++;
      }
    }
    var edges = new EdgeVector(recorded);
    var placeholders = new Tensor[recorded];
    int next = 0;
    for (int i = 0; i < gradients.length; i++) {
      if (gradients[i] != null) {
        placeholders[next] = leaf;
        edges.put(next++, new Edge(inputNode(inputs.get(i), leaf, gradients[i]), 0));
      }
    }
    Tensor result = torch.cat(new TensorVector(placeholders), 0);
    Node node = result.grad_fn();
    node.set_next_edges(edges);
    node.clear_input_metadata();
    node.add_input_metadata(output);
    result.set_data(output);
    node.add_pre_hook(new OutputGradient(backward, gradients, nothing));
    return result;
  }

  /** A node that passes its gradient to {@code input}, whatever it was itself given. */
  private static Node inputNode(Tensor input, Tensor leaf, InputGradient gradient) {
    Node node = input.view_as(input).grad_fn();
    node.clear_input_metadata();
    node.add_input_metadata(leaf);
    node.add_pre_hook(gradient);
    return node;
  }

  /** Takes the output's gradient from the graph and leaves an empty one. */
  private static final class OutputGradient extends FunctionPreHook {
    private final Backward backward;
    private final InputGradient[] gradients;
    private final Tensor nothing;

    OutputGradient(Backward backward, InputGradient[] gradients, Tensor nothing) {
      this.backward = backward;
      this.gradients = gradients;
      this.nothing = nothing;
    }

    @Override
    public TensorVector apply(TensorVector incoming) {
      try (var _ = NativeScope.open();
          var _ = NoGrad.open()) {
        Tensor[] results = backward.gradients(incoming.get(0));
        for (int i = 0; i < gradients.length; i++) {
          if (gradients[i] != null) {
            gradients[i].value = NativeScope.keep(results[i].detach());
          }
        }
      }
      // The library's own vector goes back: one made here would hold the gradient past its use.
      return incoming.put(0, nothing);
    }
  }

  /** Puts an input's gradient into the graph. */
  private static final class InputGradient extends FunctionPreHook {
    private Tensor value;

    @Override
    public TensorVector apply(TensorVector incoming) {
      incoming.put(0, value);
      value.close();
      value = null;
      return incoming;
    }
  }
}
