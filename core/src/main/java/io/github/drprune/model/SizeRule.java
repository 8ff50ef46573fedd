package io.github.drprune.model;

import java.util.List;
import java.util.Optional;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/**
 * What a reader of a family's checkpoints requires of hidden size and heads.
 *
 * @param reader who requires it
 */
public record SizeRule(Reader reader, Relation relation) {
  /** What transformers requires of the families that it checks so. */
  static final List<SizeRule> HEADS_DIVIDE_HIDDEN_IN_TRANSFORMERS =
      List.of(new SizeRule(Reader.TRANSFORMERS, Relation.HIDDEN_MULTIPLE_OF_HEADS));

  /** What llama.cpp requires of the families whose head dim its files cannot give. */
  static final List<SizeRule> HEADS_FILL_HIDDEN_IN_LLAMA_CPP =
      List.of(new SizeRule(Reader.LLAMA_CPP, Relation.HIDDEN_EQUALS_HEADS_BY_HEAD_DIM));

  /** A program that reads checkpoints, or the format itself. */
  public enum Reader {
    /** The family's config.json has no key that could say otherwise. */
    CONFIG("its config.json"),
    /** Version 5 refuses such a configuration when it is loaded. */
    TRANSFORMERS("transformers"),
    /** Refuses such a file when it is converted or loaded. */
    LLAMA_CPP("llama.cpp");

    private final String title;

    Reader(String title) {
      this.title = title;
    }
  }

  /** A relation between hidden size, heads and head dim. */
  public enum Relation {
    HIDDEN_MULTIPLE_OF_HEADS("a multiple of the heads"),
    HIDDEN_EQUALS_HEADS_BY_HEAD_DIM("heads x head dim");

    private final String words;

    Relation(String words) {
      this.words = words;
    }

    boolean holds(int hiddenSize, int heads, int headDim) {
      return switch (this) {
        case HIDDEN_MULTIPLE_OF_HEADS -> hiddenSize % heads == 0;
        case HIDDEN_EQUALS_HEADS_BY_HEAD_DIM -> hiddenSize == heads * headDim;
      };
    }
  }

  /** Whether a model that breaks it is of no use: nothing that people train with would load it. */
  public boolean isBinding() {
    return reader != Reader.LLAMA_CPP;
  }

  public boolean allows(int hiddenSize, int heads, int headDim) {
    return relation.holds(hiddenSize, heads, headDim);
  }

  /** What {@code cut}, a smaller model of {@code source}, breaks of this rule, in a line. */
  Optional<String> broken(ModelSpec cut, ModelSpec source) {
    if (allows(cut.hiddenSize(), cut.heads(), cut.headDim())) {
      return Optional.empty();
    }
    return Optional.of(
        "hidden size %d with %d heads of %d: %s needs a %s to have a hidden size that is %s%s"
            .formatted(
                cut.hiddenSize(),
                cut.heads(),
                cut.headDim(),
                reader.title,
                cut.family().modelType(),
                relation.words,
                nearest(cut, source)));
  }

  private String nearest(ModelSpec cut, ModelSpec source) {
    IntPredicate allowed = hidden -> allows(hidden, cut.heads(), cut.headDim());
    String sizes =
        IntStream.concat(
                IntStream.iterate(cut.hiddenSize(), hidden -> hidden > 0, hidden -> hidden - 1)
                    .filter(allowed)
                    .limit(1),
                IntStream.rangeClosed(cut.hiddenSize(), source.hiddenSize())
                    .filter(allowed)
                    .limit(1))
            .mapToObj(String::valueOf)
            .reduce((below, above) -> below + " or " + above)
            .orElse("other heads");
    return "; choose " + sizes;
  }
}
