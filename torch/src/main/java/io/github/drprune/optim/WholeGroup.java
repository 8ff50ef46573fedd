package io.github.drprune.optim;

import static org.bytedeco.pytorch.global.torch.zeros_like;

import io.github.drprune.distributed.GlobalTensor;
import io.github.drprune.distributed.ProcessGroup;
import io.github.drprune.distributed.ProcessGroup.Pending;
import io.github.drprune.libtorch.NativeScope;
import io.github.drprune.libtorch.NoGrad;
import io.github.drprune.optim.AdamWKernel.GroupTensors;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import org.bytedeco.pytorch.Tensor;

/** A group that every process holds and updates as a whole. */
public final class WholeGroup implements GroupState {
  /** Gradients sent at once; while one part is on its way the next one starts. */
  private static final long PART = 1L << 24;

  private final ParameterGroup group;
  private final ProcessGroup processes;
  private final Gradients gradients;
  private final GroupTensors tensors;

  /** A group whose gradients are the same in every process. */
  public WholeGroup(ParameterGroup group) {
    this(group, ProcessGroup.SINGLE);
  }

  /** A group of which each of {@code processes} computes a share of the gradients. */
  public WholeGroup(ParameterGroup group, ProcessGroup processes) {
    this.group = group;
    this.processes = processes;
    List<Tensor> parameters = List.copyOf(group.parameters().values());
    gradients = new Gradients(parameters);
    try (var _ = NativeScope.open();
        var _ = NoGrad.open()) {
      tensors =
          new GroupTensors(
              parameters, gradients.views(), zerosLike(parameters), zerosLike(parameters));
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
    gradients.zero();
  }

  @Override
  public void sumGradients() {
    if (!processes.isShared()) {
      return;
    }
    try (var _ = NativeScope.open()) {
      List<Pending> parts = new ArrayList<>();
      long size = gradients.flat().numel();
      for (long from = 0; from < size; from += PART) {
        parts.add(processes.sum(gradients.flat().narrow(0, from, Math.min(PART, size - from))));
      }
      parts.forEach(Pending::await);
    }
  }

  @Override
  public double squaredNorm() {
    double norm = gradients.norm();
    return norm * norm;
  }

  @Override
  public void scaleGradients(double factor) {
    gradients.scale(factor);
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
    for (String name : group.parameters().keySet()) {
      moments.put(name + "/mean", GlobalTensor.of(tensors.means().get(i)));
      moments.put(name + "/square", GlobalTensor.of(tensors.squares().get(i)));
      i++;
    }
    return moments;
  }

  @Override
  public void close() {
    gradients.close();
    tensors.means().forEach(Tensor::close);
    tensors.squares().forEach(Tensor::close);
  }
}
