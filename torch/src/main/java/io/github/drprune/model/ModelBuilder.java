package io.github.drprune.model;

import static io.github.drprune.model.TensorRole.ATTENTION_NORM;
import static io.github.drprune.model.TensorRole.ATTENTION_OUTPUT;
import static io.github.drprune.model.TensorRole.DOWN;
import static io.github.drprune.model.TensorRole.EMBEDDING;
import static io.github.drprune.model.TensorRole.FINAL_NORM;
import static io.github.drprune.model.TensorRole.GATE;
import static io.github.drprune.model.TensorRole.HEAD;
import static io.github.drprune.model.TensorRole.KEY;
import static io.github.drprune.model.TensorRole.MLP_NORM;
import static io.github.drprune.model.TensorRole.QUERY;
import static io.github.drprune.model.TensorRole.QUERY_KEY_VALUE_BY_HEAD;
import static io.github.drprune.model.TensorRole.UP;
import static io.github.drprune.model.TensorRole.VALUE;

import io.github.drprune.nn.Attention;
import io.github.drprune.nn.Block;
import io.github.drprune.nn.Body;
import io.github.drprune.nn.HalfBlock;
import io.github.drprune.nn.Kernels;
import io.github.drprune.nn.Linear;
import io.github.drprune.nn.Mlp;
import io.github.drprune.nn.Norm;
import io.github.drprune.nn.Rotary;
import io.github.drprune.nn.Weight;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * Puts a model together from its description, for every family.
 *
 * @param source supplies the weights, each asked for once, in the order of use
 */
record ModelBuilder(
    ModelSpec spec, Function<TensorShape, Weight> source, Rotary rotary, Kernels kernels) {

  ModelParts build() {
    Weight embedding = weight(EMBEDDING, -1);
    List<Block> blocks = new ArrayList<>();
    for (int layer = 0; layer < spec.layers(); layer++) {
      blocks.add(
          new Block(
              new HalfBlock(norm(ATTENTION_NORM, layer), attention(layer)),
              new HalfBlock(norm(MLP_NORM, layer), mlp(layer)),
              spec.parallelResidual()));
    }
    Norm norm = norm(FINAL_NORM, -1);
    Weight head = spec.tiedEmbeddings() ? embedding : weight(HEAD, -1);
    return new ModelParts(embedding, blocks, norm, head);
  }

  private Body attention(int layer) {
    Attention.Projection projection =
        spec.has(QUERY_KEY_VALUE_BY_HEAD)
            ? new Attention.Fused(linear(QUERY_KEY_VALUE_BY_HEAD, layer), spec.heads())
            : new Attention.Split(
                linear(QUERY, layer),
                linear(KEY, layer),
                linear(VALUE, layer),
                spec.heads(),
                spec.kvHeads());
    return new Attention(projection, linear(ATTENTION_OUTPUT, layer), rotary, kernels);
  }

  private Body mlp(int layer) {
    return spec.has(GATE)
        ? new Mlp.Gated(
            linear(GATE, layer),
            linear(UP, layer),
            linear(DOWN, layer),
            spec.activation(),
            kernels.gate())
        : new Mlp.Plain(linear(UP, layer), linear(DOWN, layer), spec.activation());
  }

  private Norm norm(TensorRole role, int layer) {
    double eps = spec.norm().eps();
    return switch (spec.norm().kind()) {
      case RMS -> new Norm.Rms(weight(role, layer), eps, kernels.norm());
      case LAYER -> new Norm.Layer(weight(role, layer), bias(role, layer), eps);
    };
  }

  private Linear linear(TensorRole role, int layer) {
    return new Linear(
        weight(role, layer), spec.hasBias(role) ? bias(role, layer) : null, kernels.linear());
  }

  private Weight weight(TensorRole role, int layer) {
    return source.apply(spec.weight(role, layer));
  }

  private Weight bias(TensorRole role, int layer) {
    return source.apply(spec.bias(role, layer));
  }
}
