package io.github.drprune.model;

import static io.github.drprune.model.TensorRole.AFTER_ATTENTION_NORM;
import static io.github.drprune.model.TensorRole.AFTER_MLP_NORM;
import static io.github.drprune.model.TensorRole.ATTENTION_NORM;
import static io.github.drprune.model.TensorRole.ATTENTION_OUTPUT;
import static io.github.drprune.model.TensorRole.DOWN;
import static io.github.drprune.model.TensorRole.EMBEDDING;
import static io.github.drprune.model.TensorRole.FINAL_NORM;
import static io.github.drprune.model.TensorRole.GATE;
import static io.github.drprune.model.TensorRole.GATE_UP;
import static io.github.drprune.model.TensorRole.HEAD;
import static io.github.drprune.model.TensorRole.JOINT_KEY_NORM;
import static io.github.drprune.model.TensorRole.JOINT_QUERY_NORM;
import static io.github.drprune.model.TensorRole.KEY;
import static io.github.drprune.model.TensorRole.KEY_NORM;
import static io.github.drprune.model.TensorRole.MLP_NORM;
import static io.github.drprune.model.TensorRole.QUERY;
import static io.github.drprune.model.TensorRole.QUERY_KEY_VALUE;
import static io.github.drprune.model.TensorRole.QUERY_KEY_VALUE_BY_HEAD;
import static io.github.drprune.model.TensorRole.QUERY_NORM;
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
import io.github.drprune.nn.QueryKeyNorm;
import io.github.drprune.nn.Rotary;
import io.github.drprune.nn.Scoring;
import io.github.drprune.nn.Weight;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.IntFunction;

/**
 * Puts a model together from its description, for every family.
 *
 * @param source supplies the weights, each asked for once, in the order of use
 * @param rotaries the rotations that the layers name
 */
record ModelBuilder(
    ModelSpec spec,
    Function<TensorShape, Weight> source,
    Map<RotarySpec, Rotary> rotaries,
    Kernels kernels) {

  ModelParts build() {
    Weight embedding = weight(EMBEDDING, -1);
    List<Block> blocks = new ArrayList<>();
    for (int layer = 0; layer < spec.layers(); layer++) {
      blocks.add(
          new Block(
              half(ATTENTION_NORM, this::attention, AFTER_ATTENTION_NORM, layer),
              half(MLP_NORM, this::mlp, AFTER_MLP_NORM, layer),
              spec.parallelResidual()));
    }
    Norm norm = norm(FINAL_NORM, -1);
    Weight head = spec.tiedEmbeddings() ? embedding : weight(HEAD, -1);
    return new ModelParts(embedding, blocks, norm, head);
  }

  private HalfBlock half(TensorRole before, IntFunction<Body> body, TensorRole after, int layer) {
    return new HalfBlock(
        spec.has(before) ? norm(before, layer) : null,
        body.apply(layer),
        spec.has(after) ? norm(after, layer) : null,
        spec.multipliers().residual());
  }

  private Body attention(int layer) {
    AttentionSpec attention = spec.attention();
    AttentionSpec.Layer at = attention.layers().get(layer);
    return new Attention(
        projection(layer),
        queryKeyNorm(layer),
        linear(ATTENTION_OUTPUT, layer),
        at.rotary().map(rotaries::get).orElse(null),
        new Scoring(attention.scale(), attention.cap(), at.window()),
        kernels);
  }

  private Attention.Projection projection(int layer) {
    if (spec.has(QUERY_KEY_VALUE_BY_HEAD)) {
      return new Attention.FusedByHead(linear(QUERY_KEY_VALUE_BY_HEAD, layer), spec.heads());
    }
    if (spec.has(QUERY_KEY_VALUE)) {
      return new Attention.Fused(linear(QUERY_KEY_VALUE, layer), spec.heads(), spec.kvHeads());
    }
    return new Attention.Split(
        linear(QUERY, layer),
        linear(KEY, layer),
        linear(VALUE, layer),
        spec.heads(),
        spec.kvHeads());
  }

  private QueryKeyNorm queryKeyNorm(int layer) {
    if (spec.has(QUERY_NORM)) {
      return new QueryKeyNorm.PerHead(rms(QUERY_NORM, layer), rms(KEY_NORM, layer));
    }
    if (spec.has(JOINT_QUERY_NORM)) {
      return new QueryKeyNorm.Joint(rms(JOINT_QUERY_NORM, layer), rms(JOINT_KEY_NORM, layer));
    }
    return new QueryKeyNorm.None();
  }

  private Body mlp(int layer) {
    if (spec.has(GATE_UP)) {
      return new Mlp.FusedGated(
          linear(GATE_UP, layer), linear(DOWN, layer), spec.activation(), kernels.gate());
    }
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
    return switch (spec.norm().kind()) {
      case RMS -> rms(role, layer);
      case LAYER -> new Norm.Layer(weight(role, layer), bias(role, layer), spec.norm().eps());
    };
  }

  private Norm.Rms rms(TensorRole role, int layer) {
    NormSpec norm = spec.norm();
    return new Norm.Rms(weight(role, layer), norm.eps(), norm.fromOne(), kernels.norm());
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
