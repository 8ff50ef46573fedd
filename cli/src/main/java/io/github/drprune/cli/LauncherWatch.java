package io.github.drprune.cli;

import io.github.drprune.launch.Launch;
import java.io.IOException;

/** Ends this process when the one that launched it is gone, however that ended. */
final class LauncherWatch {
  private LauncherWatch() {}

  /** Watches where this process was launched by {@code drprune launch}. */
  static void start() {
    if (System.getenv(Launch.LAUNCHED) != null) {
      Thread.ofPlatform().daemon().name("launcher-watch").start(LauncherWatch::watch);
    }
  }

  /** The launcher never writes, so that standard input ends with it. */
  private static void watch() {
    try {
      while (System.in.read() >= 0) {}
    } catch (IOException e) {
      // as good as its end
    }
    // No hooks: they would wait for a step that the others do not take any more.
    Runtime.getRuntime().halt(Main.FAILURE);
  }
}
