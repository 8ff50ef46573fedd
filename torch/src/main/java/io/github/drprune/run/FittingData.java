package io.github.drprune.run;

import io.github.drprune.data.PreparedData;
import io.github.drprune.error.UserException;
import io.github.drprune.model.CheckpointCheck;
import io.github.drprune.model.ModelSpec;
import io.github.drprune.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.OptionalInt;

/** Whether a run's data, model and teacher go with each other. */
public final class FittingData {
  private FittingData() {}

  /** Refuses data that does not go with the model, and a teacher that goes with neither. */
  public static void require(RunKind kind, ModelSpec source, PreparedData data) throws IOException {
    int length = data.seqLen();
    kind.config()
        .seqLen()
        .filter(wanted -> wanted != length)
        .ifPresent(
            wanted -> {
              throw UserException.at(
                  "seq_len",
                  "%d, but the data in %s has sequences of %d"
                      .formatted(wanted, data.folder(), length),
                  "prepare it again or leave the key out");
            });
    if (length > source.contextLength()) {
      throw UserException.at(
          "data",
          "sequences of %d tokens in %s exceed the model's %d positions"
              .formatted(length, data.folder(), source.contextLength()),
          "prepare it with sequences of " + source.contextLength());
    }
    try (var tokenizer = Tokenizer.load(kind.tokenizer(), source.vocabularySize())) {
      data.requireTokenizer(tokenizer);
      if (kind.teacher().isPresent()) {
        requireTeacher(kind.teacher().get(), source, data, tokenizer);
      }
    }
  }

  /** Refuses a teacher of other words than the model's, or of too short a context. */
  private static void requireTeacher(
      Path folder, ModelSpec source, PreparedData data, Tokenizer tokenizer) throws IOException {
    ModelSpec teacher = CheckpointCheck.of(folder);
    if (teacher.vocabularySize() != source.vocabularySize()) {
      throw new UserException(
          "distillation.teacher: %s has a vocabulary of %d and the model one of %d; choose a teacher of the same vocabulary"
              .formatted(folder, teacher.vocabularySize(), source.vocabularySize()));
    }
    if (data.seqLen() > teacher.contextLength()) {
      throw new UserException(
          "distillation.teacher: sequences of %d tokens in %s exceed the %d positions of %s; prepare shorter ones or choose another teacher"
              .formatted(data.seqLen(), data.folder(), teacher.contextLength(), folder));
    }
    try (var other = Tokenizer.load(folder, teacher.vocabularySize())) {
      OptionalInt different = tokenizer.firstDifference(other);
      if (different.isPresent()) {
        throw new UserException(
            "distillation.teacher: token %d of %s is another one than in %s; choose a teacher of the same vocabulary"
                .formatted(different.getAsInt(), other.file(), tokenizer.file()));
      }
    }
  }
}
