package io.github.drprune.tasks.scoring;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.drprune.error.UserException;
import io.github.drprune.tasks.Answer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SampleLinesTest {
  @TempDir private Path folder;

  @Test
  void aTasksOwnDataAreNotReplaced() throws Exception {
    Path file = folder.resolve("t1.jsonl");
    assertThatCode(() -> SampleLines.requireReplaceable(file)).doesNotThrowAnyException();
    Files.writeString(file, SampleLines.of(List.<Answer>of()) + "{\"doc_id\":0,\"prompts\":[]}\n");
    assertThatCode(() -> SampleLines.requireReplaceable(file)).doesNotThrowAnyException();
    for (String data : List.of("{\"question\": \"a\"}\n", "{\"doc_id\":0,\"question\":\"a\"}\n")) {
      Files.writeString(file, data);
      assertThatThrownBy(() -> SampleLines.requireReplaceable(file))
          .as(data)
          .isInstanceOf(UserException.class)
          .hasMessage("samples: %s holds other than samples; name another folder", file);
    }
  }
}
