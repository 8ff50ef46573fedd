package io.github.drprune.tasks.scoring;

import io.github.drprune.error.UserException;
import io.github.drprune.tasks.Request;
import io.github.drprune.tasks.Request.Continuation;
import io.github.drprune.tasks.Request.Generated;
import io.github.drprune.tasks.Request.Whole;
import io.github.drprune.template.PyStrings;
import io.github.drprune.tokenizer.Tokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Makes tokens of prompts as the harness does: prompt and continuation are tokenized as one text,
 * and what is too long loses its beginning.
 *
 * @param maxLength tokens that the model reads at once
 * @param beginning the token before a text that has nothing before it
 * @param beginningText its name in texts
 */
record PromptTokens(Tokenizer tokenizer, int maxLength, int beginning, String beginningText) {
  /** The most bytes of a character, and so about the most tokens. */
  private static final int UTF_8_BYTES = 4;

  static PromptTokens of(Tokenizer tokenizer, int maxLength) {
    int beginning =
        tokenizer
            .beginning()
            .orElseThrow(
                () ->
                    new UserException(
                        tokenizer.file()
                            + ": names neither bos_token nor eos_token; name the token that texts"
                            + " begin with"));
    return new PromptTokens(tokenizer, maxLength, beginning, tokenizer.decode(beginning));
  }

  /** The tokens of a text with the one that the tokenizer begins texts with, if it does. */
  int[] encode(String text) {
    int[] ids = plain(text);
    Integer bos = tokenizer.specialTokens().bos();
    return bos == null || text.startsWith(beginningText) ? ids : joined(bos, ids);
  }

  /** As the harness has them from the transformers library, which differs in one case. */
  private int[] plain(String text) {
    boolean hidden = text.startsWith(" ") && tokenizer.hidesFirstSpaceInTransformers();
    return tokenizer.encode(hidden ? text.substring(1) : text);
  }

  private static int[] joined(int first, int[] rest) {
    return IntStream.concat(IntStream.of(first), Arrays.stream(rest)).toArray();
  }

  /** The continuation is what is predicted. */
  ScoredTokens of(Continuation request) {
    int[] all;
    int context;
    String prompt = PyStrings.rightStripped(request.prompt());
    if (prompt.isEmpty()) {
      // Nothing but white space before it has no tokens of its own.
      int[] ids = plain(request.prompt() + request.continuation());
      all = ids.length > 1 && ids[0] == beginning ? ids : joined(beginning, ids);
      context = 1;
    } else {
      all = encode(request.prompt() + request.continuation());
      context = encode(prompt).length;
    }
    int predicted = all.length - context;
    if (predicted < 1) {
      throw new UserException(
          "a choice or target has no tokens of its own: '%s' after '%s'"
              .formatted(request.continuation(), tail(request.prompt())));
    }
    return scored(all, predicted);
  }

  /**
   * The last {@code predicted} of {@code tokens}, after as many of those before them as the model
   * reads.
   */
  ScoredTokens scored(int[] tokens, int predicted) {
    if (predicted > maxLength) {
      throw new UserException(
          "a choice or target of %d tokens is longer than the %d that the model reads; allow more with --max-length"
              .formatted(predicted, maxLength));
    }
    return new ScoredTokens(last(tokens, maxLength + 1), predicted);
  }

  private static String tail(String text) {
    return text.substring(Math.max(0, text.length() - 40));
  }

  /**
   * Every token of the text is predicted once: those of the first window from the beginning on,
   * those of each other with as many tokens before them as the model reads.
   */
  List<ScoredTokens> of(Whole request) {
    int[] ids = encode(request.prompt());
    List<ScoredTokens> windows = new ArrayList<>();
    int first = Math.min(maxLength, ids.length);
    if (first > 0) {
      windows.add(new ScoredTokens(joined(beginning, Arrays.copyOf(ids, first)), first));
    }
    for (int done = first; done < ids.length; ) {
      int predicted = Math.min(ids.length - done, maxLength);
      int end = done + predicted;
      windows.add(new ScoredTokens(Arrays.copyOfRange(ids, end - maxLength - 1, end), predicted));
      done = end;
    }
    return windows;
  }

  /** The prompt of a text to generate. */
  int[] of(Generated request) {
    int[] ids = last(encode(request.prompt()), room(request));
    return ids.length == 0 ? new int[] {beginning} : ids;
  }

  /** Tokens that are left for the prompt. */
  private int room(Generated request) {
    int room = maxLength - request.maxTokens();
    if (room < 1) {
      throw new UserException(
          "max_gen_toks: %d tokens leave no room for a prompt in the %d that the model reads; allow more with --max-length or fewer in the task file"
              .formatted(request.maxTokens(), maxLength));
    }
    return room;
  }

  /**
   * Refuses a request that the model has no room for. What is clearly short enough is not tokenized
   * for that: of a large task it would take minutes.
   */
  void requireRoom(Request request) {
    switch (request) {
      case Continuation continuation -> {
        if (UTF_8_BYTES * continuation.continuation().length() >= maxLength) {
          of(continuation);
        }
      }
      case Generated generated -> room(generated);
      case Whole _ -> {}
    }
  }

  private static int[] last(int[] ids, int count) {
    return Arrays.copyOfRange(ids, Math.max(0, ids.length - count), ids.length);
  }
}
