package io.github.drprune.model;

import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.function.IntPredicate;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;

/**
 * How the heads of each layer attend.
 *
 * @param scale of the products of queries and keys
 * @param cap scores become {@code cap * tanh(score / cap)} (Gemma 2, arXiv 2408.00118)
 */
public record AttentionSpec(List<Layer> layers, double scale, OptionalDouble cap) {
  /**
   * What differs between layers.
   *
   * @param rotary how positions turn queries and keys; without it they have no positions
   * @param window how many positions a token sees, its own included; without it all up to its own
   */
  public record Layer(Optional<RotarySpec> rotary, OptionalInt window) {
    Layer windowed(int size) {
      return new Layer(rotary, OptionalInt.of(size));
    }

    Layer rotated(RotarySpec other) {
      return new Layer(Optional.of(other), window);
    }

    Layer withoutRotary() {
      return new Layer(Optional.empty(), window);
    }
  }

  public AttentionSpec {
    layers = List.copyOf(layers);
  }

  /** Of layers that are all alike and see everything. */
  static AttentionSpec uniform(int layers, RotarySpec rotary, int headDim) {
    var layer = new Layer(Optional.of(rotary), OptionalInt.empty());
    return new AttentionSpec(
        IntStream.range(0, layers).mapToObj(_ -> layer).toList(),
        1 / Math.sqrt(headDim),
        OptionalDouble.empty());
  }

  /** The same with the layers that {@code chosen} names changed. */
  AttentionSpec with(IntPredicate chosen, UnaryOperator<Layer> change) {
    return new AttentionSpec(
        IntStream.range(0, layers.size())
            .mapToObj(i -> chosen.test(i) ? change.apply(layers.get(i)) : layers.get(i))
            .toList(),
        scale,
        cap);
  }

  /** The same with other scores. */
  AttentionSpec scored(double otherScale, OptionalDouble otherCap) {
    return new AttentionSpec(layers, otherScale, otherCap);
  }

  /** The layers given, in that order. */
  AttentionSpec select(int[] chosen) {
    return new AttentionSpec(IntStream.of(chosen).mapToObj(layers::get).toList(), scale, cap);
  }

  /** Whether some layers see a part of the past only. */
  public boolean hasWindows() {
    return layers.stream().anyMatch(layer -> layer.window().isPresent());
  }

  /** Whether in a text of that length all positions turn differently than in a shorter one. */
  public boolean turnsAnewAt(int length) {
    return layers.stream()
        .flatMap(layer -> layer.rotary().stream())
        .anyMatch(rotary -> rotary.longAfter() == length - 1);
  }
}
