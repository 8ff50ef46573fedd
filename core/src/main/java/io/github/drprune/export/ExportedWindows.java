package io.github.drprune.export;

import io.github.drprune.error.UserException;
import io.github.drprune.gguf.GgufValue;
import io.github.drprune.model.AttentionSpec.Layer;
import io.github.drprune.model.LlamaCpp;
import io.github.drprune.model.LlamaCpp.Trait;
import io.github.drprune.model.ModelSpec;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/**
 * Which layers have a window, as a file can say it: in each group of n layers all but the last. A
 * model whose windows cannot be said is exported for texts that no window cuts.
 *
 * @param contextLength the longest text that is computed as the source computes it, in tokens
 */
record ExportedWindows(int contextLength, Map<String, GgufValue> keys) {
  static ExportedWindows of(ModelSpec spec, LlamaCpp architecture, Consumer<String> warnings) {
    List<Layer> layers = spec.attention().layers();
    int[] sizes =
        layers.stream().flatMapToInt(layer -> layer.window().stream()).distinct().toArray();
    if (sizes.length == 0) {
      // Without these keys Gemma's would be taken to have windows.
      return new ExportedWindows(
          spec.contextLength(),
          architecture.has(Trait.CAPS_ALL) ? keys(spec.contextLength(), 1) : Map.of());
    }
    OptionalInt period = architecture.has(Trait.WINDOWS) ? period(layers) : OptionalInt.empty();
    if (period.isPresent()) {
      return new ExportedWindows(spec.contextLength(), keys(sizes[0], period.getAsInt()));
    }
    if (layers.stream().map(Layer::rotary).distinct().count() > 1) {
      throw new UserException(
          "llama.cpp's %s needs windows in a repeating pattern (in each group of n layers all but the last), not in layers %s, counted from 0; keep whole groups of layers when pruning"
              .formatted(architecture.name(), windowed(layers)));
    }
    int longest = Math.min(spec.contextLength(), sizes[0]);
    if (longest < spec.contextLength()) {
      warnings.accept(
          "llama.cpp's %s has no such windows of attention; the file is for texts of up to %,d tokens, which they do not cut"
              .formatted(architecture.name(), longest));
    }
    return new ExportedWindows(
        longest, architecture.has(Trait.CAPS_ALL) ? keys(longest, 1) : Map.of());
  }

  private static Map<String, GgufValue> keys(int window, int period) {
    return Map.of(
        "attention.sliding_window",
        GgufValue.of(window),
        "attention.sliding_window_pattern",
        GgufValue.of(period));
  }

  /** The p for which layer i has a window if and only if i mod p is not p - 1; 0: all have one. */
  private static OptionalInt period(List<Layer> layers) {
    return IntStream.rangeClosed(0, layers.size())
        .filter(
            period ->
                IntStream.range(0, layers.size())
                    .allMatch(
                        i ->
                            layers.get(i).window().isPresent()
                                == (period == 0 || i % period < period - 1)))
        .findFirst();
  }

  private static List<Integer> windowed(List<Layer> layers) {
    return IntStream.range(0, layers.size())
        .filter(i -> layers.get(i).window().isPresent())
        .boxed()
        .toList();
  }
}
