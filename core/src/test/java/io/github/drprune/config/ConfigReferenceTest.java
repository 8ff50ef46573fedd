package io.github.drprune.config;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.drprune.config.binding.ConfigKey;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class ConfigReferenceTest {
  private static final Path PAGE =
      Path.of(System.getProperty("basedir", ".")).resolve("../docs/configuration.md");

  /** With the system property {@code docs.write} set to true the page is written instead. */
  @Test
  void thePageIsThatOfTheRecords() throws IOException {
    if (Boolean.getBoolean("docs.write")) {
      Files.writeString(PAGE, ConfigReference.markdown());
    }
    assertThat(PAGE)
        .withFailMessage(
            "docs/configuration.md is stale: run"
                + " mvn -pl core test -Dtest=ConfigReferenceTest -Ddocs.write=true")
        .hasContent(ConfigReference.markdown());
  }

  @Test
  void everyKeyIsExplained() {
    for (var type : List.of(PruneConfig.class, TrainConfig.class, PipelineConfig.class)) {
      for (var key : ConfigKey.of(type)) {
        assertThat(key.key().doc()).as(key.path()).endsWith(".").doesNotContain("|", "\n");
      }
    }
  }

  @Test
  void helpNamesKeyDefaultMeaningAndValues() {
    assertThat(ConfigReference.help(PruneConfig.class))
        .anySatisfy(
            line ->
                assertThat(line)
                    .matches(
                        "domains.rho=0.1 +Chi-square divergence of the weights from the reference"
                            + " proportion. \\(number, above 0\\)"))
        .anySatisfy(line -> assertThat(line).startsWith("model=... "));
  }
}
