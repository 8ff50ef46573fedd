package io.github.drprune.judge;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.drprune.error.Printable;
import io.github.drprune.error.UserException;
import io.github.drprune.json.Json;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Asks a model behind an OpenAI-compatible server. The key goes into a header, nowhere else. */
final class ChatClient implements AutoCloseable {
  private static final int LONGEST_REPLY = 300; // tokens
  private static final double LONGEST_WAIT = 60; // seconds
  private static final int LAST_PORT = 65_535;
  private static final long LARGEST = 1 << 20; // bytes of a response

  /**
   * A reply.
   *
   * @param sent tokens, as the server counts them; 0 where it does not
   */
  record Reply(String text, long sent, long received) {}

  private final JudgeConfig config;
  private final URI uri;
  private final Optional<String> key;
  private final HttpClient http;
  private final Duration patience;
  private long nextRequest = System.nanoTime(); // not before

  ChatClient(JudgeConfig config, Optional<String> key) {
    this.config = config;
    this.key = key;
    this.uri = uri(config.endpoint());
    this.patience = Duration.ofMillis(Math.round(config.timeout() * 1000));
    this.http = HttpClient.newBuilder().connectTimeout(patience).build();
  }

  private static URI uri(String endpoint) {
    try {
      URI uri = URI.create(endpoint.replaceFirst("/+$", "") + "/chat/completions");
      if (uri.getHost() != null
          && uri.getPort() <= LAST_PORT
          && List.of("http", "https").contains(uri.getScheme())) {
        return uri;
      }
    } catch (IllegalArgumentException _) {
      // told below
    }
    throw UserException.at(
        "endpoint",
        Printable.quoted(endpoint) + " is not the URL of a server",
        "write one such as http://localhost:8080/v1");
  }

  /** A turn of a conversation. */
  record Turn(String role, String content) {}

  /**
   * Asks until there is a reply, as often as the settings allow.
   *
   * @throws UserException where the server refuses the request, or all tries failed
   */
  Reply ask(List<Turn> conversation) throws InterruptedException {
    Map<String, Object> asked = new LinkedHashMap<>();
    asked.put("model", config.model());
    asked.put("temperature", 0);
    asked.put("max_tokens", LONGEST_REPLY);
    asked.put("stream", false);
    if (config.structured()) {
      asked.put("response_format", Verdict.RESPONSE_FORMAT);
    }
    asked.put("messages", conversation);
    String body = Json.line(asked);
    String failure = "";
    for (int attempt = 0; attempt <= config.retries(); attempt++) {
      OptionalDouble wait = OptionalDouble.empty();
      pace();
      try {
        HttpResponse<String> response = response(request(body));
        int status = response.statusCode();
        if (status == 200) {
          Optional<Reply> reply = reply(response.body());
          if (reply.isPresent()) {
            return reply.get();
          }
          failure = "not a chat completion: " + Printable.quoted(response.body());
        } else if (status == 429 || status >= 500 || status == 408) {
          failure = "status %d".formatted(status);
          wait = retryAfter(response);
        } else {
          throw refused(status, response.body());
        }
      } catch (IOException e) {
        failure = "%s %s".formatted(e.getClass().getSimpleName(), e.getMessage());
      }
      if (attempt < config.retries()) {
        double seconds = config.backOff() * Math.pow(2, attempt);
        sleep(Math.min(LONGEST_WAIT, Math.max(seconds, wait.orElse(0))));
      }
    }
    throw new UserException(
        "%s: no reply after %d tries (%s); the same command goes on from here"
            .formatted(uri, config.retries() + 1, failure));
  }

  /** The request's own time-out ends with the headers; a body that never ends must not hold us. */
  private HttpResponse<String> response(HttpRequest request)
      throws IOException, InterruptedException {
    var handler = HttpResponse.BodyHandlers.limiting(HttpResponse.BodyHandlers.ofString(), LARGEST);
    CompletableFuture<HttpResponse<String>> response = http.sendAsync(request, handler);
    try {
      return response.get(patience.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException _) {
      throw new HttpTimeoutException("request timed out");
    } catch (ExecutionException e) {
      throw e.getCause() instanceof IOException cause ? cause : new IOException(e.getCause());
    } finally {
      response.cancel(true);
    }
  }

  private UserException refused(int status, String body) {
    return new UserException(
        "%s: refused with status %d: %s; %s"
            .formatted(
                uri,
                status,
                Printable.quoted(body),
                status == 401 || status == 403
                    ? "put the key into the variable " + config.keyVariable()
                    : "check endpoint and model"));
  }

  private HttpRequest request(String body) {
    var request =
        HttpRequest.newBuilder(uri)
            .timeout(patience)
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body));
    key.ifPresent(secret -> request.header("Authorization", "Bearer " + secret));
    return request.build();
  }

  private static Optional<Reply> reply(String body) {
    try {
      JsonNode tree = Json.tree(body, "reply");
      JsonNode text = tree.path("choices").path(0).path("message").path("content");
      JsonNode usage = tree.path("usage");
      return text.isTextual()
          ? Optional.of(
              new Reply(
                  text.asText(),
                  usage.path("prompt_tokens").asLong(),
                  usage.path("completion_tokens").asLong()))
          : Optional.empty();
    } catch (UserException _) {
      return Optional.empty();
    }
  }

  private static OptionalDouble retryAfter(HttpResponse<String> response) {
    try {
      return response.headers().firstValue("Retry-After").stream()
          .mapToDouble(Double::parseDouble)
          .findFirst();
    } catch (NumberFormatException _) {
      return OptionalDouble.empty(); // a date, which few servers send
    }
  }

  private void pace() throws InterruptedException {
    sleep((nextRequest - System.nanoTime()) / 1e9);
    nextRequest = System.nanoTime() + Math.round(60e9 / config.requestsPerMinute());
  }

  private static void sleep(double seconds) throws InterruptedException {
    if (seconds > 0) {
      Thread.sleep(Duration.ofNanos(Math.round(seconds * 1e9)));
    }
  }

  @Override
  public void close() {
    http.close();
  }
}
