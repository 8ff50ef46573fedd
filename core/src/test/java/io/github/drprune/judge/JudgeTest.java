package io.github.drprune.judge;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.github.drprune.config.binding.ConfigLoader;
import io.github.drprune.error.UserException;
import io.github.drprune.json.Json;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Against a server that speaks the protocol and fails in every way. */
class JudgeTest {
  private static final String SECRET = "sk-secret-key";
  private static final int PAIRS = 12;

  /** What the server does with a request. */
  private enum Fault {
    NONE,
    TOO_MANY,
    BROKEN,
    NO_VERDICT,
    LOST,
    SLOW,
    STALLED,
    STREAMED,
    ERROR,
    REFUSED,
    DOWN
  }

  @TempDir private Path folder;

  private HttpServer server;
  private final List<String> answered = Collections.synchronizedList(new ArrayList<>());
  private final Map<Integer, Fault> faults = new HashMap<>(); // by number of the request
  private final List<String> keys = Collections.synchronizedList(new ArrayList<>());
  private int requests;
  private boolean biased;

  @BeforeEach
  void serve() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext("/v1/chat/completions", this::handle);
    server.start();
  }

  @AfterEach
  void stop() {
    server.stop(0);
  }

  private void handle(HttpExchange exchange) throws IOException {
    keys.add(exchange.getRequestHeaders().getFirst("Authorization"));
    String request = new String(exchange.getRequestBody().readAllBytes(), UTF_8);
    Fault fault;
    synchronized (this) {
      fault = faults.getOrDefault(requests++, Fault.NONE);
    }
    switch (fault) {
      case TOO_MANY -> {
        exchange.getResponseHeaders().add("Retry-After", "0.05");
        send(exchange, 429, "{}");
      }
      case BROKEN -> send(exchange, 200, "{\"choices\": [");
      case NO_VERDICT -> send(exchange, 200, completion("I like both, and the first one more."));
      case LOST -> {
        exchange.sendResponseHeaders(200, 1000);
        exchange.getResponseBody().write('{');
        exchange.close(); // with 999 bytes still to come
      }
      case SLOW -> {
        try {
          Thread.sleep(6000);
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
        }
        exchange.close();
      }
      case STALLED -> { // headers, and then nothing more of the body
        exchange.sendResponseHeaders(200, 1000);
        exchange.getResponseBody().write('{');
        exchange.getResponseBody().flush();
        try {
          Thread.sleep(6000);
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
        }
      }
      case STREAMED -> send(exchange, 200, "data: {\"choices\": [{\"delta\": {}}]}\n\n");
      case ERROR -> send(exchange, 200, "{\"error\": {\"message\": \"out of memory\"}}");
      case REFUSED -> send(exchange, 401, "{\"error\": \"no\"}");
      case DOWN -> send(exchange, 500, "");
      case NONE -> {
        answered.add(request);
        send(exchange, 200, completion(verdict(request)));
      }
    }
  }

  /** The better answer says so; a biased judge always prefers the first. */
  private String verdict(String request) {
    String text = Json.tree(request, "request").path("messages").path(1).path("content").asText();
    String first = text.substring(text.indexOf("# First"), text.indexOf("# Second"));
    String second = text.substring(text.indexOf("# Second"));
    boolean tie = first.contains("good") == second.contains("good");
    String verdict = biased || first.contains("good") ? "first" : "second";
    return "{\"verdict\": \"%s\"}".formatted(tie && !biased ? "tie" : verdict);
  }

  private static String completion(String content) {
    return Json.line(
        Map.of(
            "choices", List.of(Map.of("message", Map.of("content", content))),
            "usage", Map.of("prompt_tokens", 100, "completion_tokens", 7)));
  }

  private static void send(HttpExchange exchange, int status, String body) throws IOException {
    byte[] bytes = body.getBytes(UTF_8);
    exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
    exchange.getResponseBody().write(bytes);
    exchange.close();
  }

  private JudgeConfig config(String... more) {
    List<String> sets =
        new ArrayList<>(
            List.of(
                "endpoint=http://localhost:%d/v1".formatted(server.getAddress().getPort()),
                "model=judge",
                "transcript=" + folder.resolve("transcript.jsonl"),
                "requests_per_minute=1000000",
                "timeout=60",
                "back_off=0.01"));
    sets.addAll(List.of(more));
    return ConfigLoader.load(sets, JudgeConfig.class);
  }

  /** Of A the first six are good, of B the last three: A wins 6, B 3, and 3 are ties. */
  private Path answers(String name, int from, int to) throws IOException {
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < PAIRS; i++) {
      String answer = (i >= from && i < to ? "a good answer" : "an answer") + " in " + name;
      lines.add(Json.line(Map.of("prompt", "question " + i, "answer", answer)));
    }
    return Files.write(folder.resolve(name), lines);
  }

  private WinRate judge(JudgeConfig config) throws IOException, InterruptedException {
    Path a = answers("a.jsonl", 0, 6);
    Path b = answers("b.jsonl", 9, 12);
    var listener =
        new JudgeListener() {
          @Override
          public void estimate(int open, long tokens, double cost) {}

          @Override
          public void progress(int done, int all) {}
        };
    return new Judge(config, Optional.of(SECRET), listener).compare(a, b);
  }

  @Test
  void figuresAreRightWhateverTheServerDoes() throws Exception {
    Fault[] all = {
      Fault.TOO_MANY,
      Fault.BROKEN,
      Fault.NO_VERDICT,
      Fault.LOST,
      Fault.SLOW,
      Fault.STALLED,
      Fault.STREAMED,
      Fault.ERROR
    };
    for (int i = 0; i < all.length; i++) {
      faults.put(3 * i + 1, all[i]);
    }
    WinRate rate = judge(config("timeout=2"));

    assertThat(rate.pairs()).isEqualTo(PAIRS);
    // 6 x 1, 3 x 0, 3 x 1/2
    assertThat(rate.winRate()).isEqualTo(7.5 / 12);
    double squares = 6 * Math.pow(1 - 0.625, 2) + 3 * Math.pow(0.625, 2) + 3 * Math.pow(0.125, 2);
    double margin = 1.96 * Math.sqrt(squares / 11 / 12);
    assertThat(rate.low()).isCloseTo(0.625 - margin, within(1e-12));
    assertThat(rate.high()).isCloseTo(0.625 + margin, within(1e-12));
    assertThat(rate.agreeing()).isEqualTo(1);
    assertThat(rate.firstShare()).isEqualTo(0.5);
    assertThat(rate.longerShare()).isEqualTo(1); // "a good answer" is the longer one
    assertThat(rate.ties()).isEqualTo(6);
    assertThat(rate.unread()).isZero();
    assertThat(answered).hasSize(2 * PAIRS).doesNotHaveDuplicates();
    assertThat(requests).isEqualTo(2 * PAIRS + all.length);
  }

  @Test
  void goesOnWhereItStoppedAndNeverAsksTwice() throws Exception {
    for (int i = 9; i < 40; i++) {
      faults.put(i, Fault.DOWN);
    }
    assertThatThrownBy(() -> judge(config("retries=2")))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("status 500")
        .hasMessageContaining("goes on from here");
    assertThat(answered).hasSize(9);
    faults.clear();
    Path transcript = folder.resolve("transcript.jsonl");
    String whole = Files.readString(transcript);
    Files.writeString(transcript, whole.substring(0, whole.length() - 5)); // a crash while writing

    WinRate rate = judge(config());

    assertThat(rate.winRate()).isEqualTo(7.5 / 12);
    // Only the one whose line was lost is asked again.
    assertThat(answered).hasSize(2 * PAIRS + 1);
    assertThat(answered.stream().distinct()).hasSize(2 * PAIRS);
    int before = requests;
    assertThat(judge(config())).isEqualTo(rate);
    assertThat(requests).isEqualTo(before);
  }

  @Test
  void goesOnAfterACrashInTheFirstLine() throws Exception {
    WinRate rate = judge(config());
    Path transcript = folder.resolve("transcript.jsonl");
    Files.writeString(transcript, Files.readString(transcript).substring(0, 20));
    assertThat(judge(config())).isEqualTo(rate);
  }

  @Test
  void aPreferenceForThePositionShows() throws Exception {
    biased = true;
    WinRate rate = judge(config());

    assertThat(rate.winRate()).isEqualTo(0.5);
    assertThat(rate.firstShare()).isEqualTo(1);
    assertThat(rate.agreeing()).isZero();
  }

  @Test
  void theKeyIsSentAndNowhereElse() throws Exception {
    judge(config());
    assertThat(keys).containsOnly("Bearer " + SECRET);
    assertThat(Files.readString(folder.resolve("transcript.jsonl"))).doesNotContain(SECRET);

    Files.delete(folder.resolve("transcript.jsonl"));
    requests = 0;
    faults.put(0, Fault.REFUSED);
    assertThatThrownBy(() -> judge(config()))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("status 401")
        .hasMessageContaining("OPENAI_API_KEY")
        .hasMessageNotContaining(SECRET);
  }

  @Test
  void aReplyThatIsNeverAVerdictIsCounted() throws Exception {
    for (int i = 0; i < 3; i++) {
      faults.put(i, Fault.NO_VERDICT);
    }
    WinRate rate = judge(config("retries=2"));

    assertThat(rate.unread()).isEqualTo(1);
    assertThat(rate.unreadReply()).startsWith("I like both");
    assertThat(rate.pairs()).isEqualTo(PAIRS - 1);
  }

  @Test
  void asksForTheFormWhereTheServerCanHoldToIt() throws Exception {
    judge(config());
    assertThat(answered).noneMatch(request -> request.contains("response_format"));
    Files.delete(folder.resolve("transcript.jsonl"));
    answered.clear();
    judge(config("structured=true"));
    var format = Json.tree(answered.getFirst(), "request").path("response_format");
    assertThat(format.at("/json_schema/schema/properties/verdict/enum").toString())
        .isEqualTo("[\"first\",\"second\",\"tie\"]");
  }

  /** The same request at temperature 0 would have the same reply. */
  @Test
  void isRemindedOfTheForm() throws Exception {
    faults.put(0, Fault.NO_VERDICT);
    judge(config());
    var messages = Json.tree(answered.getFirst(), "request").path("messages");
    assertThat(messages.findValuesAsText("role"))
        .containsExactly("system", "user", "assistant", "user");
    assertThat(messages.path(2).path("content").asText()).startsWith("I like both");
    assertThat(Json.tree(answered.get(1), "request").path("messages")).hasSize(2);
  }

  @Test
  void saysWhatAServerReplies() {
    for (int i = 0; i < 40; i++) {
      faults.put(i, Fault.ERROR);
    }
    assertThatThrownBy(() -> judge(config("retries=1")))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("after 2 tries")
        .hasMessageContaining("out of memory");
  }

  @Test
  void verdictsAreReadStrictly() {
    assertThat(Verdict.of("{\"verdict\": \"first\"}")).contains(Verdict.FIRST);
    assertThat(Verdict.of("```json\n{\"verdict\": \"tie\"}\n```")).contains(Verdict.TIE);
    for (String reply :
        List.of(
            "first",
            "",
            "{\"verdict\": \"First\"}",
            "{\"verdict\": \"first\", \"why\": 1}",
            "{\"verdict\": \"first\"} {\"verdict\": \"second\"}",
            "The verdict is {\"verdict\": \"first\"}")) {
      assertThat(Verdict.of(reply)).as(reply).isEmpty();
    }
  }

  @Test
  void mistakesOfTheUser() throws Exception {
    judge(config());
    assertThatThrownBy(() -> judge(config("model=another")))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("another model");
    assertThatThrownBy(() -> judge(config("endpoint=http://localhost:99999/v1")))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("is not the URL of a server");
    assertThatThrownBy(() -> judge(config("endpoint=localhost:80")))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("not the URL of a server");
    Path a = answers("a.jsonl", 0, 1);
    Path fewer = Files.write(folder.resolve("b.jsonl"), Files.readAllLines(a).subList(0, 3));
    assertThatThrownBy(() -> new Judge(config(), Optional.empty(), null).compare(a, fewer))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("answer 4 is not to the same prompt");
    Path asInput = Files.writeString(folder.resolve("d.jsonl"), "{\"prompt\": \"a\"}");
    assertThatThrownBy(
            () ->
                new Judge(config("transcript=" + asInput), Optional.empty(), null)
                    .compare(asInput, a))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("d.jsonl is a file to read from");
    assertThat(asInput).hasContent("{\"prompt\": \"a\"}");
    Path another = Files.writeString(folder.resolve("f.json"), "{\"precious\":1}");
    assertThatThrownBy(() -> judge(config("transcript=" + another)))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("f.json: holds no comparisons");
    assertThat(another).hasContent("{\"precious\":1}");
    JsonNode line = Json.tree("{\"x\": 1}", "line");
    Path other = Files.writeString(folder.resolve("c.jsonl"), line + "\n");
    assertThatThrownBy(() -> new Judge(config(), Optional.empty(), null).compare(other, a))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("c.jsonl:1");
    Path none = Files.writeString(folder.resolve("e.jsonl"), "\n");
    assertThatThrownBy(() -> new Judge(config(), Optional.empty(), null).compare(none, none))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("e.jsonl: holds no answers");
  }
}
