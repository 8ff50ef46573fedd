package io.github.drprune.report;

import static java.nio.file.StandardOpenOption.APPEND;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.drprune.io.AtomicFiles;
import io.github.drprune.run.RunEvent;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunTailTest {
  @TempDir Path folder;
  private final List<String> seen = new ArrayList<>();
  private Path file;
  private RunTail tail;

  @BeforeEach
  void follow() {
    file = folder.resolve(RunFile.METRICS);
    tail = new RunTail(file);
  }

  private boolean poll() throws IOException {
    return tail.poll(seen::clear, event -> seen.add(((RunEvent.Warning) event).message()));
  }

  private static String warning(String message) {
    return SyntheticRun.line(new RunEvent.Warning(1, message));
  }

  @Test
  void waitsForTheFileAndForEveryLineFeed() throws IOException {
    assertThat(poll()).isFalse();
    String line = warning("größer");
    byte[] bytes = line.getBytes(java.nio.charset.StandardCharsets.UTF_8);
    Files.write(file, new byte[0]);
    for (int i = 0; i < bytes.length; i++) {
      Files.write(file, new byte[] {bytes[i]}, APPEND);
      poll();
      assertThat(seen).hasSize(i < bytes.length - 1 ? 0 : 1);
      assertThat(tail.endsInHalfALine()).isEqualTo(i < bytes.length - 1);
    }
    assertThat(seen).containsExactly("größer");
    assertThat(poll()).isFalse();
  }

  @Test
  void readsAgainWhatWasCutBack() throws IOException {
    Files.writeString(file, warning("a") + warning("b") + warning("c"));
    poll();
    Files.writeString(file, warning("a") + warning("B"));
    assertThat(poll()).isTrue();
    assertThat(seen).containsExactly("a", "B");
  }

  @Test
  void noticesAFileThatWasCutBackAndHasGrownPastTheOldEnd() throws IOException {
    Files.writeString(file, warning("a") + warning("b"));
    poll();
    Files.writeString(file, warning("a") + warning("x") + warning("y") + warning("z"));
    poll();
    assertThat(seen).containsExactly("a", "x", "y", "z");
  }

  @Test
  void noticesAFileThatWasReplaced() throws IOException {
    Files.writeString(file, warning("a") + warning("b"));
    poll();
    AtomicFiles.text(file, warning("a"));
    poll();
    assertThat(seen).containsExactly("a");
    Files.delete(file);
    assertThat(poll()).isTrue();
    assertThat(seen).isEmpty();
  }

  @Test
  void leavesOutAndCountsWhatIsNoEvent() throws IOException {
    Files.writeString(
        file, warning("a") + "garbage\n\n{\"event\":\"unheard of\",\"step\":1}\n" + warning("b"));
    poll();
    assertThat(seen).containsExactly("a", "b");
    assertThat(tail.badLines()).isEqualTo(2);
    assertThat(tail.firstBadLine()).startsWith("line 2");
  }
}
