package io.github.drprune.export;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.drprune.demo.DemoTokenizer;
import io.github.drprune.gguf.GgufHeader;
import io.github.drprune.gguf.TensorType;
import io.github.drprune.io.ByteSize;
import io.github.drprune.model.ModelFamily;
import io.github.drprune.model.ModelShape;
import io.github.drprune.model.ModelWriter;
import io.github.drprune.model.NewModel;
import io.github.drprune.model.TinyModels;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files of every family and type in the Python library of llama.cpp's authors. */
class GgufPythonTest {
  @TempDir private Path folder;

  private static String python() {
    String python = System.getProperty("python", "");
    Assumptions.assumeFalse(python.isBlank(), "no -Dpython with gguf");
    return python;
  }

  @Test
  void readsEveryFileAndEncodesNumbersAsWeDo() throws Exception {
    String python = python();
    DemoTokenizer.write(folder);
    Path script = folder.resolve("gguf_check.py");
    try (var resource = GgufPythonTest.class.getResourceAsStream("/llama-cpp/gguf_check.py")) {
      Files.write(script, resource.readAllBytes());
    }
    for (ModelFamily family : ModelFamily.ALL) {
      Path checkpoint = folder.resolve(family.modelType());
      var spec = NewModel.of(family.modelType(), new ModelShape(32, 4, 4, 4, 64), 300, 96);
      try (var model = TinyModels.model(spec, 3)) {
        ModelWriter.save(model, checkpoint, folder, Optional.empty(), ByteSize.parse("1GB"));
      }
      List<String> command = new ArrayList<>(List.of(python, script.toString()));
      for (TensorType type :
          List.of(TensorType.F32, TensorType.F16, TensorType.BF16, TensorType.Q8_0)) {
        Path file = checkpoint.resolve(type + ".gguf");
        new GgufExport(checkpoint, file, type).write(_ -> {});
        command.add(file.toString());
      }
      int tensors = GgufHeader.read(checkpoint.resolve("F32.gguf")).tensors().size();
      String line = "tensors %d equal %d".formatted(tensors, tensors);
      assertThat(lines(command)).as(family.modelType()).containsExactly(line, line, line);
    }
  }

  private static List<String> lines(List<String> command) throws Exception {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    try (var reader = process.inputReader()) {
      List<String> lines = reader.readAllLines();
      assertThat(process.waitFor()).as("%s", lines).isZero();
      return lines;
    }
  }
}
