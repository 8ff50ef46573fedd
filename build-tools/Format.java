import com.google.googlejavaformat.java.Formatter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Checks, or with the mode {@code fix} restores, google-java-format's layout of the folders named.
 */
public final class Format {
  public static void main(String[] args) throws Exception {
    boolean fix = args[0].equals("fix");
    var formatter = new Formatter();
    List<Path> unformatted = new ArrayList<>();
    for (String root : List.of(args).subList(1, args.length)) {
      try (var files = Files.walk(Path.of(root))) {
        for (Path file : files.filter(Format::isSource).sorted().toList()) {
          String source = Files.readString(file);
          String formatted = formatter.formatSourceAndFixImports(source);
          if (!formatted.equals(source)) {
            unformatted.add(file);
            if (fix) {
              Files.writeString(file, formatted);
            }
          }
        }
      }
    }
    unformatted.forEach(
        file -> System.out.println((fix ? "formatted " : "not formatted: ") + file));
    if (!fix && !unformatted.isEmpty()) {
      System.out.println("run: mvn -N -Pformat process-sources");
      System.exit(1);
    }
  }

  private static boolean isSource(Path file) {
    return file.toString().endsWith(".java") && !file.toString().contains("/target/");
  }
}
