package io.github.drprune.cli;

import io.github.drprune.error.Printable;
import io.github.drprune.error.UserException;
import io.github.drprune.judge.Judge;
import io.github.drprune.judge.JudgeConfig;
import io.github.drprune.judge.JudgeListener;
import io.github.drprune.judge.Judged;
import io.github.drprune.judge.WinRate;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code drprune judge}. */
@Command(
    name = "judge",
    description = {
      "Compares two models' answers by a third, through an OpenAI-compatible server.",
      "Each pair is shown in both orders. After an interruption the same command goes on; nothing"
          + " is asked twice."
    },
    mixinStandardHelpOptions = true,
    footer = {
      "",
      "Example:",
      "  drprune judge tuned.jsonl base.jsonl --endpoint http://localhost:8080/v1 --model judge \\",
      "    --transcript verdicts.jsonl"
    })
final class JudgeCommand implements Callable<Integer> {
  private static final int EVERY = 20;

  @Parameters(index = "0", paramLabel = "A", description = "Answers that 'answers' wrote.")
  private Path a;

  @Parameters(index = "1", paramLabel = "B", description = "Another model's to the same prompts.")
  private Path b;

  @Mixin private JsonOption json;

  private CommandSpec spec;
  private KeyOptions<JudgeConfig> keys;

  @Spec
  void spec(CommandSpec commandSpec) {
    spec = commandSpec;
    keys = KeyOptions.add(commandSpec, JudgeConfig.class);
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    JudgeConfig config = keys.load();
    Optional<String> key =
        Optional.ofNullable(System.getenv(config.keyVariable())).filter(each -> !each.isBlank());
    PrintWriter err = spec.commandLine().getErr();
    WinRate rate = new Judge(config, key, new Told(err)).compare(a, b);
    json.write(new Judged(a.toString(), b.toString(), config.model(), rate));
    if (rate.pairs() == 0) {
      throw UserException.at(
          "model",
          "no pair has a verdict in both orders; the first reply without one: "
              + Printable.quoted(rate.unreadReply()),
          "let a model judge that keeps to the form");
    }
    print(rate, spec.commandLine().getOut());
    return 0;
  }

  private record Told(PrintWriter err) implements JudgeListener {
    @Override
    public void estimate(int requests, long tokens, double cost) {
      err.printf(
          "judge: %,d requests of about %,d tokens in all%s%n",
          requests, tokens, Double.isNaN(cost) ? "" : ", about %.2f to pay".formatted(cost));
      err.flush();
    }

    @Override
    public void progress(int done, int all) {
      if (done % EVERY == 0 || done == all) {
        err.printf("judge: %,d of %,d comparisons%n", done, all);
        err.flush();
      }
    }
  }

  private static void print(WinRate rate, PrintWriter out) {
    out.printf(
        "A wins %s (95%%: %s to %s) of %,d pairs, ties as half%n",
        percent(rate.winRate()), percent(rate.low()), percent(rate.high()), rate.pairs());
    out.printf(
        "both orders agree in %s; the first answer is preferred in %s, the longer in %s of the"
            + " verdicts that are no ties; %,d ties%n",
        percent(rate.agreeing()),
        percent(rate.firstShare()),
        percent(rate.longerShare()),
        rate.ties());
    out.printf(
        "mean length: A %.0f characters, B %.0f%n", rate.meanCharactersA(), rate.meanCharactersB());
    if (rate.unread() > 0) {
      out.printf(
          "%,d comparisons had no verdict, and their pairs do not count; the first such reply:"
              + " %s%n",
          rate.unread(), Printable.quoted(rate.unreadReply()));
    }
    out.flush();
  }

  private static String percent(Double share) {
    return share == null ? "unknown" : "%.1f%%".formatted(100 * share);
  }
}
