package io.github.drprune.tasks.scoring;

import io.github.drprune.libtorch.NativeScope;
import io.github.drprune.libtorch.NoGrad;
import io.github.drprune.libtorch.Tensors;
import io.github.drprune.model.CausalLm;
import io.github.drprune.nn.KvCache;
import io.github.drprune.nn.ModelMasks;
import io.github.drprune.tasks.Response.Likelihood;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/**
 * How likely tokens are. Inputs that begin alike share the passes over their beginnings; the rest
 * is read in batches of about the same length, filled up at the end, which no position before sees.
 */
final class LikelihoodScorer {
  /** Tokens of a batch: fewer leave products small, more only take memory. */
  private static final int TOKENS = 4096;

  /** Keys of a batch, past ones included: each row of branches has a copy of them. */
  private static final int KEYS = 1 << 16;

  private final CausalLm model;

  LikelihoodScorer(CausalLm model) {
    this.model = model;
  }

  /** The likelihood of what each of {@code items} predicts. */
  List<Likelihood> score(List<ScoredTokens> items) {
    List<ScoredTokens> sorted = new ArrayList<>(items);
    sorted.sort(Comparator.comparing(ScoredTokens::input, Arrays::compare));
    List<int[]> inputs = new ArrayList<>();
    List<List<Sum>> sums = new ArrayList<>(); // of the items with each input
    var byItem = new IdentityHashMap<ScoredTokens, Sum>();
    for (ScoredTokens item : sorted) {
      int[] input = item.input();
      if (inputs.isEmpty() || !Arrays.equals(inputs.getLast(), input)) {
        inputs.add(input);
        sums.add(new ArrayList<>());
      }
      sums.getLast().add(byItem.computeIfAbsent(item, Sum::new));
    }
    try (var _ = NativeScope.open();
        var _ = NoGrad.open();
        var pass = new Pass(inputs, sums)) {
      pass.run();
    }
    return items.stream().map(item -> byItem.get(item).likelihood()).toList();
  }

  /** What an item's predicted tokens add up to. */
  private static final class Sum {
    final ScoredTokens item;
    double logLikelihood;
    boolean greedy = true;

    Sum(ScoredTokens item) {
      this.item = item;
    }

    void add(double value, boolean isLargest) {
      logLikelihood += value;
      greedy &= isLargest;
    }

    Likelihood likelihood() {
      return new Likelihood(logLikelihood, greedy);
    }
  }

  /** The way through a tree of inputs. */
  private final class Pass implements AutoCloseable {
    private final List<int[]> inputs;
    private final List<List<Sum>> sums;
    private final PrefixPlan plan;
    private final KvCache cache; // null where nothing is shared
    private final boolean turnsOnce;

    Pass(List<int[]> inputs, List<List<Sum>> sums) {
      this.inputs = inputs;
      this.sums = sums;
      int longest = inputs.stream().mapToInt(input -> input.length).max().orElse(1);
      this.turnsOnce = turnsOnce(longest);
      this.plan = PrefixPlan.of(inputs, turnsOnce);
      int deepest = deepest(plan);
      this.cache = deepest == 0 ? null : model.newCache(1, deepest);
    }

    /** Whether positions are turned alike in texts of any length up to {@code longest}. */
    private boolean turnsOnce(int longest) {
      for (int length = 2; length <= longest; length++) {
        if (model.spec().attention().turnsAnewAt(length)) {
          return false;
        }
      }
      return true;
    }

    private static int deepest(PrefixPlan plan) {
      return plan.children().stream().mapToInt(Pass::deepest).reduce(plan.to(), Math::max);
    }

    void run() {
      run(plan);
    }

    private void run(PrefixPlan node) {
      int to = node.to();
      if (to > node.from()) {
        read(node);
      }
      List<Integer> byLength = new ArrayList<>(node.leaves());
      byLength.sort(Comparator.comparingInt(input -> -inputs.get(input).length));
      for (int at = 0; at < byLength.size(); ) {
        int longest = inputs.get(byLength.get(at)).length;
        int rows = Math.max(1, Math.min(TOKENS / (longest - to), KEYS / longest));
        int end = at + 1;
        while (end < Math.min(byLength.size(), at + rows)
            && (turnsOnce || inputs.get(byLength.get(end)).length == longest)) {
          end++;
        }
        batch(byLength.subList(at, end), to);
        at = end;
      }
      node.children().forEach(this::run);
      if (cache != null) {
        cache.cutTo(node.from());
      }
    }

    /** Reads what the inputs of a node share beyond what the cache has. */
    private void read(PrefixPlan node) {
      int[] input = inputs.get(first(node));
      int[] tokens = Arrays.copyOfRange(input, node.from(), node.to());
      try (var _ = NativeScope.open()) {
        Tensor hidden = model.hidden(tensor(new int[][] {tokens}), cache);
        var rows = new PredictedRows(model);
        for (int below : all(node)) {
          add(rows, below, 0, node.from(), node.to());
        }
        rows.read(hidden);
      }
    }

    private static int first(PrefixPlan node) {
      return all(node).getFirst();
    }

    private static List<Integer> all(PrefixPlan node) {
      List<Integer> all = new ArrayList<>(node.leaves());
      node.children().forEach(child -> all.addAll(all(child)));
      return all;
    }

    /** Reads the rest of {@code members} from position {@code from} on. */
    private void batch(List<Integer> members, int from) {
      int longest = inputs.get(members.getFirst()).length - from;
      var tokens = new int[members.size()][longest];
      try (var _ = NativeScope.open()) {
        var rows = new PredictedRows(model);
        for (int row = 0; row < tokens.length; row++) {
          int[] input = inputs.get(members.get(row));
          System.arraycopy(input, from, tokens[row], 0, input.length - from);
          add(rows, members.get(row), row * longest, from, input.length);
        }
        Tensor ids = tensor(tokens);
        rows.read(
            from == 0 ? model.hidden(ids, ModelMasks.NONE) : model.hiddenOfBranches(ids, cache));
      }
    }

    private Tensor tensor(int[][] tokens) {
      return Tensors.ofTokens(tokens).to(model.device(), Tensors.TOKENS);
    }

    /**
     * Adds the positions [{@code from}, {@code to}) of an input that predict something.
     *
     * @param row where the first of them stands in the hidden states
     */
    private void add(PredictedRows rows, int input, int row, int from, int to) {
      for (Sum sum : sums.get(input)) {
        for (int at = Math.max(from, sum.item.first()); at < to; at++) {
          rows.add(row + at - from, sum.item.target(at), sum::add);
        }
      }
    }

    @Override
    public void close() {
      if (cache != null) {
        cache.close();
      }
    }
  }
}
