package io.github.drprune.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The script of a checkout, with a Maven that notes its arguments and a program that says hello.
 */
class CheckoutScriptTest {
  @TempDir private Path folder;
  private Path home;
  private Path app;
  private Path calls;
  private String said;
  private final Set<String> unset = new HashSet<>(Set.of("DRPRUNE_MAVEN_ARGS"));

  @BeforeEach
  void layOut() throws IOException {
    home = Files.createDirectories(folder.resolve("home"));
    app = home.resolve("cli/target/app");
    calls = folder.resolve("calls.txt");
    Files.copy(Path.of("..", "drprune"), home.resolve("drprune"));
    Files.createFile(home.resolve("pom.xml"));
    executable(
        home.resolve("cli/src/dist/bin/drprune"), "echo \"from $(cat \"$DRPRUNE_APP/jar\")\"");
    executable(folder.resolve("jdk/bin/java"), "exit 1");
    Files.writeString(folder.resolve("jdk/release"), "JAVA_VERSION=\"99\"\n");
    executable(
        folder.resolve("bin/mvn"),
        """
        echo "$@" >>'%s'
        for word in "$@"; do
          [[ "$word" != -Dapp.folder=* ]] || app="${word#*=}"
        done
        mkdir -p "$app"
        [[ ! -e '%s' ]] || exit 1
        wc -l <'%s' >"$app/jar"
        """
            .formatted(calls, folder.resolve("fails"), calls));
  }

  private static void executable(Path file, String script) throws IOException {
    Files.createDirectories(file.getParent());
    Files.writeString(file, "#!/usr/bin/env bash\n" + script);
    assertThat(file.toFile().setExecutable(true)).isTrue();
  }

  private int run(Map<String, String> variables) throws Exception {
    Path out = folder.resolve("out.txt");
    var process =
        new ProcessBuilder("bash", home.resolve("drprune").toString())
            .redirectErrorStream(true)
            .redirectOutput(out.toFile());
    var environment = process.environment();
    environment.put("JAVA_HOME", folder.resolve("jdk").toString());
    environment.merge("PATH", folder.resolve("bin").toString(), (all, bin) -> bin + ":" + all);
    environment.keySet().removeAll(unset);
    environment.putAll(variables);
    int exit = process.start().waitFor();
    said = Files.readString(out);
    return exit;
  }

  private String lastBuild() throws IOException {
    List<String> lines = Files.readAllLines(calls);
    return lines.getLast();
  }

  /** As after a change of the sources. */
  private void makeOld() throws IOException {
    var before = FileTime.from(Instant.now().minusSeconds(3600));
    Files.setLastModifiedTime(app.resolve("built"), before);
  }

  @Test
  void whatItWasBuiltWithStaysAfterABuildThatFailed() throws Exception {
    assertThat(run(Map.of("DRPRUNE_MAVEN_ARGS", "-Pcuda"))).as(said).isZero();
    assertThat(lastBuild()).contains(" -Pcuda package");
    assertThat(said).endsWith("from 1\n");
    makeOld();
    Path fails = Files.createFile(folder.resolve("fails"));
    assertThat(run(Map.of())).isEqualTo(2);
    assertThat(said).endsWith("drprune: the build failed, see above\n");
    assertThat(app.resolve("jar")).as("the program of before").hasContent("1");

    Files.delete(fails);
    assertThat(run(Map.of())).as(said).isZero();
    assertThat(lastBuild()).contains(" -Pcuda package");
    assertThat(said).endsWith("from 3\n");

    assertThat(run(Map.of("DRPRUNE_MAVEN_ARGS", ""))).as(said).isZero();
    assertThat(lastBuild()).doesNotContain("-Pcuda");
    assertThat(run(Map.of())).as(said).isZero();
    assertThat(said).isEqualTo("from 4\n");
  }

  /** Earlier scripts kept it in the program alone. */
  @Test
  void whatAnEarlierScriptBuiltWithStays() throws Exception {
    Files.createDirectories(app);
    Files.writeString(app.resolve("built"), "-Pcuda\n");
    makeOld();
    assertThat(run(Map.of())).as(said).isZero();
    assertThat(lastBuild()).contains(" -Pcuda package");
  }

  /** Cron and systemd start programs without a home. */
  @Test
  void runsWithoutAHomeFolder() throws Exception {
    unset.addAll(Set.of("HOME", "USER", "TERM"));
    assertThat(run(Map.of())).as(said).isZero();
    assertThat(said).endsWith("from 1\n");
  }
}
