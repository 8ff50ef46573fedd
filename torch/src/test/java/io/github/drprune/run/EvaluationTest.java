package io.github.drprune.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.fail;
import static org.assertj.core.api.Assertions.within;

import io.github.drprune.data.PreparedData;
import io.github.drprune.data.Split;
import io.github.drprune.error.UserException;
import io.github.drprune.evaluate.EvaluationText;
import io.github.drprune.evaluate.EvaluationText.Rows;
import io.github.drprune.evaluate.Evaluations;
import io.github.drprune.evaluate.Evaluator;
import io.github.drprune.evaluate.ModelEvaluation;
import io.github.drprune.io.ByteSize;
import io.github.drprune.libtorch.NativeScope;
import io.github.drprune.libtorch.NoGrad;
import io.github.drprune.libtorch.Tensors;
import io.github.drprune.model.CheckpointSummary;
import io.github.drprune.model.ModelLoader;
import io.github.drprune.model.ModelWriter;
import io.github.drprune.model.TinyModels;
import io.github.drprune.nn.ModelMasks;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.stream.LongStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.bytedeco.pytorch.Scalar;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EvaluationTest {
  @TempDir private Path folder;

  @Test
  void batchesGiveTheMeanOfSingleRows() throws IOException {
    var tiny = new TinyRun(folder);
    try (var _ = NativeScope.open();
        var _ = NoGrad.open();
        var data = PreparedData.open(tiny.data());
        var model = ModelLoader.load(tiny.model(), TinyModels.FIXED)) {
      SequencedMap<String, Rows> rows = EvaluationText.HELD_OUT.of(data);
      // 7 divides no domain's rows, so the last batch is a short one.
      var result = new Evaluator(rows, 7, ids -> ids.length).evaluate(model, ModelMasks.NONE);

      for (String domain : data.domains()) {
        var sequences = data.split(domain, Split.EVAL).orElseThrow();
        double sum = 0;
        for (long row = 0; row < sequences.count(); row++) {
          var tokens = Tensors.ofTokens(new int[][] {sequences.row(row)});
          sum += model.loss(tokens, ModelMasks.NONE).mean().item_double();
        }
        var loss = result.domains().get(domain);
        assertThat(loss.loss()).isCloseTo(sum / sequences.count(), within(1e-5));
        assertThat(loss.tokens()).isEqualTo(sequences.count() * (TinyRun.SEQ_LEN - 1));
        // A "byte" a token: bits per byte are the loss in bits.
        assertThat(loss.bitsPerByte().orElseThrow())
            .isCloseTo(loss.loss() / Math.log(2), within(1e-9));
      }
    }
  }

  @Test
  void aLimitBeyondTheRowsTakesThemAll() throws IOException {
    try (var data = PreparedData.open(new TinyRun(folder).data())) {
      for (Rows rows : EvaluationText.UNSEEN_BY_RUNS.of(data).values()) {
        assertThat(rows.limited(Long.MAX_VALUE)).isEqualTo(rows);
        assertThat(rows.limited(1).count()).isEqualTo(1);
      }
    }
  }

  /** The first few sequences of a domain are parts of one or two documents. */
  @Test
  void aLimitTakesRowsFromAllOverTheText() throws IOException {
    try (var data = PreparedData.open(new TinyRun(folder).data())) {
      for (Rows all : EvaluationText.UNSEEN_BY_RUNS.of(data).values()) {
        for (long limit = 1; limit <= all.count(); limit++) {
          Rows some = all.limited(limit);
          long[] positions = LongStream.range(0, limit).map(some::position).toArray();
          assertThat(positions).isSorted().doesNotHaveDuplicates();
          assertThat(positions[0]).isEqualTo(all.from());
          long step = all.count() / limit;
          assertThat(positions[positions.length - 1]).isBetween(all.to() - step - 1, all.to() - 1);
        }
      }
    }
  }

  @Test
  void validationAndTestShareNoRow() throws IOException {
    var tiny = new TinyRun(folder);
    try (var data = PreparedData.open(tiny.data())) {
      var validation = EvaluationText.WATCHED_BY_RUNS.of(data);
      var test = EvaluationText.UNSEEN_BY_RUNS.of(data);
      EvaluationText.HELD_OUT
          .of(data)
          .forEach(
              (domain, all) -> {
                assertThat(validation.get(domain).from()).isZero();
                assertThat(test.get(domain).from()).isEqualTo(validation.get(domain).to());
                assertThat(test.get(domain).to()).isEqualTo(all.to());
              });
    }
  }

  @Test
  void evaluatesACheckpoint() throws IOException {
    var tiny = new TinyRun(folder);
    try (var data = PreparedData.open(tiny.data())) {
      var result =
          ModelEvaluation.of(
              tiny.model(), data, EvaluationText.UNSEEN_BY_RUNS, 5, 2, TinyModels.FIXED);
      assertThat(result.domains()).containsOnlyKeys("easy", "hard");
      assertThat(result.domains().get("easy").tokens()).isEqualTo(5 * (TinyRun.SEQ_LEN - 1));
      assertThat(result.domains().get("hard").bitsPerByte()).isPositive();
      assertThat(result.meanPerplexity()).isCloseTo(Math.exp(result.meanLoss()), within(1e-9));
    }
  }

  @Test
  void namesTheTensorThatHasNoNumbers() throws IOException {
    var tiny = new TinyRun(folder);
    Path bad = spoilt(tiny, Double.NEGATIVE_INFINITY, "model.layers.1.mlp.up_proj.weight");
    String message = "'model.layers.1.mlp.up_proj.weight': 384 of its 384 values are NaN or inf";
    assertRefused(message, () -> evaluate(tiny, bad));
    assertRefused(message, () -> CheckpointSummary.of(bad));
    Path output = folder.resolve("run");
    for (String method : List.of("importance", "masks")) {
      var config = tiny.prune(output, "steps=2", "method=" + method, "model=" + bad);
      assertRefused(message, () -> TinyRun.runner().prune(config));
      assertThat(output).doesNotExist();
    }
  }

  @Test
  void namesTheDomainWhoseLossIsNoNumber() throws IOException {
    var tiny = new TinyRun(folder);
    Path bad = spoilt(tiny, 3e38, "lm_head.weight");
    assertRefused("its loss on domain 'easy' is ", () -> evaluate(tiny, bad));
  }

  /** Of several, a mistake in the last is told before the first is evaluated. */
  @Test
  void everyModelIsHeldAgainstTheDataFirst() throws IOException {
    var tiny = new TinyRun(folder);
    Path other = folder.resolve("spoilt");
    try (var model = ModelLoader.load(tiny.model(), TinyModels.FIXED)) {
      ModelWriter.save(model, other, tiny.model(), Optional.empty(), ByteSize.parse("1GB"));
    }
    Path tokenizer = other.resolve("tokenizer.json");
    Files.writeString(tokenizer, Files.readString(tokenizer) + "\n");
    assertRefused(
        "prepared with another tokenizer",
        () ->
            Evaluations.of(
                List.of(tiny.model(), other),
                tiny.data(),
                EvaluationText.UNSEEN_BY_RUNS,
                5,
                2,
                TinyModels.FIXED,
                _ -> fail("evaluated")));
  }

  private static ModelEvaluation evaluate(TinyRun tiny, Path model) throws IOException {
    try (var data = PreparedData.open(tiny.data())) {
      return ModelEvaluation.of(model, data, EvaluationText.UNSEEN_BY_RUNS, 5, 2, TinyModels.FIXED);
    }
  }

  private static void assertRefused(String message, ThrowingCallable use) {
    assertThatThrownBy(use)
        .isInstanceOf(UserException.class)
        .hasMessageContaining(message)
        .satisfies(e -> assertThat(e.getMessage()).doesNotContain("\n").contains("spoilt"));
  }

  /** A copy of the model whose {@code tensor} has but the one value. */
  private Path spoilt(TinyRun tiny, double value, String tensor) throws IOException {
    Path spoilt = folder.resolve("spoilt");
    try (var _ = NativeScope.open();
        var _ = NoGrad.open();
        var model = ModelLoader.load(tiny.model(), TinyModels.TRAINED)) {
      model.weights().get(tensor).tensor().fill_(new Scalar(value));
      ModelWriter.save(model, spoilt, tiny.model(), Optional.empty(), ByteSize.parse("1GB"));
    }
    return spoilt;
  }
}
