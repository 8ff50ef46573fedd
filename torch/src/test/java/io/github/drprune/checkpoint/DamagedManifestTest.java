package io.github.drprune.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.drprune.json.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever happens to a {@code checkpoint.json} is told as damage; nothing else comes out. */
class DamagedManifestTest {
  private static final int MUTATIONS = Integer.getInteger("fuzz.mutations", 50);

  @TempDir private Path folder;
  private Path manifest;

  @BeforeEach
  void write() throws IOException {
    Files.writeString(folder.resolve("weights.safetensors"), "weights");
    Files.writeString(folder.resolve("state.json"), "{}");
    manifest = folder.resolve(CheckpointManifest.FILE);
    Files.writeString(manifest, Json.pretty(CheckpointManifest.describe(folder, 40, Map.of())));
    assertThat(CheckpointManifest.damage(folder, 40)).isNull();
  }

  @Test
  void mutationsAreDamageOrChangeNothing() throws IOException {
    byte[] whole = Files.readAllBytes(manifest);
    var random = new SplittableRandom(1);
    for (int i = 0; i < MUTATIONS; i++) {
      byte[] mutated =
          Arrays.copyOf(
              whole, random.nextInt(4) == 0 ? random.nextInt(whole.length) : whole.length);
      for (int flips = random.nextInt(1, 4); flips > 0 && mutated.length > 0; flips--) {
        mutated[random.nextInt(mutated.length)] = (byte) random.nextInt(256);
      }
      Files.write(manifest, mutated);
      String damage = CheckpointManifest.damage(folder, 40);
      if (damage != null) {
        assertThat(damage).as("mutation %d", i).doesNotContain("\n", "Exception", "java.");
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"../state.json", "/etc/passwd", "a\\u0000b", "", ".."})
  void namesThatLeadElsewhereAreDamage(String name) throws IOException {
    String text = Files.readString(manifest).replace("\"state.json\"", "\"" + name + "\"");
    Files.writeString(manifest, text);
    assertThat(CheckpointManifest.damage(folder, 40)).contains("is not described");
  }
}
