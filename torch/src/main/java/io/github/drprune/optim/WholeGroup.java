package io.github.drprune.optim;

import static org.bytedeco.pytorch.global.torch.zeros_like;

import io.github.drprune.distributed.GlobalTensor;
import io.github.drprune.distributed.ProcessGroup;
import io.github.drprune.libtorch.NativeScope;
import io.github.drprune.libtorch.NoGrad;
import io.github.drprune.optim.AdamWKernel.GroupTensors;
import io.github.drprune.optim.GradientSums.Part;
import io.github.drprune.optim.ParameterBlocks.Sent;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import org.bytedeco.pytorch.Tensor;

/** A group that every process holds and updates as a whole. */
public final class WholeGroup implements SummedGroup {
  private final ParameterGroup group;
  private final List<Gradients> gradients = new ArrayList<>();
  private final GradientSums sums;
  private final SequencedMap<String, Tensor> parameters = new LinkedHashMap<>();
  private final GroupTensors tensors; // in the order of the parameters above

  /** A group whose gradients are the same in every process. */
  public WholeGroup(ParameterGroup group) {
    this(group, List.of(new Sent(group.parameters(), -1)), ProcessGroup.SINGLE);
  }

  /** A group of which each of {@code processes} computes a share of the gradients. */
  public WholeGroup(ParameterGroup group, ParameterBlocks blocks, ProcessGroup processes) {
    this(group, blocks.sentTogether(group.parameters()), processes);
  }

  private WholeGroup(ParameterGroup group, List<Sent> together, ProcessGroup processes) {
    this.group = group;
    List<Part> parts = new ArrayList<>();
    for (Sent sent : together) {
      parameters.putAll(sent.parameters());
      gradients.add(new Gradients(sent.parameters().values()));
      parts.add(new Part(gradients.getLast().flat(), sent.firstBlock()));
    }
    sums = new GradientSums(parts, processes::sum);
    List<Tensor> leaves = List.copyOf(parameters.values());
    try (var _ = NativeScope.open();
        var _ = NoGrad.open()) {
      tensors =
          new GroupTensors(
              leaves,
              gradients.stream().flatMap(part -> part.views().stream()).toList(),
              zerosLike(leaves),
              zerosLike(leaves));
    }
  }

  private static List<Tensor> zerosLike(List<Tensor> tensors) {
    return tensors.stream().map(tensor -> NativeScope.keep(zeros_like(tensor.detach()))).toList();
  }

  @Override
  public ParameterGroup group() {
    return group;
  }

  @Override
  public void zeroGrad() {
    gradients.forEach(Gradients::zero);
  }

  @Override
  public GradientSums sums() {
    return sums;
  }

  @Override
  public double squaredNorm() {
    double squares = 0;
    for (Gradients part : gradients) {
      double norm = part.norm();
      squares += norm * norm;
    }
    return squares;
  }

  @Override
  public void scaleGradients(double factor) {
    gradients.forEach(part -> part.scale(factor));
  }

  @Override
  public GroupTensors tensors() {
    return tensors;
  }

  @Override
  public void shareUpdate() {}

  @Override
  public SequencedMap<String, GlobalTensor> moments() {
    SequencedMap<String, GlobalTensor> moments = new LinkedHashMap<>();
    int i = 0;
    for (String name : parameters.keySet()) {
      moments.put(name + "/mean", GlobalTensor.of(tensors.means().get(i)));
      moments.put(name + "/square", GlobalTensor.of(tensors.squares().get(i)));
      i++;
    }
    return moments;
  }

  @Override
  public void close() {
    gradients.forEach(Gradients::close);
    tensors.means().forEach(Tensor::close);
    tensors.squares().forEach(Tensor::close);
  }
}
