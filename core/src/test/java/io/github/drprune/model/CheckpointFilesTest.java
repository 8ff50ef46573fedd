package io.github.drprune.model;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.drprune.io.Sha256;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CheckpointFilesTest {
  @TempDir private Path folder;

  @Test
  void onlyTheFilesOfACheckpointTellItFromAnother() throws IOException {
    Files.writeString(folder.resolve("config.json"), "{}");
    Files.writeString(folder.resolve("tokenizer.json"), "{}");
    List<String> before = signs();
    Files.createDirectory(folder.resolve(".git"));
    Files.writeString(folder.resolve("answers.jsonl"), "{}");
    assertThat(signs()).isEqualTo(before);

    Files.writeString(folder.resolve("tokenizer.json"), "{} ");
    assertThat(signs().get(0)).isEqualTo(before.get(0)); // what the model computes is the same
    assertThat(signs().get(1)).isNotEqualTo(before.get(1));
    assertThat(signs().get(2)).isNotEqualTo(before.get(2));
  }

  @Test
  void templatesForCertainUsesTellACheckpointFromAnother() throws IOException {
    Path config = Files.writeString(folder.resolve("config.json"), "{}");
    List<String> before = signs();
    // Records that were made before these files counted hold for folders without them.
    assertThat(before.get(1))
        .isEqualTo(Sha256.of(("config.json " + Sha256.of(config) + "\n").getBytes(UTF_8)));
    Path templates = Files.createDirectory(folder.resolve("additional_chat_templates"));
    assertThat(signs()).isEqualTo(before);
    for (String text : List.of("one", "another")) {
      Files.writeString(templates.resolve("tool_use.jinja"), text);
      assertThat(signs().get(0)).isEqualTo(before.get(0));
      assertThat(signs().get(1)).isNotEqualTo(before.get(1));
      assertThat(signs().get(2)).isNotEqualTo(before.get(2));
      before = signs();
    }
  }

  @Test
  void templatesForCertainUsesAreCopiedToo() throws IOException {
    Path templates = Files.createDirectory(folder.resolve("additional_chat_templates"));
    Files.writeString(templates.resolve("tool_use.jinja"), "t");
    Path copy = Files.createDirectory(folder.resolve("copy"));
    CheckpointFiles.copyCompanions(folder, copy);
    assertThat(copy.resolve("additional_chat_templates/tool_use.jinja")).hasContent("t");
  }

  @Test
  void copiesOfReadOnlyFilesCanBeWrittenTo() throws IOException {
    var readOnly = PosixFilePermissions.fromString("r--r--r--");
    Path definition = Files.writeString(folder.resolve("tokenizer.json"), "{}");
    Path templates = Files.createDirectory(folder.resolve("additional_chat_templates"));
    Path template = Files.writeString(templates.resolve("tool_use.jinja"), "t");
    Files.setPosixFilePermissions(definition, readOnly);
    Files.setPosixFilePermissions(template, readOnly);
    Path copy = Files.createDirectory(folder.resolve("copy"));
    CheckpointFiles.copyCompanions(folder, copy);
    for (String name : List.of("tokenizer.json", "additional_chat_templates/tool_use.jinja")) {
      assertThat(Files.getPosixFilePermissions(copy.resolve(name)))
          .contains(PosixFilePermission.OWNER_WRITE);
    }
  }

  private List<String> signs() throws IOException {
    return List.of(
        CheckpointFiles.contents(folder),
        CheckpointFiles.contentsWithCompanions(folder),
        CheckpointFiles.fingerprint(folder));
  }
}
