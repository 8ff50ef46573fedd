package io.github.drprune.tasks.scoring;

import io.github.drprune.libtorch.NativeScope;
import io.github.drprune.libtorch.Ops;
import io.github.drprune.libtorch.Tensors;
import io.github.drprune.model.CausalLm;
import io.github.drprune.model.ModelOutput;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Reads log-probabilities off hidden states: only of rows that predict something. */
final class PredictedRows {
  /** Logits held at a time, 64 MiB in float32. */
  private static final int LOGITS = 1 << 24;

  /** Takes a token's log-probability, and whether no other token has a higher one. */
  @FunctionalInterface
  interface Sink {
    void accept(double logProbability, boolean isLargest);
  }

  private record Prediction(int token, Sink sink) {}

  private final CausalLm model;
  private final Map<Integer, List<Prediction>> byRow = new LinkedHashMap<>();

  PredictedRows(CausalLm model) {
    this.model = model;
  }

  /** Wants the probability of {@code token} in a row of the hidden states. */
  void add(int row, int token, Sink sink) {
    byRow.computeIfAbsent(row, _ -> new ArrayList<>()).add(new Prediction(token, sink));
  }

  /** Gives all that is wanted to the sinks; {@code hidden} is [B, T, hidden], rows in its order. */
  void read(Tensor hidden) {
    List<Integer> rows = List.copyOf(byRow.keySet());
    int vocabulary = model.spec().vocabularySize();
    int atOnce = Math.max(1, LOGITS / vocabulary);
    for (int from = 0; from < rows.size(); from += atOnce) {
      List<Integer> some = rows.subList(from, Math.min(rows.size(), from + atOnce));
      try (var _ = NativeScope.open()) {
        Tensor states = hidden.reshape(-1, hidden.size(-1)).index_select(0, indices(some));
        Tensor logits = model.logits(states).to(ScalarType.Float); // [rows, vocabulary]
        read(some, logits, vocabulary);
      }
    }
  }

  private Tensor indices(List<Integer> rows) {
    long[] indices = rows.stream().mapToLong(Integer::longValue).toArray();
    return Tensors.of(indices, indices.length).to(model.device(), ScalarType.Long);
  }

  private void read(List<Integer> rows, Tensor logits, int vocabulary) {
    List<Prediction> predictions = new ArrayList<>();
    List<Integer> rowOf = new ArrayList<>();
    for (int i = 0; i < rows.size(); i++) {
      for (Prediction prediction : byRow.get(rows.get(i))) {
        predictions.add(prediction);
        rowOf.add(i);
      }
    }
    long[] places = new long[predictions.size()];
    for (int i = 0; i < places.length; i++) {
      places[i] = (long) rowOf.get(i) * vocabulary + predictions.get(i).token();
    }
    Tensor at = Tensors.of(places, places.length).to(model.device(), ScalarType.Long);
    Tensor logProbabilities = torch.log_softmax(logits, -1);
    float[] values = Tensors.floats(logProbabilities.take(at));
    ModelOutput.requireFinite(values);
    long[] largest = Tensors.longs(Ops.argmax(logits));
    for (int i = 0; i < places.length; i++) {
      Prediction prediction = predictions.get(i);
      prediction.sink().accept(values[i], largest[rowOf.get(i)] == prediction.token());
    }
  }
}
