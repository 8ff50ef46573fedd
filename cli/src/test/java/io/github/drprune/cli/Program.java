package io.github.drprune.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.drprune.demo.DemoCorpus;
import io.github.drprune.demo.DemoTokenizer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The program in processes of its own, which end with the test. */
final class Program implements AutoCloseable {
  /** A started command and the files that take what it says. */
  record Command(Process process, Path output, Path errors) {
    int exit() throws InterruptedException {
      return process.waitFor();
    }

    /** Everything. */
    String said() {
      return out() + err();
    }

    String out() {
      return read(output);
    }

    String err() {
      return read(errors);
    }

    void signal(String name) throws IOException, InterruptedException {
      Program.signal(process.pid(), name);
    }

    private static String read(Path file) {
      try {
        return Files.readString(file);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  private final Path folder;
  private final List<Process> started = new ArrayList<>();

  /**
   * @param folder for what commands say
   */
  Program(Path folder) {
    this.folder = folder;
  }

  /** Starts a command whose arguments have no spaces. */
  Command start(String arguments) throws IOException {
    return start(arguments, Map.of());
  }

  Command start(String arguments, Map<String, String> environment) throws IOException {
    return start(List.of(), arguments, environment);
  }

  /** Starts a command by way of another, such as one that changes its network. */
  Command start(List<String> by, String arguments, Map<String, String> environment)
      throws IOException {
    List<String> command = new ArrayList<>(by);
    command.addAll(
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "--enable-native-access=ALL-UNNAMED",
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            "-cp",
            System.getProperty("java.class.path"),
            Main.class.getName()));
    command.addAll(List.of(arguments.split(" ")));
    Path output = Files.createTempFile(folder, "output", ".txt");
    Path errors = Files.createTempFile(folder, "errors", ".txt");
    var process =
        new ProcessBuilder(command).redirectOutput(output.toFile()).redirectError(errors.toFile());
    process.environment().putAll(environment);
    started.add(process.start());
    return new Command(started.getLast(), output, errors);
  }

  /** Makes a corpus, a tokenizer and of these prepared data in the program's folder. */
  void prepareDemoText() throws IOException, InterruptedException {
    Path corpus = folder.resolve("corpus");
    Path tokenizer = Files.createDirectories(folder.resolve("tokenizer"));
    DemoCorpus.write(corpus, 60_000, 5);
    DemoTokenizer.write(tokenizer);
    Command prepare =
        start(
            "prepare --seq-len 64 --tokenizer %s --input %s --out %s"
                .formatted(tokenizer, corpus, folder.resolve("data")));
    assertThat(prepare.exit()).as(prepare::said).isZero();
  }

  static void signal(long pid, String name) throws IOException, InterruptedException {
    new ProcessBuilder("kill", "-" + name, Long.toString(pid)).start().waitFor();
  }

  /** A run that a failed test leaves would go on for a million steps. */
  @Override
  public void close() {
    for (Process process : started) {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
    }
  }
}
