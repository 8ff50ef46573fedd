package io.github.drprune.train;

import io.github.drprune.config.RunConfig;
import io.github.drprune.config.Sharding;
import io.github.drprune.distributed.GlobalTensor;
import io.github.drprune.distributed.Mesh;
import io.github.drprune.distributed.ProcessGroup;
import io.github.drprune.model.CausalLm;
import io.github.drprune.model.TensorShape;
import io.github.drprune.nn.BlockWeights;
import io.github.drprune.nn.Weight;
import io.github.drprune.optim.AdamW;
import io.github.drprune.optim.AdamWKernel;
import io.github.drprune.optim.GroupState;
import io.github.drprune.optim.ParameterBlocks;
import io.github.drprune.optim.ParameterGroup;
import io.github.drprune.optim.ShardedGroup;
import io.github.drprune.optim.SlicedGroup;
import io.github.drprune.optim.WholeGroup;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.bytedeco.pytorch.Tensor;

/** All that a run learns, as far as this process holds it, with the optimizer over it. */
public final class Learning implements AutoCloseable {
  private final CausalLm model;
  private final Objective objective;
  private final Optional<Mesh> mesh;
  private final GroupState weights;
  private final AdamW optimizer;

  /** Makes the model hold what the sharding of {@code config} leaves to this process. */
  Learning(RunConfig config, CausalLm model, Objective objective, ProcessGroup processes) {
    this.model = model;
    this.objective = objective;
    this.mesh = mesh(config, processes);
    this.weights = weights(config, model, processes, mesh);
    this.optimizer = optimizer(config, weights, objective);
  }

  /** Of processes that hold more than one copy together. */
  private static Optional<Mesh> mesh(RunConfig config, ProcessGroup processes) {
    return processes.isShared() && config.sharding() == Sharding.HYBRID
        ? Optional.of(processes.inRows(config.perCopy(processes.size(), processes.onThisMachine())))
        : Optional.empty();
  }

  private static GroupState weights(
      RunConfig config, CausalLm model, ProcessGroup processes, Optional<Mesh> mesh) {
    var settings = config.optimizer();
    var group =
        new ParameterGroup(
            "weights", weights(model), settings.learningRate(), settings.weightDecay(), false);
    if (!processes.isShared()) {
      return new WholeGroup(group);
    }
    Mesh rows = mesh.orElseGet(() -> Mesh.ofOneRow(processes));
    return switch (config.sharding()) {
      case NONE -> lending(model, new WholeGroup(group, blocks(model, _ -> true), processes));
      case OPTIMIZER -> lending(model, new SlicedGroup(group, blocks(model, _ -> true), rows));
      case FULL, HYBRID -> {
        boolean fromFirst = processes.any(model.heldBlocks());
        ParameterBlocks matrices = blocks(model, TensorShape::isBlockMatrix);
        yield lending(
            model, new ShardedGroup(group, matrices, rows, model.computeType(), fromFirst));
      }
    };
  }

  /** The weights that the processes of a run do not share out as they begin. */
  public static List<Tensor> sentAsAWhole(RunConfig config, CausalLm model) {
    return model.weights().values().stream()
        .filter(weight -> !(config.sharding().fetchesBlocks() && weight.shape().isBlockMatrix()))
        .map(Weight::tensor)
        .toList();
  }

  private static <G extends GroupState & BlockWeights> G lending(CausalLm model, G weights) {
    model.borrowFrom(weights);
    return weights;
  }

  /** The weights by name. */
  public static SequencedMap<String, Tensor> weights(CausalLm model) {
    SequencedMap<String, Tensor> tensors = new LinkedHashMap<>();
    for (Weight weight : model.weights().values()) {
      tensors.put(weight.name(), weight.tensor());
    }
    return tensors;
  }

  /** The weights of each block that are {@code wanted}. */
  private static ParameterBlocks blocks(CausalLm model, Predicate<TensorShape> wanted) {
    SequencedMap<Integer, List<String>> blocks = new TreeMap<>();
    for (Weight weight : model.weights().values()) {
      if (weight.shape().layer() >= 0 && wanted.test(weight.shape())) {
        blocks.computeIfAbsent(weight.shape().layer(), _ -> new ArrayList<>()).add(weight.name());
      }
    }
    return new ParameterBlocks(List.copyOf(blocks.values()));
  }

  /** An optimizer over all that a run of one process learns. */
  public static AdamW optimizer(RunConfig config, CausalLm model, Objective objective) {
    return optimizer(
        config, weights(config, model, ProcessGroup.SINGLE, Optional.empty()), objective);
  }

  private static AdamW optimizer(RunConfig config, GroupState weights, Objective objective) {
    var settings = config.optimizer();
    List<GroupState> groups = new ArrayList<>();
    groups.add(weights);
    // Masks are few, and their gradients are those of all processes already.
    objective.groups().forEach(group -> groups.add(new WholeGroup(group)));
    return new AdamW(
        new AdamW.Hyper(settings.beta1(), settings.beta2(), settings.epsilon()),
        AdamWKernel.FUSED,
        groups);
  }

  AdamW optimizer() {
    return optimizer;
  }

  /** What a checkpoint keeps, by the name of the file it goes into. */
  SequencedMap<String, SequencedMap<String, GlobalTensor>> tensors() {
    SequencedMap<String, SequencedMap<String, GlobalTensor>> files = new LinkedHashMap<>();
    files.put("weights", weights.parameters());
    files.put("optimizer", optimizer.state());
    if (!objective.tensors().isEmpty()) {
      files.put("masks", GlobalTensor.of(objective.tensors()));
    }
    return files;
  }

  /** Makes the first process hold the whole model; no step may follow. */
  void assemble() {
    optimizer.assemble();
    model.borrowFrom(BlockWeights.HELD);
  }

  @Override
  public void close() {
    optimizer.close();
    mesh.ifPresent(Mesh::close);
  }
}
