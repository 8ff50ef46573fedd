package io.github.drprune.vocabulary;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class TextBatchesTest {
  private static List<Integer> sizes(int texts, String text) {
    List<Integer> sizes = new ArrayList<>();
    var batches = new TextBatches(batch -> sizes.add(batch.size()));
    for (int i = 0; i < texts; i++) {
      batches.add("domain", text);
    }
    batches.flush();
    return sizes;
  }

  @Test
  void aBatchIsFullByItsTextsOrTheirCharacters() {
    assertThat(sizes(2000, "short")).containsExactly(1024, 976);
    assertThat(sizes(10, "x".repeat(1 << 20))).containsExactly(4, 4, 2);
  }
}
