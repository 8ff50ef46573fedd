package io.github.drprune.optim;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;

/**
 * Which parameters belong to which block of a model.
 *
 * @param names of the parameters of each block, in the order of the blocks
 */
public record ParameterBlocks(List<List<String>> names) {
  /** No parameter belongs to any. */
  static final ParameterBlocks NONE = new ParameterBlocks(List.of());

  /** Elements that are sent at once: what DDP (arXiv 2006.15704) sends by default, nearly. */
  private static final long SENT_AT_ONCE = 1L << 22;

  public ParameterBlocks {
    names = names.stream().map(List::copyOf).toList();
  }

  /**
   * Parameters that are sent together.
   *
   * @param firstBlock the first that one of them belongs to, or -1 where they belong to none
   */
  record Sent(SequencedMap<String, Tensor> parameters, int firstBlock) {}

  /** Those of {@code parameters} that belong to no block. */
  SequencedMap<String, Tensor> others(SequencedMap<String, Tensor> parameters) {
    Set<String> inBlocks = new HashSet<>();
    names.forEach(inBlocks::addAll);
    SequencedMap<String, Tensor> others = new LinkedHashMap<>();
    parameters.forEach(
        (name, parameter) -> {
          if (!inBlocks.contains(name)) {
            others.put(name, parameter);
          }
        });
    return others;
  }

  /** Those of {@code parameters} that belong to block {@code index}. */
  SequencedMap<String, Tensor> block(int index, SequencedMap<String, Tensor> parameters) {
    SequencedMap<String, Tensor> block = new LinkedHashMap<>();
    names.get(index).forEach(name -> block.put(name, parameters.get(name)));
    return block;
  }

  /**
   * {@code parameters} in parts of a good size to send, in the order in which a backward pass
   * finishes their gradients: late blocks first, what belongs to no block last.
   */
  List<Sent> sentTogether(SequencedMap<String, Tensor> parameters) {
    List<Sent> parts = new ArrayList<>();
    SequencedMap<String, Tensor> part = new LinkedHashMap<>();
    for (int i = names.size() - 1; i >= 0; i--) {
      part.putAll(block(i, parameters));
      if (elements(part) >= SENT_AT_ONCE || i == 0) {
        parts.add(new Sent(part, i));
        part = new LinkedHashMap<>();
      }
    }
    for (var other : others(parameters).entrySet()) {
      if (!part.isEmpty() && elements(part) + other.getValue().numel() > SENT_AT_ONCE) {
        parts.add(new Sent(part, -1));
        part = new LinkedHashMap<>();
      }
      part.put(other.getKey(), other.getValue());
    }
    if (!part.isEmpty()) {
      parts.add(new Sent(part, -1));
    }
    return parts;
  }

  private static long elements(SequencedMap<String, Tensor> parameters) {
    return parameters.values().stream().mapToLong(Tensor::numel).sum();
  }
}
