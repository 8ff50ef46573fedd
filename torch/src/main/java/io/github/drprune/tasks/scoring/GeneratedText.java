package io.github.drprune.tasks.scoring;

import io.github.drprune.generate.EndTokens;
import io.github.drprune.generate.Sampling;
import io.github.drprune.generate.TextGenerator;
import io.github.drprune.model.CausalLm;
import io.github.drprune.tasks.Request.Generated;
import io.github.drprune.tasks.Response.Text;
import io.github.drprune.tokenizer.Tokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Continues prompts with the likeliest tokens up to a text that ends them.
 *
 * @param endText what the tokenizer's last token is called, which ends texts as well
 */
record GeneratedText(
    CausalLm model, Tokenizer tokenizer, PromptTokens prompts, EndTokens end, String endText) {
  /** Tokens more than a stop text takes by itself: it may be generated in other pieces. */
  private static final int MORE = 2;

  /** What follows the prompt, up to the first text that ends it. */
  Text of(Generated request) {
    List<String> stops = new ArrayList<>(request.until());
    if (!endText.isEmpty() && !stops.contains(endText)) {
      stops.add(endText);
    }
    stops.removeIf(String::isEmpty);
    int look = MORE + stops.stream().mapToInt(tokenizer::count).max().orElse(0);
    int[] prompt = prompts.of(request); // which must fit before there is room for what follows
    var generator = new TextGenerator(model, Sampling.GREEDY, end, new SplittableRandom(0));
    var tokens = new int[request.maxTokens()];
    int[] count = {0};
    generator.generateWhile(
        prompt,
        request.maxTokens(),
        token -> {
          tokens[count[0]++] = token;
          int[] last = Arrays.copyOfRange(tokens, Math.max(0, count[0] - look), count[0]);
          String text = tokenizer.decode(last);
          return stops.stream().noneMatch(text::contains);
        });
    return new Text(cut(tokenizer.decodeText(Arrays.copyOf(tokens, count[0])), stops));
  }

  private static String cut(String text, List<String> stops) {
    int end = text.length();
    for (String stop : stops) {
      int at = text.indexOf(stop);
      end = at < 0 ? end : Math.min(end, at);
    }
    return text.substring(0, end);
  }
}
