package io.github.drprune.cli;

import io.github.drprune.watch.WatchServer;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code drprune watch}. */
@Command(
    name = "watch",
    description =
        "Shows a run live in the browser, or lists the runs of a folder with their state. Only this"
            + " machine can open the page; Ctrl-C ends.",
    mixinStandardHelpOptions = true,
    footer = {
      "",
      "Example:",
      "  drprune watch runs --open",
      "",
      "From another machine, through SSH:",
      "  ssh -L 7878:localhost:7878 HOST, then open http://localhost:7878/"
    })
final class WatchCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "RUN", description = "A run's folder, or a folder of runs.")
  private Path root;

  @Option(
      names = "--port",
      paramLabel = "PORT",
      defaultValue = "7878",
      description =
          "Port on the loopback interface; 0 takes a free one (default ${DEFAULT-VALUE}).")
  private int port;

  @Option(names = "--open", description = "Opens the page in the default browser.")
  private boolean open;

  @Override
  public Integer call() throws IOException, InterruptedException {
    try (var server = WatchServer.start(root, port)) {
      var terminal = spec.commandLine().getOut();
      terminal.println("watching %s at %s (Ctrl-C ends)".formatted(root, server.uri()));
      terminal.flush();
      if (open) {
        open(server.uri());
      }
      new CountDownLatch(1).await();
    }
    return 0;
  }

  private void open(URI uri) {
    boolean isMac = System.getProperty("os.name").toLowerCase(Locale.ROOT).contains("mac");
    try {
      new ProcessBuilder(isMac ? "open" : "xdg-open", uri.toString()).start();
    } catch (IOException e) {
      spec.commandLine().getErr().println("no browser could be opened; open " + uri);
    }
  }
}
