import com.google.googlejavaformat.java.Formatter;
import com.google.googlejavaformat.java.FormatterException;
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
          String formatted = format(formatter, file, source);
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

  private static String format(Formatter formatter, Path file, String source) {
    try {
      return formatter.formatSourceAndFixImports(source);
    } catch (FormatterException e) {
      throw new IllegalArgumentException(file + ": " + e.getMessage(), e);
    }
  }

  private static boolean isSource(Path file) {
    return file.toString().endsWith(".java") && !file.toString().contains("/target/");
  }
}
