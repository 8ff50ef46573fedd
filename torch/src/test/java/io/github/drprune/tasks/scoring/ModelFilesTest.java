package io.github.drprune.tasks.scoring;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelFilesTest {
  @TempDir private Path folder;

  /** Answers that are there from before would not be found again in another locale. */
  @Test
  void theFingerprintDoesNotFollowTheLocale() throws IOException {
    Files.writeString(folder.resolve("config.json"), "{}");
    String expected = ModelFiles.fingerprint(folder);
    Locale before = Locale.getDefault();
    Locale.setDefault(Locale.forLanguageTag("ar-EG"));
    try {
      assertThat(ModelFiles.fingerprint(folder)).isEqualTo(expected);
    } finally {
      Locale.setDefault(before);
    }
  }
}
