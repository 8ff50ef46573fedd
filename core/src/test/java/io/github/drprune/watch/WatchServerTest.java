package io.github.drprune.watch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.drprune.error.UserException;
import io.github.drprune.json.Json;
import io.github.drprune.run.RunEvent;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WatchServerTest {
  @TempDir Path outside;
  private Path root;
  private WatchServer server;
  private HttpClient client;

  @BeforeEach
  void serve() throws IOException {
    root = Files.createDirectories(outside.resolve("runs"));
    server = WatchServer.start(root, 0);
    client = HttpClient.newHttpClient();
  }

  @AfterEach
  void close() {
    client.close();
    server.close();
  }

  private Path run(String name, RunEvent... events) throws IOException {
    Path folder = Files.createDirectories(root.resolve(name));
    var text = new StringBuilder();
    for (var event : events) {
      text.append(Json.line(event)).append('\n');
    }
    return Files.writeString(folder.resolve("metrics.jsonl"), text);
  }

  private static RunEvent.Start start() {
    return new RunEvent.Start(0, "prune", null, 10, 100, null, null, List.of("wiki"), null, null);
  }

  private static RunEvent.Done done(String status) {
    return new RunEvent.Done(10, status, "why", null, 1000, 1);
  }

  private HttpResponse<String> get(String path) throws IOException, InterruptedException {
    var request = HttpRequest.newBuilder(server.uri().resolve(path)).build();
    return client.send(request, HttpResponse.BodyHandlers.ofString());
  }

  private JsonNode listed() throws IOException, InterruptedException {
    String html = get("/").body();
    int from = html.indexOf("application/json\">") + "application/json\">".length();
    return Json.tree(html.substring(from, html.indexOf("</script>", from)), "page").get("runs");
  }

  /** A request written by hand: HttpClient does not let one choose the Host. */
  private String raw(String request) throws IOException {
    try (var socket = new Socket(InetAddress.getLoopbackAddress(), server.uri().getPort())) {
      socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
      socket.shutdownOutput();
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  @Test
  void listsRunsWithTheirState() throws IOException, InterruptedException {
    run("running", start());
    run("group/done", start(), done("completed"));
    run("failed", start(), done("failed"));
    run("stopped", start(), done("interrupted"));
    run("empty");
    Files.setLastModifiedTime(run("stale", start()), FileTime.fromMillis(0));
    var states = new TreeMap<String, String>();
    listed().forEach(run -> states.put(run.get("name").asText(), run.get("state").asText()));
    assertThat(states)
        .containsEntry("running", "running")
        .containsEntry("group/done", "done")
        .containsEntry("failed", "failed")
        .containsEntry("stopped", "interrupted")
        .containsEntry("stale", "stale")
        .containsEntry("empty", "empty")
        .hasSize(6);
  }

  @Test
  void aSingleRunIsShownAtOnce() throws IOException, InterruptedException {
    run("only", start());
    var answer = get("/");
    assertThat(answer.statusCode()).isEqualTo(302);
    var page = get(answer.headers().firstValue("Location").orElseThrow());
    assertThat(page.statusCode()).isEqualTo(200);
    assertThat(page.body()).contains("<title>only — drprune</title>");
    assertThat(page.headers().firstValue("X-Content-Type-Options")).contains("nosniff");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "evil.example",
        "evil.example:80",
        "localhost.evil.example",
        "127.0.0.1.nip.io",
        "192.168.0.1",
        ""
      })
  void refusesForeignHosts(String host) throws IOException {
    run("run", start());
    assertThat(raw("GET / HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n"))
        .startsWith("HTTP/1.1 403");
  }

  @Test
  void refusesARequestWithoutHost() throws IOException {
    assertThat(raw("GET / HTTP/1.0\r\n\r\n")).contains("403");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"localhost", "LOCALHOST:7878", "127.0.0.1", "127.0.0.1:1", "[::1]", "[::1]:80"})
  void answersLoopbackNames(String host) {
    assertThat(WatchServer.isLocal(host)).isTrue();
  }

  @Test
  void listensOnTheLoopbackInterfaceOnly() throws IOException {
    var others =
        NetworkInterface.networkInterfaces()
            .flatMap(NetworkInterface::inetAddresses)
            .filter(address -> !address.isLoopbackAddress() && !address.isLinkLocalAddress())
            .toList();
    for (var address : others) {
      assertThatThrownBy(() -> new Socket(address, server.uri().getPort()).close())
          .isInstanceOf(ConnectException.class);
    }
    assertThat(server.uri())
        .isEqualTo(URI.create("http://localhost:" + server.uri().getPort() + "/"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/secret.txt", "/../secret.txt", "/%2e%2e/secret.txt", "/runs/run/metrics.jsonl",
            "/run/metrics.jsonl",
        "/view", "/view?run=..", "/view?run=../secret", "/view?run=%2e%2e%2fsecret.txt",
            "/model.json",
        "/model.json?run=/etc/passwd", "/events?run=nothing", "/page.css"
      })
  void servesNoFiles(String path) throws IOException {
    Files.writeString(outside.resolve("secret.txt"), "secret");
    run("run", start());
    String answer =
        raw("GET " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    assertThat(answer).startsWith("HTTP/1.1 404").doesNotContain("secret\n");
  }

  @Test
  void followsNoLinkOutOfTheFolder() throws IOException, InterruptedException {
    Path elsewhere = Files.createDirectories(outside.resolve("elsewhere"));
    Path metrics = Files.writeString(elsewhere.resolve("metrics.jsonl"), Json.line(start()) + "\n");
    Files.createSymbolicLink(root.resolve("linked"), elsewhere);
    Files.createSymbolicLink(
        Files.createDirectories(root.resolve("inner")).resolve("metrics.jsonl"), metrics);
    assertThat(listed()).isEmpty();
  }

  @Test
  void changesNothing() throws IOException {
    String answer =
        raw("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    assertThat(answer).startsWith("HTTP/1.1 405");
  }

  @Test
  void aFolderThatIsNotThereAndAPortInUseAreMistakesOfTheUser() {
    assertThatThrownBy(() -> WatchServer.start(root.resolve("none"), 0))
        .isInstanceOf(UserException.class);
    assertThatThrownBy(() -> WatchServer.start(root, server.uri().getPort()))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("is in use; name another");
  }

  @Test
  void portsThatThereAreNotOrThatAreRootsAreMistakesOfTheUser() throws IOException {
    for (int port : new int[] {-1, 65_536}) {
      assertThatThrownBy(() -> WatchServer.start(root, port))
          .isInstanceOf(UserException.class)
          .hasMessage("port: must be from 0 to 65535, not " + port);
    }
    // Who runs the tests may be root; port 1 is no one's.
    assertThat(WatchServer.refused(1))
        .hasMessage(
            "port: 1 needs the rights of root, as those below 1024 do; name another (0 takes a free"
                + " one)");
  }
}
