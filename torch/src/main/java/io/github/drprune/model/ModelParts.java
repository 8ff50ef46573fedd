package io.github.drprune.model;

import io.github.drprune.nn.Axis;
import io.github.drprune.nn.Block;
import io.github.drprune.nn.Kernels;
import io.github.drprune.nn.Linear;
import io.github.drprune.nn.Norm;
import io.github.drprune.nn.Rotary;
import io.github.drprune.nn.Weight;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;

/**
 * A model put together.
 *
 * @param embedding [vocabulary, hidden]
 * @param head [vocabulary, hidden]; the embedding itself when tied
 */
record ModelParts(Weight embedding, List<Block> blocks, Norm norm, Weight head) {
  ModelParts {
    blocks = List.copyOf(blocks);
  }

  /** Supplies weights while a family puts a model together. */
  @FunctionalInterface
  interface WeightSource {
    Weight take(TensorShape shape);
  }

  /** What a family builds with: weights by key, and the shared parts made of them. */
  record Builder(ModelConfig config, WeightSource source, Rotary rotary, Kernels kernels) {
    Weight weight(int layer, String name, Axis... axes) {
      long[] sizes = new long[axes.length];
      for (int i = 0; i < axes.length; i++) {
        sizes[i] = config.size(axes[i]);
      }
      return source.take(new TensorShape(name, layer, List.of(axes), sizes));
    }

    Linear linear(int layer, String name, Axis out, Axis in, boolean bias) {
      return new Linear(
          weight(layer, name + ".weight", out, in),
          bias ? weight(layer, name + ".bias", out) : null,
          kernels.linear());
    }

    Norm rmsNorm(int layer, String name) {
      return new Norm.Rms(
          weight(layer, name + ".weight", Axis.HIDDEN), config.normEps(), kernels.norm());
    }

    Norm layerNorm(int layer, String name) {
      return new Norm.Layer(
          weight(layer, name + ".weight", Axis.HIDDEN),
          weight(layer, name + ".bias", Axis.HIDDEN),
          config.normEps());
    }
  }

  /** The tensors that a model of this configuration is made of, in the order they are used. */
  static SequencedMap<String, TensorShape> tensors(ModelConfig config) {
    SequencedMap<String, TensorShape> shapes = new LinkedHashMap<>();
    WeightSource collecting =
        shape -> {
          shapes.put(shape.name(), shape);
          return new Weight(shape.name(), shape.axes(), null, null);
        };
    config.family().assemble(new Builder(config, collecting, null, Kernels.PLAIN));
    return shapes;
  }
}
