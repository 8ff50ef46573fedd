package io.github.drprune.demo;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.drprune.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DemoTokenizerTest {
  @TempDir private Path folder;

  /** A demo that goes on in another process must find the tokenizer that its data was made with. */
  @Test
  void itsFilesHaveTheirKeysInAnOrderThatDoesNotDependOnTheProcess() throws IOException {
    DemoTokenizer.write(folder);
    assertThat(Files.readString(folder.resolve("tokenizer.json")).replaceAll("\\s+", " "))
        .startsWith(
            "{ \"version\" : \"1.0\", \"added_tokens\" : [ { \"id\" : 0, \"content\" : \"<s>\","
                + " \"single_word\" : false, \"lstrip\" : false, \"rstrip\" : false,"
                + " \"normalized\" : false, \"special\" : true }")
        .contains(
            "\"pre_tokenizer\" : { \"type\" : \"ByteLevel\", \"add_prefix_space\" : false,"
                + " \"trim_offsets\" : false, \"use_regex\" : false }");
    assertThat(Files.readString(folder.resolve("tokenizer_config.json")).replaceAll("\\s+", ""))
        .isEqualTo("{\"bos_token\":\"<s>\",\"eos_token\":\"</s>\",\"add_bos_token\":true}");
    try (var tokenizer = Tokenizer.load(folder)) {
      // Bytes shifted by the two special tokens: e9 is 233, 'a' 97.
      assertThat(tokenizer.encode("aé")).containsExactly(99, 0xc3 + 2, 0xa9 + 2);
    }
  }
}
