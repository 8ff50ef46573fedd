package io.github.drprune.data.parquet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.drprune.error.Unusable;
import io.github.drprune.error.UserException;
import io.github.drprune.json.Json;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Nested rows that pyarrow wrote, in two versions of pages, against the same rows in JSON. */
class ParquetRowsTest {
  @TempDir private Path folder;

  private static Path resource(String name) throws URISyntaxException {
    return Path.of(ParquetRowsTest.class.getResource("/tasks/" + name).toURI());
  }

  @Test
  void nestedColumnsAreReadAsTheyWereWritten() throws Exception {
    List<String> expected = Files.readAllLines(resource("nested.jsonl"));
    for (String name : List.of("nested-v1.parquet", "nested-v2.parquet")) {
      List<Map<String, Object>> rows = ParquetRows.read(resource(name));

      assertThat(rows).as(name).hasSameSizeAs(expected);
      for (int i = 0; i < rows.size(); i++) {
        assertThat(Json.tree(Json.line(rows.get(i)), "row"))
            .as("%s, row %d", name, i)
            .isEqualTo(Json.tree(expected.get(i), "row"));
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "created, column 'created' is of type INT96",
    "price, column 'price' is a decimal number",
    "labels, column 'labels' is a map",
    "meta, column 'meta.seen' is of type INT96"
  })
  void columnsOfOtherKindsAreNamed(String column, String why) throws Exception {
    Path file = Path.of(ParquetRowsTest.class.getResource("/data/typed.parquet").toURI());
    try (var rows =
        new ParquetRows(FileChannel.open(file), file, path -> path.startsWith(column))) {
      assertThatThrownBy(rows::next)
          .isInstanceOf(UserException.class)
          .hasMessage(
              file + ": " + why + ", which is not read; leave it out or convert it to text");
    }
    try (var rows = new ParquetRows(FileChannel.open(file), file, "meta.set"::equals)) {
      assertThat(rows.next()).isEqualTo(Map.of("meta", Map.of("set", "x")));
    }
  }

  @Test
  void columnsOfOtherKindsAreLeftToThoseWhoUseThem() throws Exception {
    Path file = Path.of(ParquetRowsTest.class.getResource("/data/typed.parquet").toURI());
    List<Map<String, Object>> rows = ParquetRows.read(file);
    assertThat(rows).hasSize(2);
    Map.of("created", "of type INT96", "price", "a decimal number", "labels", "a map")
        .forEach(
            (column, kind) ->
                assertThat(rows.getFirst().get(column))
                    .isEqualTo(
                        new Unusable(
                            "%s: column '%s' is %s, which is not read; leave it out or convert it to text"
                                .formatted(file, column, kind))));
    var meta = (Map<?, ?>) rows.getFirst().get("meta");
    assertThat((Object) meta.get("seen")).isInstanceOf(Unusable.class);
    assertThat((Object) meta.get("set")).isEqualTo("x");
    // The next row begins where it should.
    var next = (Map<?, ?>) rows.getLast().get("meta");
    assertThat((Object) next.get("set")).isEqualTo("y");
  }

  @Test
  void damageIsToldAndNothingElse() throws Exception {
    byte[] whole = Files.readAllBytes(resource("nested-v1.parquet"));
    var random = new SplittableRandom(7);
    for (int i = 0; i < 300; i++) {
      byte[] damaged = whole.clone();
      damaged[random.nextInt(damaged.length)] ^= (byte) (1 << random.nextInt(8));
      Path file = Files.write(folder.resolve("damaged.parquet"), damaged);
      try {
        ParquetRows.read(file);
      } catch (IOException e) {
        assertThat(e.getMessage()).isNotBlank();
      }
    }
    Path cut = Files.write(folder.resolve("cut.parquet"), Arrays.copyOf(whole, 900));
    assertThatThrownBy(() -> ParquetRows.read(cut)).isInstanceOf(IOException.class);
  }
}
