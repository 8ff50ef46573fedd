package io.github.drprune.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The launcher and what it starts under the locales of this and other machines. Java reads its
 * arguments before any code of ours runs, so this needs the script itself: it gets a folder that
 * looks built, and a "JDK" that starts this test's classes.
 */
class LocaleTest {
  private static final String REAL =
      Path.of(System.getProperty("java.home"), "bin/java").toString();

  @TempDir private Path folder;

  private record Result(int exit, String out, String err) {}

  /** German figures would be 250.000.000. */
  @BeforeEach
  void layOut() throws IOException {
    Path home = Files.createDirectories(folder.resolve("home"));
    Files.copy(Path.of("..", "drprune"), home.resolve("drprune"));
    Path start = Files.createDirectories(home.resolve("cli/src/dist/bin")).resolve("drprune");
    Files.copy(Path.of("src/dist/bin/drprune"), start);
    Files.createFile(home.resolve("pom.xml"));
    Files.createDirectories(home.resolve("cli/src/main"));
    Files.createFile(home.resolve("cli/pom.xml"));
    Path app = Files.createDirectories(home.resolve("cli/target/app"));
    Files.createFile(app.resolve("drprune.aot"));
    Files.writeString(app.resolve("built"), "\n");
    Path jdk = Files.createDirectories(folder.resolve("jdk/bin")).getParent();
    Files.writeString(jdk.resolve("release"), "JAVA_VERSION=\"99\"\n");
    Path java = jdk.resolve("bin/java");
    Files.writeString(
        java,
        """
        #!/usr/bin/env bash
        while [[ "$1" != io.github.drprune.cli.Main ]]; do shift; done
        exec '%s' -Duser.language=de -Duser.country=DE -XX:TieredStopAtLevel=1 -XX:+UseSerialGC --enable-native-access=ALL-UNNAMED \\
          -cp '%s' "$@"
        """
            .formatted(REAL, System.getProperty("java.class.path")));
    assertThat(java.toFile().setExecutable(true)).isTrue();
  }

  private Result run(Map<String, String> locale, String script) throws Exception {
    var process = new ProcessBuilder("bash", "-c", script).directory(folder.toFile());
    var environment = process.environment();
    environment.keySet().removeIf(name -> name.startsWith("LC_") || name.equals("LANG"));
    environment.putAll(locale);
    environment.put("JAVA_HOME", folder.resolve("jdk").toString());
    environment.remove("DRPRUNE_JAVA_OPTIONS");
    environment.remove("DRPRUNE_MAVEN_ARGS");
    Path out = folder.resolve("out.txt");
    Path err = folder.resolve("err.txt");
    int exit = process.redirectOutput(out.toFile()).redirectError(err.toFile()).start().waitFor();
    return new Result(exit, Files.readString(out), Files.readString(err));
  }

  /** A script in UTF-8, so that no argument of this test's own JVM depends on its locale. */
  private String script(String text) throws IOException {
    Path file = folder.resolve("script.sh");
    Files.write(file, text.getBytes(StandardCharsets.UTF_8));
    return ". ./script.sh";
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "LANG=",
        "LC_ALL=C",
        "LC_CTYPE=POSIX",
        "LC_ALL=C.UTF-8",
        "LANG=de_DE.ISO-8859-1",
        "LANG=none"
      })
  void namesFiguresAndTextsAreTheSameInEveryLocale(String locale) throws Exception {
    String call =
        script(
            """
            mkdir -p Größe-模型
            echo '{1B: {große: 3}, 4B: {große: 2}, 16B: {große: 1.5}}' > Größe-模型/точки.yaml
            home/drprune reference-loss --points Größe-模型/точки.yaml --parameters 250M --json Größe-模型/z.json
            """);
    String[] variable = locale.split("=", 2);
    Result result = run(Map.of(variable[0], variable[1]), call);
    assertThat(result.err()).isEmpty();
    assertThat(result.exit()).isZero();
    assertThat(result.out())
        .contains("250,000,000 parameters", "große", "reference_loss: {große: 5.0000}");
    assertThat(run(Map.of(), script("cat Größe-模型/z.json")).out()).contains("\"große\"");
  }

  @Test
  void messagesShowNamesAsTheyAre() throws Exception {
    Result result = run(Map.of("LANG", "C"), script("home/drprune masks Größe/模型.json"));
    assertThat(result.exit()).isEqualTo(2);
    assertThat(result.err()).contains("Größe/模型.json: no such file").hasLineCount(1);
  }

  @Test
  void bytesThatAreNoTextAreRefusedNotReplaced() throws Exception {
    Result result =
        run(Map.of("LANG", "C"), script("home/drprune generate x --prompt $'caf\\xe9'"));
    assertThat(result.exit()).isEqualTo(2);
    assertThat(result.err()).contains("caf").contains("UTF-8").hasLineCount(1);
  }
}
