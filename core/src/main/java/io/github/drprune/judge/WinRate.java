package io.github.drprune.judge;

import io.github.drprune.judge.Transcript.Entry;
import io.github.drprune.judge.Transcript.Place;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;

/**
 * How often A's answers win against B's. A pair's score is the mean of its two orders; a win is 1,
 * a tie 1/2. Shares and means of nothing are null.
 *
 * @param pairs with a verdict in both orders
 * @param winRate mean score of A over the pairs
 * @param low of the 95% interval, mean -+ 1.96 standard errors over pairs, within [0, 1]
 * @param agreeing share of the pairs whose two orders have the same winner, or are both ties
 * @param firstShare share of the verdicts other than ties that prefer the answer shown first: 1/2
 *     where position does not matter
 * @param longerShare the same for the longer answer
 * @param unread comparisons without a verdict that could be read
 * @param unreadReply the last reply of the first of them
 * @param meanCharactersA mean length of A's answers
 */
public record WinRate(
    int pairs,
    Double winRate,
    Double low,
    Double high,
    Double agreeing,
    Double firstShare,
    Double longerShare,
    int ties,
    int unread,
    String unreadReply,
    double meanCharactersA,
    double meanCharactersB) {

  static WinRate of(List<Answer> a, List<Answer> b, Map<Place, Entry> entries) {
    List<Double> scores = new ArrayList<>();
    int agreeing = 0;
    int ties = 0;
    List<String> unread = new ArrayList<>();
    var first = new Share();
    var longer = new Share();
    for (int pair = 0; pair < a.size(); pair++) {
      Entry forward = entries.get(new Place(pair, true));
      Entry backward = entries.get(new Place(pair, false));
      int lengths = Integer.compare(a.get(pair).answer().length(), b.get(pair).answer().length());
      for (Entry each : new Entry[] {forward, backward}) {
        OptionalDouble score = score(each);
        if (score.isEmpty()) {
          unread.add(each.reply());
        } else if (each.verdict() == Verdict.TIE) {
          ties++;
        } else {
          first.add(each.verdict() == Verdict.FIRST);
          if (lengths != 0) {
            longer.add(score.getAsDouble() == 1 == lengths > 0);
          }
        }
      }
      OptionalDouble one = score(forward);
      OptionalDouble other = score(backward);
      if (one.isPresent() && other.isPresent()) {
        scores.add((one.getAsDouble() + other.getAsDouble()) / 2);
        agreeing += one.getAsDouble() == other.getAsDouble() ? 1 : 0;
      }
    }
    double mean = scores.stream().mapToDouble(x -> x).average().orElse(Double.NaN);
    double margin = 1.96 * standardError(scores, mean);
    return new WinRate(
        scores.size(),
        known(mean),
        known(Math.max(0, mean - margin)),
        known(Math.min(1, mean + margin)),
        known((double) agreeing / scores.size()),
        first.value(),
        longer.value(),
        ties,
        unread.size(),
        unread.isEmpty() ? null : unread.getFirst(),
        meanLength(a),
        meanLength(b));
  }

  private static Double known(double value) {
    return Double.isNaN(value) ? null : value;
  }

  /** Of A; empty without a verdict. */
  private static OptionalDouble score(Entry entry) {
    if (entry.verdict() == null) {
      return OptionalDouble.empty();
    }
    return OptionalDouble.of(
        switch (entry.verdict()) {
          case TIE -> 0.5;
          case FIRST -> entry.aFirst() ? 1 : 0;
          case SECOND -> entry.aFirst() ? 0 : 1;
        });
  }

  private static double standardError(List<Double> scores, double mean) {
    int n = scores.size();
    double squares = scores.stream().mapToDouble(x -> (x - mean) * (x - mean)).sum();
    return n < 2 ? Double.NaN : Math.sqrt(squares / (n - 1) / n);
  }

  private static double meanLength(List<Answer> answers) {
    return answers.stream().mapToInt(each -> each.answer().length()).average().orElse(0);
  }

  private static final class Share {
    private int yes;
    private int all;

    void add(boolean isSo) {
      yes += isSo ? 1 : 0;
      all++;
    }

    Double value() {
      return known((double) yes / all);
    }
  }
}
