package io.github.drprune.watch;

import com.sun.net.httpserver.HttpExchange;
import io.github.drprune.json.Json;
import io.github.drprune.report.FollowedRun;
import io.github.drprune.report.RunStatus;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Server-sent events for one browser: "status" whenever one of its runs changes or, for the list of
 * runs, "runs" whenever the list does. A comment now and then finds out whether the browser is
 * still there.
 */
final class EventStream {
  private static final Duration LOOK_AT_RUN = Duration.ofMillis(200);
  private static final Duration LOOK_AT_FOLDER = Duration.ofSeconds(1);
  private static final Duration SIGN_OF_LIFE = Duration.ofSeconds(5);

  /** Where a run stands. */
  private record Status(long version, long step, RunStatus state) {}

  /** What the browser shows; sent when it differs from what was sent last. */
  private interface Watched {
    Object now() throws IOException;
  }

  private final String event;
  private final Duration pause;
  private final Watched watched;

  private EventStream(String event, Duration pause, Watched watched) {
    this.event = event;
    this.pause = pause;
    this.watched = watched;
  }

  /** The status of {@code chosen} runs; of the whole folder where none is chosen. */
  static EventStream of(WatchedRuns runs, List<FollowedRun> chosen) {
    return chosen.isEmpty()
        ? new EventStream("runs", LOOK_AT_FOLDER, () -> Map.of("runs", runs.entries()))
        : new EventStream("status", LOOK_AT_RUN, () -> statuses(chosen));
  }

  private static List<Status> statuses(List<FollowedRun> chosen) throws IOException {
    var statuses = new ArrayList<Status>();
    for (var run : chosen) {
      run.poll();
      statuses.add(new Status(run.version(), run.step(), run.state()));
    }
    return statuses;
  }

  /** Sends until the browser leaves or the server closes. */
  void sendTo(HttpExchange exchange) throws IOException {
    exchange.getResponseHeaders().set("Content-Type", "text/event-stream; charset=utf-8");
    exchange.sendResponseHeaders(200, 0);
    var out = exchange.getResponseBody();
    write(out, "retry: 500\n\n");
    Object sent = null;
    long lastWrite = System.nanoTime();
    while (!Thread.currentThread().isInterrupted()) {
      Object now = watched.now();
      if (!now.equals(sent)) {
        sent = now;
        write(out, "event: %s\ndata: %s\n\n".formatted(event, Json.line(now)));
        lastWrite = System.nanoTime();
      } else if (System.nanoTime() - lastWrite > SIGN_OF_LIFE.toNanos()) {
        write(out, ": still here\n\n");
        lastWrite = System.nanoTime();
      }
      try {
        Thread.sleep(pause);
      } catch (InterruptedException e) {
        return;
      }
    }
  }

  private static void write(OutputStream out, String text) throws IOException {
    out.write(text.getBytes(StandardCharsets.UTF_8));
    out.flush();
  }
}
