package io.github.drprune.report;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.drprune.io.AtomicFiles;
import io.github.drprune.json.Json;
import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/** A headless Chromium, driven through ChromeDriver's W3C WebDriver interface. */
public final class Browser implements AutoCloseable {
  private static final List<String> FLAGS =
      List.of(
          "--headless",
          "--no-sandbox",
          "--disable-gpu",
          "--disable-dev-shm-usage",
          "--disable-quic",
          "--no-first-run",
          "--disable-background-networking",
          "--disable-component-update",
          "--disable-sync",
          "--force-color-profile=srgb");

  private static final Duration START = Duration.ofSeconds(60);

  private final Process driver;
  private final Path profile;
  private final HttpClient client = HttpClient.newHttpClient();
  private URI service;
  private String session;

  private Browser(Process driver, Path profile) {
    this.driver = driver;
    this.profile = profile;
  }

  /** The program {@code name} on the path, if any. */
  private static Optional<Path> program(String name) {
    return Arrays.stream(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator))
        .map(folder -> Path.of(folder, name))
        .filter(Files::isExecutable)
        .findFirst();
  }

  /** Whether this machine has a browser and its driver. */
  public static boolean isInstalled() {
    return program("chromium").isPresent() && program("chromedriver").isPresent();
  }

  public static Browser start() throws IOException, InterruptedException {
    var process =
        new ProcessBuilder(program("chromedriver").orElseThrow().toString(), "--port=0")
            .redirectErrorStream(true)
            .start();
    var browser = new Browser(process, Files.createTempDirectory("drprune-browser"));
    try {
      browser.connect();
      return browser;
    } catch (IOException | InterruptedException | RuntimeException e) {
      browser.close();
      throw e;
    }
  }

  private void connect() throws IOException, InterruptedException {
    service = URI.create("http://127.0.0.1:" + port() + "/");
    var arguments = new ArrayList<>(FLAGS);
    arguments.add("--user-data-dir=" + profile);
    var options = Map.of("binary", program("chromium").orElseThrow().toString(), "args", arguments);
    var capabilities =
        Map.of(
            "browserName",
            "chrome",
            "goog:chromeOptions",
            options,
            "goog:loggingPrefs",
            Map.of("browser", "ALL"));
    var answer = post("session", Map.of("capabilities", Map.of("alwaysMatch", capabilities)));
    session = answer.get("sessionId").asText();
  }

  /** ChromeDriver chooses its port and says so; the rest of its output is read and dropped. */
  private int port() {
    var port = new CompletableFuture<Integer>();
    Thread.ofVirtual()
        .start(
            () -> {
              try (var lines = driver.inputReader()) {
                lines
                    .lines()
                    .filter(line -> line.matches(".*started successfully on port \\d+.*"))
                    .forEach(line -> port.complete(Integer.valueOf(line.replaceAll("\\D", ""))));
                port.completeExceptionally(new IOException("chromedriver ended"));
              } catch (IOException | RuntimeException e) {
                port.completeExceptionally(e);
              }
            });
    return port.orTimeout(START.toSeconds(), TimeUnit.SECONDS).join();
  }

  public void open(String url) throws IOException, InterruptedException {
    post(inSession("url"), Map.of("url", url));
  }

  /** Runs the body of a function and returns what it returns. */
  public JsonNode script(String body) throws IOException, InterruptedException {
    return post(inSession("execute/sync"), Map.of("script", body, "args", List.of()));
  }

  /** Waits until an expression of the page is true and returns the milliseconds it took. */
  public long await(String expression, Duration limit) throws IOException, InterruptedException {
    long begun = System.nanoTime();
    while (!script("return Boolean(" + expression + ")").asBoolean()) {
      if (System.nanoTime() - begun > limit.toNanos()) {
        throw new AssertionError(
            "after " + limit + " still not: " + expression + "\n" + consoleLog());
      }
      Thread.sleep(20);
    }
    return (System.nanoTime() - begun) / 1_000_000;
  }

  /** What was written to the console since the last call, warnings and errors included. */
  public List<String> consoleLog() throws IOException, InterruptedException {
    var lines = new ArrayList<String>();
    post(inSession("se/log"), Map.of("type", "browser"))
        .forEach(entry -> lines.add(entry.get("level").asText() + " " + entry.get("message")));
    return lines;
  }

  /** The lines of {@link #consoleLog} that tell of a mistake in the page. */
  public List<String> consoleErrors() throws IOException, InterruptedException {
    Predicate<String> isError = line -> line.startsWith("SEVERE") || line.startsWith("WARNING");
    return consoleLog().stream().filter(isError).toList();
  }

  /** A window of this width, in points, as a phone or a screen has it. */
  public void size(int width, int height) throws IOException, InterruptedException {
    devTools(
        "Emulation.setDeviceMetricsOverride",
        Map.of("width", width, "height", height, "deviceScaleFactor", 1, "mobile", false));
  }

  /** Makes the page believe that the user prefers dark or light pages. */
  public void dark(boolean dark) throws IOException, InterruptedException {
    var feature = Map.of("name", "prefers-color-scheme", "value", dark ? "dark" : "light");
    devTools("Emulation.setEmulatedMedia", Map.of("features", List.of(feature)));
  }

  /** The picture of the window, as PNG. */
  public byte[] screenshot() throws IOException, InterruptedException {
    var answer = devTools("Page.captureScreenshot", Map.of("format", "png"));
    return Base64.getDecoder().decode(answer.get("data").asText());
  }

  /** The page as it would be printed, as PDF. */
  public byte[] print() throws IOException, InterruptedException {
    var answer = devTools("Page.printToPDF", Map.of("printBackground", true));
    return Base64.getDecoder().decode(answer.get("data").asText());
  }

  private JsonNode devTools(String command, Map<String, ?> parameters)
      throws IOException, InterruptedException {
    return post(inSession("goog/cdp/execute"), Map.of("cmd", command, "params", parameters));
  }

  private String inSession(String command) {
    return "session/" + session + "/" + command;
  }

  private JsonNode post(String path, Object body) throws IOException, InterruptedException {
    var request =
        HttpRequest.newBuilder(service.resolve(path))
            .timeout(START)
            .POST(HttpRequest.BodyPublishers.ofString(Json.line(body)))
            .build();
    return value(client.send(request, HttpResponse.BodyHandlers.ofString()));
  }

  private static JsonNode value(HttpResponse<String> answer) throws IOException {
    JsonNode value = Json.tree(answer.body(), "chromedriver").get("value");
    if (answer.statusCode() != 200) {
      String reason = value instanceof ObjectNode error ? error.path("message").asText() : "";
      throw new IOException("chromedriver: " + reason);
    }
    return value;
  }

  @Override
  public void close() throws IOException {
    if (session != null) {
      try {
        var request = HttpRequest.newBuilder(service.resolve("session/" + session)).DELETE();
        client.send(request.build(), HttpResponse.BodyHandlers.discarding());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
    driver.descendants().forEach(ProcessHandle::destroyForcibly);
    driver.destroyForcibly();
    client.close();
    try {
      AtomicFiles.deleteTree(profile);
    } catch (IOException e) {
      // The browser's last writes may still come; the folder is a temporary one.
      profile.toFile().deleteOnExit();
    }
  }
}
