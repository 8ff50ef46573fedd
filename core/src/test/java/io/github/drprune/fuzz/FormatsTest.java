package io.github.drprune.fuzz;

import io.github.drprune.config.PruneConfig;
import io.github.drprune.config.binding.ConfigLoader;
import io.github.drprune.io.ByteSize;
import io.github.drprune.model.CheckpointCheck;
import io.github.drprune.prune.MaskValues;
import io.github.drprune.run.EventLog;
import io.github.drprune.safetensors.CheckpointReader;
import io.github.drprune.safetensors.Dtype;
import io.github.drprune.safetensors.SafetensorsWriter;
import io.github.drprune.safetensors.TensorSpec;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Damaged files of settings, models, masks and events. */
class FormatsTest {
  private static final String CONFIG =
      """
      {"model_type": "llama", "hidden_size": 8, "num_hidden_layers": 1,
       "num_attention_heads": 2, "intermediate_size": 4, "vocab_size": 11}\
      """;

  @TempDir private Path folder;

  private Path write(String name, String text) throws IOException {
    return Files.writeString(folder.resolve(name), text);
  }

  private void weights() throws IOException {
    SafetensorsWriter.writeCheckpoint(
        folder,
        List.of(TensorSpec.of("model.embed_tokens.weight", Dtype.F32, 11, 8)),
        new ByteSize(1000),
        (tensor, sink) -> sink.write(MemorySegment.ofArray(new byte[(int) tensor.byteSize()])));
  }

  @Test
  void config() throws Exception {
    weights();
    Mutations.of(write("config.json", CONFIG), _ -> CheckpointCheck.of(folder));
  }

  @Test
  void safetensors() throws Exception {
    weights();
    Mutations.of(folder.resolve("model.safetensors"), _ -> CheckpointReader.open(folder).close());
  }

  @Test
  void masks() throws Exception {
    String masks =
        """
        {"format": "drprune masks", "version": 1, "model": %s,
         "result": {"hidden_size": 8, "layers": 1, "heads": 1, "kv_heads": 1,
                    "intermediate_size": 4},
         "group_policy": "kv_group",
         "modules": {"head": [{"kept": [1], "values": [0.5]}]}}
        """
            .formatted(CONFIG);
    Path file = write("masks.json", masks);
    MaskValues.read(file);
    Mutations.of(file, path -> MaskValues.read(path).shape());
  }

  @Test
  void configuration() throws Exception {
    Path file =
        write(
            "run.yaml",
            """
            model: m
            data: d
            output: o
            steps: 3
            target: {hidden_size: 8, layers: 1}
            domains: {proportion: {wiki: 0.3, web: 0.7}}
            """);
    Mutations.of(file, path -> ConfigLoader.load(Optional.of(path), List.of(), PruneConfig.class));
  }

  @Test
  void events() throws Exception {
    Path file =
        write(
            EventLog.FILE_NAME,
            """
            {"event":"train","step":1,"loss":2.5,"domain_loss":{"a":2.5},"tokens":8,\
            "tokens_per_second":1.5,"learning_rate":0.1,"gradient_norm":1.0}
            {"event":"masks","step":1,"modules":{"head":{"expected":0.5,"rows":[0.5],\
            "keep":[[0.5,0.25]]}}}
            {"event":"cut","step":1,"kept":{"head":[[0,1,5]]}}
            """);
    Mutations.of(file, EventLog::read);
  }
}
