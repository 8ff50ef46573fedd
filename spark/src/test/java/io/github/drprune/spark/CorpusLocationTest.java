package io.github.drprune.spark;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.drprune.data.prepare.CorpusInput;
import io.github.drprune.data.prepare.InputFile;
import io.github.drprune.data.prepare.PrepareConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CorpusLocationTest {
  @TempDir private Path folder;

  /** With and without the slash that stands for the root. */
  @Test
  void aWholeFileSystemIsAnInput() throws IOException {
    Files.writeString(folder.resolve("train.jsonl"), "{\"text\": \"a\"}\n");
    var hadoop = new Configuration(false);
    hadoop.set("fs.viewfs.impl", "org.apache.hadoop.fs.viewfs.ViewFileSystem");
    hadoop.set("fs.viewfs.mounttable.bucket.link./web", folder.toUri().toString());
    var config = PrepareConfig.of("seq_len=8");
    for (String root : List.of("viewfs://bucket", "viewfs://bucket/")) {
      assertThat(files(new CorpusInput(root, null), config, hadoop))
          .as(root)
          .containsExactly("web web/train.jsonl");
      assertThat(files(new CorpusInput(null, List.of("all=" + root)), config, hadoop))
          .as(root)
          .containsExactly("all web/train.jsonl");
    }
  }

  private static List<String> files(CorpusInput input, PrepareConfig config, Configuration hadoop)
      throws IOException {
    return CorpusLocation.find(input, config, hadoop).corpus().domains().stream()
        .flatMap(
            domain ->
                domain.files().stream()
                    .map(InputFile::name)
                    .map(name -> domain.name() + " " + name))
        .toList();
  }
}
