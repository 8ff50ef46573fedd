package io.github.drprune.cli;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine.ParameterException;

class OutputsTest {
  @TempDir private Path folder;

  private void refuseInputs(String... arguments) {
    Outputs.refuseInputs(Main.commandLine().parseArgs(arguments));
  }

  /** The second time they are there, and so is the task file from the first. */
  @Test
  void figuresAndTaskFilesMayLieInTheFolderOfSamples() throws IOException {
    Path figures = Files.writeString(folder.resolve("tasks.json"), "{}");
    Path task = Files.writeString(folder.resolve("task.yaml"), "task: t\n");
    assertThatCode(
            () ->
                refuseInputs(
                    "tasks",
                    "m",
                    "--tasks",
                    task.toString(),
                    "--samples",
                    folder.toString(),
                    "--json",
                    figures.toString()))
        .doesNotThrowAnyException();
  }

  @Test
  void aFolderOfInputTakesNoSamples() {
    assertThatThrownBy(
            () -> refuseInputs("tasks", "m", "--tasks", "t", "--data", at(), "--samples", at()))
        .isInstanceOf(ParameterException.class)
        .hasMessage(
            "--samples %s is an input or another result; name another place".formatted(at()));
  }

  private String at() {
    return folder.toString();
  }
}
