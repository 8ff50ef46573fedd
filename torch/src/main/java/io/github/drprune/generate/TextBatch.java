package io.github.drprune.generate;

import io.github.drprune.libtorch.NativeScope;
import io.github.drprune.libtorch.NoGrad;
import io.github.drprune.libtorch.Tensors;
import io.github.drprune.model.CausalLm;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;

/**
 * Continues several texts at once: a step reads the weights once for all of them, and attention
 * sees each text by itself. Where one ends the next takes its place, so no row is padded.
 */
final class TextBatch {
  private final CausalLm model;
  private final int width;

  /**
   * @param width texts at once
   */
  TextBatch(CausalLm model, int width) {
    this.model = model;
    this.width = width;
  }

  /** Continues {@code texts} to their ends and closes them; each is asked for as it begins. */
  void run(Iterator<GrowingText> texts) {
    List<GrowingText> open = new ArrayList<>();
    try (var _ = NativeScope.open();
        var _ = NoGrad.open()) {
      while (!open.isEmpty() || texts.hasNext()) {
        open.removeIf(TextBatch::closedAtEnd);
        while (open.size() < width && texts.hasNext()) {
          open.add(texts.next());
        }
        step(open.stream().filter(GrowingText::isOpen).toList());
      }
    } finally {
      open.forEach(GrowingText::close);
    }
  }

  private static boolean closedAtEnd(GrowingText text) {
    if (!text.isOpen()) {
      text.close();
    }
    return !text.isOpen();
  }

  /** Adds a token to each text: those that begin are read by themselves, the others together. */
  private void step(List<GrowingText> texts) {
    List<GrowingText> together = new ArrayList<>();
    List<int[]> last = new ArrayList<>();
    for (GrowingText text : texts) {
      int[] unread = text.unread();
      if (unread.length == 1) {
        together.add(text);
        last.add(unread);
      } else {
        decode(List.of(text), List.of(unread));
      }
    }
    if (!together.isEmpty()) {
      decode(together, last);
    }
  }

  private void decode(List<GrowingText> texts, List<int[]> unread) {
    try (var _ = NativeScope.open()) {
      var tokens =
          Tensors.ofTokens(unread.toArray(int[][]::new)).to(model.device(), Tensors.TOKENS);
      float[] logits = // [texts, vocabulary]
          Tensors.floats(
              texts.size() == 1
                  ? model.decode(tokens, texts.getFirst().cache())
                  : model.decode(tokens, texts.stream().map(GrowingText::cache).toList()));
      int vocabulary = logits.length / texts.size();
      for (int row = 0; row < texts.size(); row++) {
        texts.get(row).take(Arrays.copyOfRange(logits, row * vocabulary, (row + 1) * vocabulary));
      }
    }
  }
}
