package io.github.drprune.data.prepare;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.drprune.data.Split;
import io.github.drprune.tokenizer.TinyTokenizer;
import io.github.drprune.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LongTextTest {
  @TempDir private Path folder;

  private static List<String> pieces(String text, int longest) {
    var pieces = new ArrayList<String>();
    LongText.cut(text, longest, pieces::add);
    return pieces;
  }

  @Test
  void cutsAtLineEndsThenAtSpacesThenBetweenCharacters() {
    assertThat(pieces("abc", 3)).containsExactly("abc");
    assertThat(pieces("a b\nc d e", 5)).containsExactly("a b\n", "c d e");
    assertThat(pieces("ab cdefgh", 4)).containsExactly("ab ", "cdef", "gh");
    assertThat(pieces("a😀😀😀", 4)).containsExactly("a😀", "😀😀");
  }

  /** One record of 5 MiB: several documents of one split, and the user is told. */
  @Test
  void aLongRecordBecomesSeveralDocuments() throws IOException {
    String line = "the other heat\n";
    int lines = (5 << 20) / line.length();
    Path input = Corpora.jsonl(folder.resolve("a.jsonl"), List.of("the heat", line.repeat(lines)));
    var config = new PrepareConfig(8, "text", 0, 0, null, 1 << 24, 0, 2);
    var warnings = new Corpora.Warnings();
    try (var tokenizer = Tokenizer.load(TinyTokenizer.write(folder.resolve("tokenizer")))) {
      var corpus = CorpusFinder.of(List.of("a=" + input));
      var manifest = new Prepare(corpus, tokenizer, config, warnings).into(folder.resolve("out"));
      var train = manifest.domains().getFirst().splits().get(Split.TRAIN);
      assertThat(train.documents()).isEqualTo(1 + 5);
      assertThat(train.characters()).isEqualTo(8 + (long) lines * line.length());
      long pieces =
          tokenizer.encode("the heat").length + (long) lines * tokenizer.encode(line).length;
      assertThat(train.tokens()).isEqualTo(pieces + 2 * train.documents());
    }
    assertThat(warnings.lines)
        .anyMatch(
            warning -> warning.startsWith(input + ":2: this record alone is 99% of the text"));
  }
}
