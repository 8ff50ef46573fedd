package io.github.drprune.watch;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.github.drprune.error.UserException;
import io.github.drprune.json.Json;
import io.github.drprune.report.FollowedRun;
import io.github.drprune.report.Page;
import io.github.drprune.report.PageModel;
import io.github.drprune.run.EventLog;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Shows the runs of a folder live, to browsers on this machine only: it listens on the loopback
 * interface, answers only requests whose Host is a loopback name (so that no foreign page can reach
 * it through a name of its own), and serves nothing but pages made from the runs' events.
 */
public final class WatchServer implements AutoCloseable {
  private static final Set<String> LOOPBACK = Set.of("localhost", "127.0.0.1", "[::1]");

  private static final int LAST_PORT = 65_535;
  private static final int FIRST_FREE_FOR_ALL = 1024;

  private static final Set<String> PAGES_OF_RUNS = Set.of("/view", "/model.json");

  private static final Map<String, String> HEADERS =
      Map.of(
          "X-Content-Type-Options", "nosniff",
          "X-Frame-Options", "DENY",
          "Referrer-Policy", "no-referrer",
          "Cross-Origin-Resource-Policy", "same-origin",
          "Cross-Origin-Opener-Policy", "same-origin",
          "Cache-Control", "no-store");

  private final HttpServer server;
  private final ExecutorService threads;
  private final WatchedRuns runs;

  private WatchServer(HttpServer server, WatchedRuns runs) {
    this.server = server;
    this.runs = runs;
    threads = Executors.newVirtualThreadPerTaskExecutor();
  }

  /**
   * Starts to serve the runs in and below {@code root} (a folder, or a run's file of events) on a
   * port of the loopback interface; port 0 takes any free one.
   */
  public static WatchServer start(Path root, int port) throws IOException {
    boolean isLog = Files.isRegularFile(root) && root.endsWith(EventLog.FILE_NAME);
    Path folder = isLog ? root.toAbsolutePath().getParent() : root;
    if (!Files.isDirectory(folder)) {
      throw new UserException(root + ": no such folder; name a run's folder or a folder of runs");
    }
    if (port < 0 || port > LAST_PORT) {
      throw UserException.at("port", "must be from 0 to %d, not %d".formatted(LAST_PORT, port));
    }
    HttpServer http;
    try {
      http = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
    } catch (BindException _) {
      throw refused(port);
    }
    var server = new WatchServer(http, new WatchedRuns(folder, Clock.systemUTC()));
    http.setExecutor(server.threads);
    http.createContext("/", server::handle);
    http.start();
    return server;
  }

  /** Why a port cannot be had. The system's own words would be in the user's language. */
  static UserException refused(int port) {
    boolean forbidden = port < FIRST_FREE_FOR_ALL && !answers(port);
    return UserException.at(
        "port",
        forbidden
            ? "%d needs the rights of root, as those below %d do"
                .formatted(port, FIRST_FREE_FOR_ALL)
            : "%d is in use".formatted(port),
        "name another (0 takes a free one)");
  }

  private static boolean answers(int port) {
    try (var _ = new Socket(InetAddress.getLoopbackAddress(), port)) {
      return true;
    } catch (IOException _) {
      return false;
    }
  }

  /** The address to open. */
  public URI uri() {
    return URI.create("http://localhost:" + server.getAddress().getPort() + "/");
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }

  private void handle(HttpExchange exchange) throws IOException {
    try (exchange) {
      HEADERS.forEach(exchange.getResponseHeaders()::set);
      if (!isLocal(exchange.getRequestHeaders().getFirst("Host"))) {
        send(exchange, 403, "text/plain", "drprune answers only to localhost");
      } else if (!exchange.getRequestMethod().equals("GET")) {
        exchange.getResponseHeaders().set("Allow", "GET");
        send(exchange, 405, "text/plain", "only GET");
      } else {
        answer(exchange);
      }
    }
  }

  private void answer(HttpExchange exchange) throws IOException {
    var ids = ids(exchange.getRequestURI().getRawQuery());
    if (ids.isEmpty() && PAGES_OF_RUNS.contains(exchange.getRequestURI().getRawPath())) {
      send(exchange, 404, "text/plain", "name a run: ?run=ID");
      return;
    }
    var chosen = new ArrayList<FollowedRun>();
    for (String id : ids) {
      runs.run(id).ifPresent(chosen::add);
    }
    boolean allKnown = chosen.size() == ids.size();
    String path = allKnown ? exchange.getRequestURI().getRawPath() : "";
    switch (path) {
      case "/" -> list(exchange);
      case "/view" -> send(exchange, 200, "text/html", Page.of(model(chosen)));
      case "/model.json" -> send(exchange, 200, "application/json", Json.line(model(chosen)));
      case "/events" -> EventStream.of(runs, chosen).sendTo(exchange);
      default -> send(exchange, 404, "text/plain", "there is nothing here");
    }
  }

  /** The list of runs; where there is just one, it itself. */
  private void list(HttpExchange exchange) throws IOException {
    var entries = runs.entries();
    if (entries.size() == 1) {
      exchange.getResponseHeaders().set("Location", "/view?run=" + entries.getFirst().id());
      exchange.sendResponseHeaders(302, -1);
      return;
    }
    send(exchange, 200, "text/html", Page.ofRunList(Map.of("runs", entries)));
  }

  private PageModel model(List<FollowedRun> chosen) throws IOException {
    return PageModel.of(chosen, true, runs.clock());
  }

  /** The values of "run" in a query; ids need no decoding. */
  private static List<String> ids(String query) {
    var ids = new ArrayList<String>();
    for (String part : (query == null ? "" : query).split("&")) {
      if (part.startsWith("run=")) {
        ids.add(part.substring("run=".length()));
      }
    }
    return ids.stream().distinct().toList();
  }

  /** Whether a Host header names this machine's loopback interface, with or without a port. */
  static boolean isLocal(String host) {
    return host != null
        && LOOPBACK.contains(host.replaceFirst(":\\d{1,5}$", "").toLowerCase(Locale.ROOT));
  }

  private static void send(HttpExchange exchange, int status, String type, String text)
      throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().set("Content-Type", type + "; charset=utf-8");
    exchange.sendResponseHeaders(status, bytes.length);
    exchange.getResponseBody().write(bytes);
  }
}
