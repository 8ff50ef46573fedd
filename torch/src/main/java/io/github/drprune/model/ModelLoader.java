package io.github.drprune.model;

import io.github.drprune.libtorch.Dtypes;
import io.github.drprune.libtorch.NativeScope;
import io.github.drprune.libtorch.NoGrad;
import io.github.drprune.libtorch.RandomState;
import io.github.drprune.libtorch.Tensors;
import io.github.drprune.safetensors.CheckpointReader;
import io.github.drprune.safetensors.Dtype;
import java.io.IOException;
import java.nio.file.Path;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Makes models: from a checkpoint's folder, or anew. */
public final class ModelLoader {
  private static final Logger LOG = LoggerFactory.getLogger(ModelLoader.class);

  private ModelLoader() {}

  /**
   * Loads a checkpoint. Its tensors are checked against its configuration before memory is taken; a
   * model that is not trained and computes in the checkpoint's type uses the mapped file itself.
   *
   * @throws io.github.drprune.error.UserException naming the file, the tensor, what was expected
   *     and what found
   */
  public static CausalLm load(Path folder, ModelOptions options) throws IOException {
    return load(folder, options, CheckpointCheck::of);
  }

  /** As {@link #load}, of a checkpoint whose values {@link CheckpointCheck} has let pass. */
  public static CausalLm loadChecked(Path folder, ModelOptions options) throws IOException {
    return load(folder, options, CheckpointCheck::shapes);
  }

  /** Makes sure that the weights are those of the model that the configuration describes. */
  @FunctionalInterface
  private interface Check {
    ModelSpec of(Path folder, ModelSpec configured, CheckpointReader reader);
  }

  private static CausalLm load(Path folder, ModelOptions options, Check check) throws IOException {
    ModelSpec configured = ConfigReader.read(folder);
    var reader = CheckpointReader.open(folder);
    try {
      ModelSpec spec = check.of(folder, configured, reader);
      CheckpointCheck.warning(folder, configured, spec).ifPresent(LOG::warn);
      return CausalLm.of(
          spec,
          options,
          shape -> mapped(reader, shape),
          shape -> reader.tensors().get(shape.name()).dtype(),
          reader::close);
    } catch (RuntimeException e) {
      reader.close();
      throw e;
    }
  }

  /**
   * A model with random weights: matrices normal with deviation 0.02, those that write to the
   * residual stream smaller by sqrt(2 layers) (GPT-2), norms 1 and biases 0.
   */
  public static CausalLm random(ModelSpec spec, ModelOptions options, long seed) {
    try (var random = new RandomState(seed)) {
      return CausalLm.of(
          spec, options, shape -> initial(spec, shape, random), _ -> Dtype.F32, () -> {});
    }
  }

  private static Tensor initial(ModelSpec spec, TensorShape shape, RandomState random) {
    if (!shape.isMatrix()) {
      boolean zero = shape.isBias() || spec.norm().fromOne();
      return zero ? torch.zeros(shape.sizes()) : torch.ones(shape.sizes());
    }
    double deviation = shape.role().writesResidual() ? 0.02 / Math.sqrt(2.0 * spec.layers()) : 0.02;
    return random.normal(0, deviation, shape.sizes());
  }

  private static Tensor mapped(CheckpointReader reader, TensorShape shape) {
    ScalarType type = Dtypes.scalarType(reader.tensors().get(shape.name()).dtype());
    return Tensors.over(reader.segment(shape.name()), type, shape.sizes());
  }

  /** {@code tensor} as a weight of a model held as {@code options} say, kept beyond all scopes. */
  static Tensor held(Tensor tensor, ModelOptions options) {
    try (var _ = NativeScope.open();
        var _ = NoGrad.open()) {
      var type = options.trainable() ? ScalarType.Float : options.precision().scalarType();
      Tensor held = tensor.to(options.device(), type);
      if (options.trainable()) {
        // Training writes to the weights, so they must not lie in a file's mapping.
        held = held.data_ptr().address() == tensor.data_ptr().address() ? held.clone() : held;
        held = held.detach().set_requires_grad(true);
      }
      return NativeScope.keep(held);
    }
  }

  /**
   * Stands for a weight that is to come: its shape over a single number; kept beyond all scopes.
   */
  static Tensor absent(TensorShape shape, ModelOptions options) {
    try (var _ = NativeScope.open();
        var _ = NoGrad.open()) {
      Tensor number =
          torch.zeros(new long[] {1}, Tensors.options(ScalarType.Float, options.device()));
      return NativeScope.keep(
          number.expand(shape.sizes()).detach().set_requires_grad(options.trainable()));
    }
  }
}
