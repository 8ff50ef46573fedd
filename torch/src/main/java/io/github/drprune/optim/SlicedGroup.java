package io.github.drprune.optim;

import io.github.drprune.distributed.GlobalTensor;
import io.github.drprune.distributed.Mesh;
import io.github.drprune.distributed.ProcessGroup;
import io.github.drprune.distributed.ProcessGroup.Pending;
import io.github.drprune.libtorch.NativeScope;
import io.github.drprune.libtorch.NoGrad;
import io.github.drprune.optim.AdamWKernel.GroupTensors;
import io.github.drprune.optim.ParameterBlocks.Sent;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/**
 * A group whose moments are shared out (ZeRO, arXiv 1910.02054, stages 1 and 2): every process has
 * all parameters and computes gradients of all, then gets the sum of those of its slice, updates
 * that slice and tells the others. The parameters' storage moves into flat tensors.
 */
public final class SlicedGroup implements SummedGroup {
  /** A bucket with what this process has of it. */
  private record Part(Bucket bucket, Tensor values, Tensor gradients, Moments moments) {}

  private final ParameterGroup group;
  private final ProcessGroup processes;
  private final ProcessGroup copies;
  private final List<Part> parts = new ArrayList<>();
  private final GradientSums sums;
  private final GroupTensors tensors;

  /**
   * @param mesh whose rows share out what is updated
   */
  public SlicedGroup(ParameterGroup group, ParameterBlocks blocks, Mesh mesh) {
    this.group = group;
    this.processes = mesh.row();
    this.copies = mesh.column();
    List<GradientSums.Part> summed = new ArrayList<>();
    for (Sent sent : blocks.sentTogether(group.parameters())) {
      var bucket = new Bucket(sent.parameters(), processes.size());
      Tensor values = bucket.newFlat();
      bucket.moveInto(values);
      Tensor gradients = bucket.newFlat();
      bucket.gatherGradientsIn(gradients);
      parts.add(new Part(bucket, values, gradients, new Moments(bucket, mesh)));
      summed.add(new GradientSums.Part(gradients, sent.firstBlock()));
    }
    this.sums = new GradientSums(summed, processes::sumSlice);
    this.tensors =
        new GroupTensors(
            parts.stream().map(part -> ownSlice(part.bucket(), part.values())).toList(),
            parts.stream().map(part -> ownSlice(part.bucket(), part.gradients())).toList(),
            parts.stream().map(part -> part.moments().means()).toList(),
            parts.stream().map(part -> part.moments().squares()).toList());
  }

  /** Kept beyond all scopes. */
  private Tensor ownSlice(Bucket bucket, Tensor flat) {
    try (var _ = NativeScope.open();
        var _ = NoGrad.open()) {
      return NativeScope.keep(bucket.slice(flat, processes.rank()));
    }
  }

  @Override
  public ParameterGroup group() {
    return group;
  }

  @Override
  public void zeroGrad() {
    parts.forEach(part -> part.gradients().zero_());
  }

  @Override
  public GradientSums sums() {
    return sums;
  }

  @Override
  public void awaitSums() {
    sums.await();
    Pending.all(tensors.gradients(), copies::sum).await();
  }

  @Override
  public double squaredNorm() {
    double squares = 0;
    try (var _ = NativeScope.open()) {
      for (Tensor gradients : tensors.gradients()) {
        double norm = gradients.norm().item_double();
        squares += norm * norm;
      }
    }
    return processes.sums(squares)[0];
  }

  @Override
  public void scaleGradients(double factor) {
    try (var _ = NativeScope.open()) {
      var scalar = new Scalar(factor);
      tensors.gradients().forEach(gradients -> gradients.mul_(scalar));
    }
  }

  @Override
  public GroupTensors tensors() {
    return tensors;
  }

  @Override
  public void shareUpdate() {
    Pending.all(parts, part -> processes.gatherSlices(part.values())).await();
  }

  @Override
  public SequencedMap<String, GlobalTensor> moments() {
    SequencedMap<String, GlobalTensor> moments = new LinkedHashMap<>();
    parts.forEach(part -> moments.putAll(part.moments().byName()));
    return moments;
  }

  @Override
  public void close() {
    for (Part part : parts) {
      part.values().close();
      part.gradients().close();
      part.moments().close();
    }
    tensors.parameters().forEach(Tensor::close);
    tensors.gradients().forEach(Tensor::close);
  }
}
