package io.github.drprune.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * The arrows between packages, as the imports of the main sources draw them. A package that has a
 * part in two modules counts as two.
 */
class PackagesTest {
  private static final Path ROOT = Path.of(System.getProperty("basedir", ".")).resolve("..");
  private static final List<String> MODULES = List.of("core", "torch", "spark", "cli");
  private static final String BASE = "io.github.drprune.";
  private static final Pattern IMPORT =
      Pattern.compile("(?m)^import (?:static )?" + BASE + "([a-z.]+)\\.([A-Z]\\w*)");
  private static final Set<String> MAY_NOT_KNOW_COMMANDS =
      Set.of("torch:train", "torch:evaluate", "torch:generate", "torch:prune", "torch:model");

  private static final Map<String, Set<String>> ARROWS = new TreeMap<>();

  @BeforeAll
  static void readImports() throws IOException {
    Map<String, String> modules = new HashMap<>();
    Map<String, List<Path>> sources = new TreeMap<>();
    for (String module : MODULES) {
      Path root = ROOT.resolve(module).resolve("src/main/java/io/github/drprune");
      try (var files = Files.walk(root)) {
        for (Path file :
            (Iterable<Path>) files.filter(path -> path.toString().endsWith(".java"))::iterator) {
          String name = root.relativize(file).toString().replace('/', '.').replace(".java", "");
          String inPackage = name.substring(0, name.lastIndexOf('.'));
          modules.put(name, module);
          sources.computeIfAbsent(module + ":" + inPackage, _ -> new ArrayList<>()).add(file);
        }
      }
    }
    for (var source : sources.entrySet()) {
      Set<String> to = ARROWS.computeIfAbsent(source.getKey(), _ -> new TreeSet<>());
      for (Path file : source.getValue()) {
        var imports = IMPORT.matcher(Files.readString(file));
        while (imports.find()) {
          String name = imports.group(1) + "." + imports.group(2);
          to.add(modules.get(name) + ":" + imports.group(1));
        }
      }
      to.remove(source.getKey());
    }
  }

  private static Set<String> reachable(String from) {
    Set<String> seen = new TreeSet<>();
    var open = new ArrayList<>(ARROWS.get(from));
    while (!open.isEmpty()) {
      String at = open.removeLast();
      if (seen.add(at)) {
        open.addAll(ARROWS.get(at));
      }
    }
    return seen;
  }

  @Test
  void noArrowLeadsBack() {
    assertThat(ARROWS).hasSizeGreaterThan(30);
    assertThat(ARROWS.keySet())
        .allSatisfy(from -> assertThat(reachable(from)).as(from).doesNotContain(from));
  }

  @Test
  void theLoopAndWhatOnlyReadsAModelKnowNoCommand() {
    assertThat(MAY_NOT_KNOW_COMMANDS)
        .allSatisfy(
            from ->
                assertThat(reachable(from))
                    .as(from)
                    .doesNotContain("torch:run", "torch:plan", "torch:pipeline"));
    assertThat(reachable("torch:train")).doesNotContain("torch:prune");
    assertThat(reachable("torch:evaluate")).doesNotContain("torch:train");
    assertThat(reachable("torch:generate")).doesNotContain("torch:train");
  }

  @Test
  void onlyTheProgramPrintsOrExits() throws IOException {
    for (String module : List.of("core", "torch", "spark")) {
      try (var files = Files.walk(ROOT.resolve(module).resolve("src/main/java"))) {
        for (Path file : (Iterable<Path>) files.filter(Files::isRegularFile)::iterator) {
          assertThat(Files.readString(file))
              .as(file.toString())
              .doesNotContain("System.out", "System.err", "System.exit");
        }
      }
    }
  }
}
