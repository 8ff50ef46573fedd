package io.github.drprune.optim;

import io.github.drprune.libtorch.FusedAdamW;
import io.github.drprune.libtorch.NativeScope;
import io.github.drprune.libtorch.Ops;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/** One AdamW update (arXiv 1711.05101) of a group of tensors. */
@FunctionalInterface
public interface AdamWKernel {
  /** Tensor by tensor with the library's plain operations: the oracle of the other. */
  AdamWKernel REFERENCE = AdamWKernel::plain;

  /** One pass over memory. */
  AdamWKernel FUSED =
      (tensors, settings) ->
          FusedAdamW.update(
              tensors.parameters(),
              tensors.gradients(),
              tensors.means(),
              tensors.squares(),
              settings.step(),
              settings.rate(),
              settings.beta1(),
              settings.beta2(),
              settings.weightDecay(),
              settings.epsilon(),
              settings.ascends());

  /** A group's tensors, all lists in the same order. */
  record GroupTensors(
      List<Tensor> parameters, List<Tensor> gradients, List<Tensor> means, List<Tensor> squares) {}

  /**
   * The numbers of an update.
   *
   * @param step updates of the group with this one, from 1
   */
  record Settings(
      long step,
      double rate,
      double beta1,
      double beta2,
      double weightDecay,
      double epsilon,
      boolean ascends) {}

  void update(GroupTensors tensors, Settings settings);

  private static void plain(GroupTensors tensors, Settings settings) {
    double meanCorrection = 1 - Math.pow(settings.beta1(), settings.step());
    double squareCorrection = 1 - Math.pow(settings.beta2(), settings.step());
    for (int i = 0; i < tensors.parameters().size(); i++) {
      try (var _ = NativeScope.open()) {
        Tensor parameter = tensors.parameters().get(i);
        Tensor gradient =
            settings.ascends() ? tensors.gradients().get(i).neg() : tensors.gradients().get(i);
        Tensor mean = tensors.means().get(i);
        Tensor square = tensors.squares().get(i);
        mean.mul_(new Scalar(settings.beta1())).add_(Ops.mul(gradient, 1 - settings.beta1()));
        square
            .mul_(new Scalar(settings.beta2()))
            .add_(Ops.mul(gradient.square(), 1 - settings.beta2()));
        Tensor root = Ops.add(Ops.mul(square, 1 / squareCorrection).sqrt(), settings.epsilon());
        parameter.mul_(new Scalar(1 - settings.rate() * settings.weightDecay()));
        parameter.sub_(Ops.mul(mean.div(root), settings.rate() / meanCorrection));
      }
    }
  }
}
