package io.github.drprune.demo;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.drprune.data.prepare.CorpusFinder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DemoCorpusTest {
  @TempDir private Path folder;

  /** A demo that goes on prepares from the same files, which must not look like new ones. */
  @Test
  void isLeftAsItIsWhereItIsThere() throws IOException {
    DemoCorpus.write(folder, 20_000, 1);
    Path file = folder.resolve("prose/train.jsonl");
    String text = Files.readString(file);
    Files.setLastModifiedTime(file, FileTime.fromMillis(1_000_000));
    var found = CorpusFinder.in(folder);
    DemoCorpus.write(folder, 20_000, 1);
    assertThat(CorpusFinder.in(folder)).isEqualTo(found);
    DemoCorpus.write(folder, 20_000, 2);
    assertThat(Files.readString(file)).isNotEqualTo(text);
  }
}
