package io.github.drprune.evaluate;

import io.github.drprune.data.Batch;
import io.github.drprune.data.RowBuffer;
import io.github.drprune.data.TokenSequences;
import io.github.drprune.distributed.ProcessGroup;
import io.github.drprune.evaluate.EvaluationResult.DomainLoss;
import io.github.drprune.evaluate.EvaluationText.Rows;
import io.github.drprune.libtorch.NativeScope;
import io.github.drprune.libtorch.NoGrad;
import io.github.drprune.model.CausalLm;
import io.github.drprune.nn.ModelMasks;
import io.github.drprune.nn.Targets;
import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.function.ToLongFunction;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Computes a model's losses over held-out rows; every token but a row's first is predicted, or
 * those that the data says count. Several processes take turns at the batches of rows.
 */
public final class Evaluator {
  /** Where text is not counted in bytes. */
  public static final ToLongFunction<int[]> NO_BYTES = _ -> 0;

  private final SequencedMap<String, Rows> rows;
  private final int batch;
  private final ToLongFunction<int[]> byteCount;
  private final ProcessGroup processes;

  /**
   * Of one process.
   *
   * @param rows of each domain
   * @param batch rows computed at once
   * @param byteCount UTF-8 bytes of the text of some tokens, or {@link #NO_BYTES}
   */
  public Evaluator(SequencedMap<String, Rows> rows, int batch, ToLongFunction<int[]> byteCount) {
    this(rows, batch, byteCount, ProcessGroup.SINGLE);
  }

  /**
   * @param processes which all evaluate at the same time and get the same result
   */
  public Evaluator(
      SequencedMap<String, Rows> rows,
      int batch,
      ToLongFunction<int[]> byteCount,
      ProcessGroup processes) {
    this.rows = rows;
    this.batch = batch;
    this.byteCount = byteCount;
    this.processes = processes;
  }

  /** Forward passes of one evaluation. */
  public long batches() {
    return rows.values().stream().mapToLong(domain -> ceil(domain.count(), batch)).sum();
  }

  private static long ceil(long count, long size) {
    return (count + size - 1) / size;
  }

  /** Predicted tokens of one evaluation. */
  public long tokens() {
    return rows.values().stream().mapToLong(Evaluator::predicted).sum();
  }

  private static long predicted(Rows domain) {
    if (!domain.sequences().someCount()) {
      return domain.count() * (domain.sequences().seqLen() - 1L);
    }
    long predicted = 0;
    for (long row = 0; row < domain.count(); row++) {
      predicted += predictedIds(domain, row).length;
    }
    return predicted;
  }

  /** The tokens of a row whose losses count: none is predicted before the first. */
  private static int[] predictedIds(Rows domain, long row) {
    TokenSequences sequences = domain.sequences();
    int[] ids = sequences.row(domain.position(row));
    if (!sequences.someCount()) {
      return Arrays.copyOfRange(ids, 1, ids.length);
    }
    byte[] counted = sequences.counted(domain.position(row));
    return IntStream.range(1, ids.length).filter(i -> counted[i] == 1).map(i -> ids[i]).toArray();
  }

  /** Evaluates {@code model} under {@code masks}, which the caller keeps. */
  public EvaluationResult evaluate(CausalLm model, ModelMasks masks) {
    SequencedMap<String, DomainLoss> losses = new LinkedHashMap<>();
    for (Map.Entry<String, Rows> domain : rows.entrySet()) {
      losses.put(domain.getKey(), evaluate(model, masks, domain.getValue()));
    }
    return new EvaluationResult(losses);
  }

  private DomainLoss evaluate(CausalLm model, ModelMasks masks, Rows domain) {
    double sum = 0;
    long passes = 0;
    long bytes = 0;
    try (var arena = Arena.ofConfined()) {
      var buffer = new RowBuffer(arena, batch, List.of(domain.sequences()));
      for (long at = 0; at < domain.count(); at += batch) {
        if (at / batch % processes.size() != processes.rank()) {
          continue;
        }
        passes++;
        int count = (int) Math.min(batch, domain.count() - at);
        for (int row = 0; row < count; row++) {
          buffer.read(domain.sequences(), domain.position(at + row), row);
        }
        sum +=
            sumOfLosses(
                model, masks, buffer.batch(new int[count], new long[count], new int[] {count}));
      }
    }
    // Where the weights are shared all processes fetch them equally often.
    long most = ceil(ceil(domain.count(), batch), processes.size());
    for (; passes < most; passes++) {
      model.borrowForward();
    }
    if (byteCount != NO_BYTES) {
      for (long row = 0; row < domain.count(); row++) {
        bytes += byteCount.applyAsLong(predictedIds(domain, row));
      }
    }
    long predicted = predicted(domain);
    return new DomainLoss(processes.sums(sum)[0] / predicted, predicted, bytes);
  }

  private static double sumOfLosses(CausalLm model, ModelMasks masks, Batch rows) {
    if (rows.predicted() == 0) {
      model.borrowForward(); // as the others do, where the weights are shared
      return 0;
    }
    try (var _ = NativeScope.open();
        var _ = NoGrad.open()) {
      Tensor perToken = model.loss(Targets.of(rows, model.device()), masks).perToken();
      return perToken.to(ScalarType.Double).sum().item_double();
    }
  }
}
