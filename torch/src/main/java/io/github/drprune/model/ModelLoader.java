package io.github.drprune.model;

import io.github.drprune.error.UserException;
import io.github.drprune.libtorch.Dtypes;
import io.github.drprune.libtorch.NativeScope;
import io.github.drprune.libtorch.NoGrad;
import io.github.drprune.libtorch.RandomState;
import io.github.drprune.libtorch.Tensors;
import io.github.drprune.nn.Axis;
import io.github.drprune.safetensors.CheckpointReader;
import io.github.drprune.safetensors.Dtype;
import java.io.IOException;
import java.nio.file.Path;
import java.util.SequencedMap;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Makes models: from a checkpoint's folder, or anew. */
public final class ModelLoader {
  private ModelLoader() {}

  /**
   * Loads a checkpoint. Its tensors are checked against its configuration before memory is taken; a
   * model that is not trained and computes in the checkpoint's type uses the mapped file itself.
   *
   * @throws UserException naming the file, the tensor, what was expected and what found
   */
  public static CausalLm load(Path folder, ModelOptions options) throws IOException {
    ModelConfig config = ConfigReader.read(folder);
    var reader = CheckpointReader.open(folder);
    try {
      check(folder, config, reader);
      return CausalLm.of(
          config,
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
   * Checks a checkpoint without loading it; its weights are read for values that are not finite.
   */
  public static ModelConfig check(Path folder) throws IOException {
    ModelConfig config = ConfigReader.read(folder);
    try (var reader = CheckpointReader.open(folder)) {
      check(folder, config, reader);
    }
    return config;
  }

  /**
   * A model with random weights: matrices normal with deviation 0.02, those that write to the
   * residual stream smaller by sqrt(2 layers) (GPT-2), norms 1 and biases 0.
   */
  public static CausalLm random(ModelConfig config, ModelOptions options, long seed) {
    try (var random = new RandomState(seed)) {
      return CausalLm.of(
          config, options, shape -> initial(config, shape, random), _ -> Dtype.F32, () -> {});
    }
  }

  private static Tensor initial(ModelConfig config, TensorShape shape, RandomState random) {
    if (shape.axes().size() == 1) {
      return shape.name().endsWith(".bias")
          ? torch.zeros(shape.sizes())
          : torch.ones(shape.sizes());
    }
    boolean writesResidual = shape.layer() >= 0 && shape.axes().getFirst() == Axis.HIDDEN;
    double deviation = writesResidual ? 0.02 / Math.sqrt(2.0 * config.layers()) : 0.02;
    return random.normal(0, deviation, shape.sizes());
  }

  private static Tensor mapped(CheckpointReader reader, TensorShape shape) {
    ScalarType type = Dtypes.scalarType(reader.tensors().get(shape.name()).dtype());
    return Tensors.over(reader.segment(shape.name()), type, shape.sizes());
  }

  private static void check(Path folder, ModelConfig config, CheckpointReader reader) {
    SequencedMap<String, TensorShape> expected = config.tensors();
    for (TensorShape shape : expected.values()) {
      reader.require(shape.name(), shape.sizes());
    }
    for (String name : reader.tensors().keySet()) {
      boolean tiedHead =
          config.tiedEmbeddings()
              && (name.equals("lm_head.weight") || name.equals("embed_out.weight"));
      if (!expected.containsKey(name) && !config.family().isBuffer(name) && !tiedHead) {
        throw new UserException(
            "%s: tensor '%s' is not part of a %s model of this configuration"
                .formatted(folder, name, config.family().modelType()));
      }
    }
    reader.requireFinite(expected.keySet());
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
}
