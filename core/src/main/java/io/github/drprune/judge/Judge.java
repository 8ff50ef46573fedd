package io.github.drprune.judge;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.github.drprune.config.binding.ConfigLoader;
import io.github.drprune.error.UserException;
import io.github.drprune.io.InputFiles;
import io.github.drprune.io.Sha256;
import io.github.drprune.judge.ChatClient.Turn;
import io.github.drprune.judge.Transcript.Entry;
import io.github.drprune.judge.Transcript.Place;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Compares two models' answers to the same prompts, each pair in both orders. What is in the
 * transcript is not asked again.
 */
public final class Judge {
  private static final int CHARACTERS_PER_TOKEN = 4;
  private static final int REPLY_TOKENS = 12; // of a verdict
  private static final String REMINDER =
      "That is not the JSON object that was asked for. Reply with it and nothing else.";

  private final JudgeConfig config;
  private final Optional<String> key;
  private final JudgeListener listener;

  /**
   * @param key for the server, where it wants one
   */
  public Judge(JudgeConfig config, Optional<String> key, JudgeListener listener) {
    ConfigLoader.check(config);
    this.config = config;
    this.key = key;
    this.listener = listener;
  }

  /** Judges the answers in two files. */
  public WinRate compare(Path fileA, Path fileB) throws IOException, InterruptedException {
    InputFiles.requireApart("transcript", config.transcript(), fileA, fileB);
    List<Answer> a = Answer.read(fileA);
    List<Answer> b = Answer.read(fileB);
    requireSamePrompts(fileA, a, fileB, b);
    String rubric = rubric();
    var origin =
        new Transcript.Origin(
            Sha256.of(fileA), Sha256.of(fileB), config.model(), Sha256.of(rubric.getBytes(UTF_8)));
    try (var transcript = Transcript.open(config.transcript(), origin);
        var client = new ChatClient(config, key)) {
      List<Place> open = new ArrayList<>();
      for (int pair = 0; pair < a.size(); pair++) {
        for (boolean aFirst : new boolean[] {true, false}) {
          var place = new Place(pair, aFirst);
          if (!transcript.has(place)) {
            open.add(place);
          }
        }
      }
      estimate(a, b, rubric, open);
      int all = 2 * a.size();
      int done = all - open.size();
      for (Place place : open) {
        transcript.add(judged(client, rubric, place, request(a, b, place)));
        listener.progress(++done, all);
      }
      return WinRate.of(a, b, transcript.entries());
    }
  }

  private static void requireSamePrompts(Path fileA, List<Answer> a, Path fileB, List<Answer> b) {
    if (a.isEmpty()) {
      throw new UserException(fileA + ": holds no answers; name another file");
    }
    for (int i = 0; i < Math.max(a.size(), b.size()); i++) {
      if (i >= a.size() || i >= b.size() || !a.get(i).prompt().equals(b.get(i).prompt())) {
        throw new UserException(
            "%s and %s: answer %d is not to the same prompt; let both models answer one file"
                .formatted(fileA, fileB, i + 1));
      }
    }
  }

  private String rubric() throws IOException {
    if (config.rubric().isPresent()) {
      return InputFiles.text(config.rubric().get());
    }
    try (InputStream in = Judge.class.getResourceAsStream("rubric.txt")) {
      return new String(in.readAllBytes(), UTF_8);
    }
  }

  private static String request(List<Answer> a, List<Answer> b, Place place) {
    Answer answerA = a.get(place.pair());
    Answer answerB = b.get(place.pair());
    String first = (place.aFirst() ? answerA : answerB).answer();
    String second = (place.aFirst() ? answerB : answerA).answer();
    return "# Request\n\n%s\n\n# First answer\n\n%s\n\n# Second answer\n\n%s\n"
        .formatted(answerA.prompt(), first, second);
  }

  private void estimate(List<Answer> a, List<Answer> b, String rubric, List<Place> open) {
    long characters =
        open.stream().mapToLong(place -> rubric.length() + request(a, b, place).length()).sum();
    long tokens = characters / CHARACTERS_PER_TOKEN;
    boolean priced = config.priceIn().isPresent() || config.priceOut().isPresent();
    double cost =
        (tokens * config.priceIn().orElse(0.0)
                + (double) open.size() * REPLY_TOKENS * config.priceOut().orElse(0.0))
            / 1e6;
    listener.estimate(open.size(), tokens, priced ? cost : Double.NaN);
  }

  /** Asks again, with what was replied and what was asked for, where that is not a verdict. */
  private Entry judged(ChatClient client, String rubric, Place place, String request)
      throws InterruptedException {
    List<Turn> conversation =
        new ArrayList<>(List.of(new Turn("system", rubric), new Turn("user", request)));
    long sent = 0;
    long received = 0;
    Optional<Verdict> verdict = Optional.empty();
    String text = "";
    for (int attempt = 0; attempt <= config.retries() && verdict.isEmpty(); attempt++) {
      if (attempt > 0) {
        // The same request would have the same reply: the temperature is 0.
        conversation.subList(2, conversation.size()).clear();
        conversation.add(new Turn("assistant", text));
        conversation.add(new Turn("user", REMINDER));
      }
      ChatClient.Reply reply = client.ask(conversation);
      sent += reply.sent();
      received += reply.received();
      text = reply.text();
      verdict = Verdict.of(text);
    }
    return new Entry(place.pair(), place.aFirst(), verdict.orElse(null), text, sent, received);
  }
}
