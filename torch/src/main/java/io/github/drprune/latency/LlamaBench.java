package io.github.drprune.latency;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.drprune.error.UserException;
import io.github.drprune.export.GgufExport;
import io.github.drprune.gguf.TensorType;
import io.github.drprune.io.InputFiles;
import io.github.drprune.io.TemporaryFolder;
import io.github.drprune.json.Json;
import io.github.drprune.model.ConfigReader;
import io.github.drprune.model.ModelSpec;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;

/** llama.cpp, through its program {@code llama-bench}, which is started for every round. */
public final class LlamaBench implements Engine {
  private static final String FILE = "model.gguf";

  private final Path program;
  private final Path folder;
  private final TensorType type;
  private final int threads;
  private final Consumer<String> warnings;
  private final ModelSpec spec;
  private TemporaryFolder exported; // null until it is needed

  /**
   * For the checkpoint in {@code folder}, which is exported to a temporary file for its first
   * round: that takes long and many bytes, so mistakes come first.
   *
   * @param program {@code llama-bench}
   * @param type of the file's matrices
   */
  public LlamaBench(
      Path program, Path folder, TensorType type, int threads, Consumer<String> warnings)
      throws IOException {
    InputFiles.requireFile(program, "name llama.cpp's program llama-bench");
    if (!Files.isExecutable(program)) {
      throw new UserException(program + ": cannot be run; name llama.cpp's program llama-bench");
    }
    this.program = program;
    this.folder = folder;
    this.type = type;
    this.threads = threads;
    this.warnings = warnings;
    this.spec = ConfigReader.read(folder);
    GgufExport.requireExpressible(folder, spec);
  }

  @Override
  public void require(LatencyOptions options) {
    if (options.batches().stream().anyMatch(batch -> batch != 1)) {
      throw UserException.at("batch", "llama-bench runs one text at a time", "give 1");
    }
  }

  private Path file() throws IOException {
    if (exported == null) {
      exported = TemporaryFolder.create();
    }
    Path file = exported.path().resolve(FILE);
    if (!Files.exists(file)) {
      new GgufExport(folder, file, type).write(warnings);
    }
    return file;
  }

  @Override
  public ModelSpec spec() {
    return spec;
  }

  @Override
  public long fileBytes() throws IOException {
    return Files.size(file());
  }

  @Override
  public Timing run(int batch, int context, int generated) throws IOException {
    double prompt = tokensPerSecond("-p", context, "-n", 0);
    double generation = tokensPerSecond("-p", 0, "-n", generated, "-d", context);
    return new Timing(context / prompt, generated / generation);
  }

  private double tokensPerSecond(Object... test) throws IOException {
    Path file = file();
    Path errors = exported.path().resolve("errors");
    Process process =
        new ProcessBuilder(command(file, test)).redirectError(errors.toFile()).start();
    try {
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      int code = process.waitFor();
      if (code != 0) {
        throw failed(code, lastLine(errors), test);
      }
      JsonNode speed = Json.tree(output, program.toString()).path(0).path("avg_ts");
      if (!(speed.asDouble() > 0)) {
        throw new UserException(program + ": gives no tokens per second; is it llama-bench?");
      }
      return speed.asDouble();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while llama-bench ran", e);
    } finally {
      process.destroy();
    }
  }

  /** The exported file goes with this program, so that the user needs one to try it by hand. */
  private UserException failed(int code, Optional<String> why, Object... test) {
    return new UserException(
        "%s: ended with code %d for %s%s; run it by hand: drprune export %s --type %s --out %s; %s"
            .formatted(
                program,
                code,
                folder,
                why.map(": "::concat).orElse(""),
                folder,
                type.name().toLowerCase(Locale.ROOT),
                FILE,
                String.join(" ", command(Path.of(FILE), test))));
  }

  private List<String> command(Path file, Object... test) {
    List<String> command = new ArrayList<>(List.of(program.toString()));
    command.addAll(List.of("-m", file.toString(), "-r", "1", "-o", "json"));
    command.addAll(List.of("-t", String.valueOf(threads)));
    for (Object word : test) {
      command.add(String.valueOf(word));
    }
    return command;
  }

  /** Where a program says why it ends. */
  private static Optional<String> lastLine(Path errors) throws IOException {
    // A reader of this kind replaces malformed bytes.
    try (var lines =
        new BufferedReader(
            new InputStreamReader(Files.newInputStream(errors), StandardCharsets.UTF_8))) {
      return lines
          .lines()
          .map(String::strip)
          .filter(line -> !line.isEmpty())
          .reduce((_, last) -> last);
    }
  }

  @Override
  public long memoryBytes(int batch, int context, int generated) {
    return 0;
  }

  @Override
  public void close() {
    try {
      if (exported != null) {
        exported.close();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
