import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.spi.ToolProvider;

/**
 * Makes an archive that runs without a JDK or Maven: a Java runtime of the modules that are needed,
 * the jars with LibTorch's natives, the cache of classes that a start loads, and shell completion.
 *
 * <p>Arguments: the version, the folder of the jars, the folder of those that join Spark's, the
 * start script, the licence, the folder for the archive.
 */
public final class Dist {
  /**
   * What the jars use and jdeps finds, and what it does not see: services of the runtime that are
   * looked up by name (elliptic curves and UTF-16 file names, for example), and what Spark's jars
   * use (java.security.sasl, jdk.security.auth).
   */
  private static final String MODULES =
      "java.base,java.desktop,java.instrument,java.logging,java.management,java.naming,java.net.http,"
          + "java.security.jgss,java.security.sasl,java.sql,java.xml,jdk.crypto.ec,jdk.httpserver,"
          + "jdk.management,jdk.security.auth,jdk.unsupported,jdk.zipfs";

  private Dist() {}

  public static void main(String[] args) throws IOException, InterruptedException {
    String name = "drprune-%s-linux-x86_64".formatted(args[0]);
    Path target = Path.of(args[5]);
    Path root = target.resolve(name);
    delete(root);
    Files.createDirectories(root.resolve("bin"));
    copyJars(Path.of(args[1]), root.resolve("lib"));
    copyJars(Path.of(args[2]), root.resolve("lib/spark"));
    copy(Path.of(args[3]), root.resolve("bin/drprune"));
    copy(Path.of(args[4]), root.resolve("LICENSE"));
    runtime(root.resolve("runtime"));
    // The first start makes the cache of classes; it holds wherever the archive is unpacked.
    String completion = run(List.of(root.resolve("bin/drprune").toString(), "completion"));
    if (!Files.isRegularFile(root.resolve("lib/drprune.aot"))
        || Files.size(root.resolve("lib/drprune.aot")) == 0) {
      throw new IllegalStateException("the cache of classes could not be made");
    }
    Files.createDirectories(root.resolve("completion"));
    Files.writeString(root.resolve("completion/drprune.bash"), completion);
    Path archive = target.resolve(name + ".tar.gz");
    run(
        List.of(
            "tar",
            "--owner=0",
            "--group=0",
            "-C",
            target.toString(),
            "-czf",
            archive.toString(),
            name));
    delete(root);
    System.out.printf("%s, %d MB%n", archive, Files.size(archive) / 1_000_000);
  }

  private static void runtime(Path folder) {
    int code =
        ToolProvider.findFirst("jlink")
            .orElseThrow(() -> new IllegalStateException("this JDK has no jlink"))
            .run(
                System.out,
                System.err,
                "--add-modules",
                MODULES,
                "--strip-java-debug-attributes",
                "--no-header-files",
                "--no-man-pages",
                "--output",
                folder.toString());
    if (code != 0) {
      throw new IllegalStateException("jlink failed");
    }
  }

  private static String run(List<String> command) throws IOException, InterruptedException {
    var builder = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT);
    // Only what the archive brings is to be used.
    builder
        .environment()
        .keySet()
        .removeAll(Set.of("DRPRUNE_APP", "DRPRUNE_SPARK", "DRPRUNE_JAVA_HOME"));
    Process process = builder.start();
    String output = new String(process.getInputStream().readAllBytes());
    if (process.waitFor() != 0) {
      throw new IllegalStateException("failed: " + String.join(" ", command));
    }
    return output;
  }

  private static void copyJars(Path from, Path to) throws IOException {
    Files.createDirectories(to);
    try (var files = Files.list(from)) {
      for (Path jar : files.filter(file -> file.toString().endsWith(".jar")).toList()) {
        copy(jar, to.resolve(jar.getFileName()));
      }
    }
  }

  private static void copy(Path from, Path to) throws IOException {
    Files.copy(from, to, StandardCopyOption.COPY_ATTRIBUTES);
  }

  private static void delete(Path folder) throws IOException {
    if (Files.exists(folder)) {
      try (var files = Files.walk(folder)) {
        for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(file);
        }
      }
    }
  }
}
