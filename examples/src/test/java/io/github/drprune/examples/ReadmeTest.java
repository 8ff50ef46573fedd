package io.github.drprune.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** What the README shows of the examples is what stands in them. */
class ReadmeTest {
  private static final Path MODULE = Path.of(System.getProperty("basedir", "."));
  private static final Pattern JAVA = Pattern.compile("(?s)```java\n(.*?)```");

  @Test
  void itsExcerptsAreOfTheExamples() throws IOException {
    List<String> examples = new ArrayList<>();
    try (var files = Files.walk(MODULE.resolve("src/main/java"))) {
      for (Path file : (Iterable<Path>) files.filter(Files::isRegularFile)::iterator) {
        examples.add(unindented(Files.readString(file)));
      }
    }
    String readme = Files.readString(MODULE.resolve("../README.md"));
    var excerpts = JAVA.matcher(readme).results().map(found -> unindented(found.group(1))).toList();
    assertThat(excerpts).isNotEmpty();
    assertThat(excerpts)
        .allSatisfy(
            excerpt -> assertThat(examples).anySatisfy(file -> assertThat(file).contains(excerpt)));
  }

  private static String unindented(String code) {
    return String.join("\n", code.lines().map(String::strip).toList());
  }
}
