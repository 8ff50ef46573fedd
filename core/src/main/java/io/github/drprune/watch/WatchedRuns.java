package io.github.drprune.watch;

import io.github.drprune.report.FollowedRun;
import io.github.drprune.report.RunFile;
import io.github.drprune.report.RunStatus;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.zip.CRC32C;

/** The runs in and below a folder. Runs are named by ids; no path of a request is ever opened. */
final class WatchedRuns {
  /** A line of the list of runs. */
  record Entry(String id, String name, RunStatus state, long step, long steps, String written) {}

  private final Path root;
  private final Clock clock;
  private final Map<String, FollowedRun> followed = new ConcurrentHashMap<>();

  WatchedRuns(Path root, Clock clock) throws IOException {
    this.root = root.toRealPath();
    this.clock = clock;
  }

  /** The runs as they stand now. */
  List<Entry> entries() throws IOException {
    var entries = new ArrayList<Entry>();
    for (var file : RunFile.below(root)) {
      String id = id(file);
      var run = followed.computeIfAbsent(id, key -> new FollowedRun(key, file, clock));
      run.poll();
      var written = Files.getLastModifiedTime(file.metrics()).toInstant();
      entries.add(
          new Entry(
              id,
              file.name(),
              run.state(),
              run.step(),
              run.steps(),
              written.truncatedTo(ChronoUnit.SECONDS).toString()));
    }
    return entries;
  }

  /** The run called {@code id}, read up to now. */
  Optional<FollowedRun> run(String id) throws IOException {
    var run = followed.get(id);
    if (run == null) {
      for (var file : RunFile.below(root)) {
        if (id(file).equals(id)) {
          run = followed.computeIfAbsent(id, key -> new FollowedRun(key, file, clock));
        }
      }
    }
    if (run != null) {
      run.poll();
    }
    return Optional.ofNullable(run);
  }

  Clock clock() {
    return clock;
  }

  /** The same for the same place below the root, over restarts of the server. */
  private String id(RunFile file) {
    var checksum = new CRC32C();
    String place = root.relativize(file.metrics()).toString();
    checksum.update(place.getBytes(StandardCharsets.UTF_8));
    return HexFormat.of().toHexDigits((int) checksum.getValue()) + place.length();
  }
}
