package io.github.drprune.cli;

import io.github.drprune.data.prepare.PrepareListener;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.Locale;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/** A progress bar on a terminal, a line now and then elsewhere. */
final class PrepareProgress implements PrepareListener, AutoCloseable {
  private static final long MIB = 1 << 20;
  private static final Duration BETWEEN_LINES = Duration.ofSeconds(10);

  private final PrintWriter err;
  private final boolean terminal = System.console() != null && System.console().isTerminal();
  private final long started = System.nanoTime();
  private long lastLine = started;
  private ProgressBar bar;

  PrepareProgress(PrintWriter err) {
    this.err = err;
  }

  @Override
  public void progress(long bytes, long total, long documents, long tokens) {
    if (terminal) {
      if (bar == null) {
        bar =
            new ProgressBarBuilder()
                .setTaskName("prepare")
                .setInitialMax(total)
                .setUnit(" MiB", MIB)
                .setStyle(ProgressBarStyle.ASCII)
                .showSpeed()
                .startsFrom(bytes, Duration.ZERO)
                .build();
      }
      bar.stepTo(bytes);
      bar.setExtraMessage("%,d documents, %,d tokens".formatted(documents, tokens));
    } else if (System.nanoTime() - lastLine >= BETWEEN_LINES.toNanos()) {
      lastLine = System.nanoTime();
      double seconds = (lastLine - started) / 1e9;
      err.println(
          String.format(
              Locale.ROOT,
              "prepare: %.0f%% of %,d MiB, %,d documents, %,d tokens, %,.0f tokens/s",
              100.0 * bytes / Math.max(1, total),
              total / MIB,
              documents,
              tokens,
              tokens / seconds));
      err.flush();
    }
  }

  @Override
  public void warning(String line) {
    err.println("prepare: warning: " + line);
    err.flush();
  }

  @Override
  public void close() {
    if (bar != null) {
      bar.close();
      bar = null;
    }
  }
}
