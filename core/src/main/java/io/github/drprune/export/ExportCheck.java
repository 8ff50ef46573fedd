package io.github.drprune.export;

import io.github.drprune.error.UserException;
import io.github.drprune.model.ModelShape;
import io.github.drprune.model.ModelSpec;
import io.github.drprune.model.SizeRule;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Whether llama.cpp will run what a model is cut to, by the rules that {@link GgufExport} refuses
 * by: so that it is known before the work.
 *
 * @param source the model to cut
 */
public record ExportCheck(ModelSpec source) {
  /** Why llama.cpp would not run {@code cut}, in a line; empty if it would. */
  public Optional<String> obstacle(ModelSpec cut) {
    List<String> broken = cut.brokenRules(source, SizeRule.Reader.LLAMA_CPP);
    if (!broken.isEmpty()) {
      return Optional.of(broken.getFirst());
    }
    try {
      ExportedModel.of(cut, _ -> {});
      return Optional.empty();
    } catch (UserException e) {
      return Optional.of(e.getMessage());
    }
  }

  /**
   * The same where it is not known yet which layers go. Layers may differ, in windows for instance,
   * so every way to take out neighbours is tried.
   */
  public Optional<String> obstacle(ModelShape target) {
    int gone = source.layers() - target.layers();
    int ways = gone == 0 ? 1 : target.layers() + 1;
    List<String> obstacles =
        IntStream.range(0, ways)
            .mapToObj(first -> without(first, gone).resized(target))
            .flatMap(cut -> obstacle(cut).stream())
            .toList();
    if (obstacles.isEmpty()) {
      return Optional.empty();
    }
    String somewhere = obstacles.size() < ways ? "depending on the layers that go: " : "";
    return Optional.of(somewhere + obstacles.getFirst());
  }

  /** The same of several targets in one line: their numbers, from 1, and what hinders the first. */
  public Optional<String> obstacle(List<ModelShape> targets) {
    List<String> numbers = new ArrayList<>();
    String reason = null;
    for (int i = 0; i < targets.size(); i++) {
      Optional<String> obstacle = obstacle(targets.get(i));
      if (obstacle.isPresent()) {
        numbers.add(String.valueOf(i + 1));
        reason = reason == null ? obstacle.get() : reason;
      }
    }
    return Optional.ofNullable(reason)
        .map(line -> "shape %s: %s".formatted(String.join(", ", numbers), line));
  }

  private ModelSpec without(int first, int count) {
    int[] kept =
        IntStream.range(0, source.layers())
            .filter(layer -> layer < first || layer >= first + count)
            .toArray();
    return source.layersFrom(kept, kept);
  }
}
