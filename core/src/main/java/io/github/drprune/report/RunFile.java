package io.github.drprune.report;

import io.github.drprune.error.UserException;
import io.github.drprune.run.EventLog;
import java.io.IOException;
import java.nio.file.FileVisitOption;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * Where a run's events lie.
 *
 * @param name how the run is called: its folder's name with as much of the path before it as tells
 *     it from others, or its path below the folder searched
 * @param metrics the file of events
 */
public record RunFile(String name, Path metrics) {
  /** The name of the file of events in a run's folder. */
  public static final String METRICS = EventLog.FILE_NAME;

  private static final int DEPTH = 6;

  /** Folders of a run that hold no other run and may hold many files. */
  private static final Set<String> INNER =
      Set.of("checkpoints", "model", "tensorboard", "node_modules");

  /** The run at {@code path}: a run's folder, or the file of events itself. */
  public static RunFile of(Path path) {
    return of(List.of(path)).getFirst();
  }

  /**
   * The runs at {@code paths}, each of which is as for {@link #of(Path)}. Where several folders
   * have the same name more of their paths is part of it, where a folder has several files theirs.
   */
  public static List<RunFile> of(List<Path> paths) {
    List<Path> files = paths.stream().map(RunFile::eventsOf).toList();
    List<Path> places = files.stream().map(file -> file.toAbsolutePath().normalize()).toList();
    var runs = new ArrayList<RunFile>();
    for (int i = 0; i < places.size(); i++) {
      List<Path> others = new ArrayList<>(places);
      others.remove(i);
      if (others.contains(places.get(i))) {
        throw new UserException(paths.get(i) + ": named twice; name each run once");
      }
      runs.add(new RunFile(name(places.get(i), others), files.get(i)));
    }
    return runs;
  }

  /** That of the folder, with the file's own where another one's lies in the same folder. */
  private static String name(Path file, List<Path> others) {
    Path folder = file.getParent();
    List<Path> folders =
        others.stream().map(Path::getParent).filter(other -> !other.equals(folder)).toList();
    String name = shortest(folder, folders);
    boolean isAlone = folders.size() == others.size();
    return isAlone ? name : Path.of(name).resolve(file.getFileName()).toString();
  }

  /** The fewest last parts of {@code folder} that are not those of another as well. */
  private static String shortest(Path folder, List<Path> others) {
    for (int parts = 1; parts <= folder.getNameCount(); parts++) {
      int count = parts;
      Path name = end(folder, count);
      if (others.stream().noneMatch(other -> end(other, count).equals(name))) {
        return name.toString();
      }
    }
    return folder.toString();
  }

  private static Path end(Path folder, int parts) {
    int all = folder.getNameCount();
    return all == 0 ? folder : folder.subpath(Math.max(0, all - parts), all);
  }

  private static Path eventsOf(Path path) {
    Path metrics = Files.isDirectory(path) ? path.resolve(METRICS) : path;
    if (!Files.isRegularFile(metrics)) {
      throw new UserException(
          "%s is not a run: there is no %s; name a run's folder or its %s"
              .formatted(path, metrics, METRICS));
    }
    return metrics;
  }

  /**
   * The runs in and below {@code root}, by name. Links are not followed, so nothing outside {@code
   * root} is found.
   */
  public static List<RunFile> below(Path root) throws IOException {
    var found = new ArrayList<RunFile>();
    Files.walkFileTree(
        root,
        EnumSet.noneOf(FileVisitOption.class),
        DEPTH,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) {
            String name = String.valueOf(folder.getFileName());
            boolean inner = !folder.equals(root) && (INNER.contains(name) || name.startsWith("."));
            return inner ? FileVisitResult.SKIP_SUBTREE : FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
            if (attributes.isRegularFile() && file.endsWith(METRICS)) {
              found.add(new RunFile(nameBelow(root, file.getParent()), file));
            }
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFileFailed(Path file, IOException e) {
            // A folder that vanished or may not be read is no reason to hide the others.
            return FileVisitResult.CONTINUE;
          }
        });
    found.sort(Comparator.comparing(RunFile::name));
    return found;
  }

  private static String nameBelow(Path root, Path folder) {
    String relative = root.relativize(folder).toString();
    return relative.isEmpty() ? of(folder).name() : relative;
  }
}
