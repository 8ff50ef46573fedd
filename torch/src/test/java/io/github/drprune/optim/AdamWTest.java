package io.github.drprune.optim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.drprune.libtorch.NativeScope;
import io.github.drprune.libtorch.NoGrad;
import io.github.drprune.libtorch.RandomState;
import io.github.drprune.libtorch.Tensors;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;

class AdamWTest {
  private static final AdamW.Hyper HYPER = new AdamW.Hyper(0.9, 0.95, 1e-8);

  @Test
  void stepsAsWorkedOutByHand() {
    // Gradient 2 at step 1: the corrected moments are 2 and 4, so the step is the rate itself;
    // decay takes rate x 0.5 of the parameter first. 3 - 0.1 x 0.5 x 3 - 0.1 = 2.75.
    for (AdamWKernel kernel : List.of(AdamWKernel.REFERENCE, AdamWKernel.FUSED)) {
      try (var _ = NativeScope.open()) {
        Tensor leaf = Tensors.of(new float[] {3}, 1).set_requires_grad(true);
        try (var optimizer = optimizer(List.of(group("w", leaf, 0.1, 0.5, false)), kernel)) {
          gradient(leaf, 2);
          optimizer.step(1);
          assertThat(Tensors.floats(leaf)[0]).isCloseTo(2.75f, within(1e-6f));
        }
      }
    }
  }

  @Test
  void fusedFollowsPlain() {
    float[] plain = trajectory(AdamWKernel.REFERENCE);
    float[] fused = trajectory(AdamWKernel.FUSED);

    assertThat(fused).containsExactly(plain, within(1e-6f));
  }

  @Test
  void multipliersAscend() {
    try (var _ = NativeScope.open()) {
      Tensor leaf = Tensors.of(new float[] {0}, 1).set_requires_grad(true);
      try (var optimizer = optimizer(List.of(group("l", leaf, 1.0, 0, true)), AdamWKernel.FUSED)) {
        gradient(leaf, 0.3f);
        optimizer.step(0.5);
        assertThat(Tensors.floats(leaf)[0]).isCloseTo(0.5f, within(1e-6f));
      }
    }
  }

  @Test
  void clipsTheNormOverAllGroups() {
    try (var _ = NativeScope.open()) {
      Tensor a = Tensors.of(new float[] {0, 0}, 2).set_requires_grad(true);
      Tensor b = Tensors.of(new float[] {0}, 1).set_requires_grad(true);
      try (var optimizer =
          optimizer(
              List.of(group("a", a, 1, 0, false), group("b", b, 1, 0, false)),
              AdamWKernel.REFERENCE)) {
        gradient(a, 2);
        gradient(b, 1);
        assertThat(optimizer.clip(1)).isCloseTo(3, within(1e-6)); // sqrt(4 + 4 + 1)
        assertThat(Tensors.floats(a.grad())[0]).isCloseTo(2 / 3f, within(1e-6f));
        assertThat(Tensors.floats(b.grad())[0]).isCloseTo(1 / 3f, within(1e-6f));
        gradient(b, Float.NaN);
        assertThat(optimizer.clip(1)).isNaN();
        optimizer.zeroGrad();
        assertThat(optimizer.clip(1)).isZero();
      }
    }
  }

  @Test
  void scheduleWarmsUpAndFallsToItsShare() {
    var schedule = new Schedule(11, 2, 0.1);
    assertThat(schedule.at(1)).isEqualTo(0.5);
    assertThat(schedule.at(2)).isEqualTo(1);
    assertThat(schedule.at(3)).isEqualTo(1);
    assertThat(schedule.at(7)).isCloseTo(0.55, within(1e-12)); // half-way of the cosine
    assertThat(schedule.at(11)).isCloseTo(0.1, within(1e-12));
    assertThat(new Schedule(1, 0, 0.1).at(1)).isEqualTo(1);
  }

  private static float[] trajectory(AdamWKernel kernel) {
    try (var _ = NativeScope.open();
        var random = new RandomState(1)) {
      Tensor a = random.normal(0, 1, 33, 5).set_requires_grad(true);
      Tensor b = random.normal(0, 1, 7).set_requires_grad(true);
      SequencedMap<String, Tensor> leaves = new LinkedHashMap<>();
      leaves.put("a", a);
      leaves.put("b", b);
      try (var optimizer =
          optimizer(List.of(new ParameterGroup("g", leaves, 1e-2, 0.1, false)), kernel)) {
        for (int step = 0; step < 20; step++) {
          optimizer.zeroGrad();
          a.square().sum().add(b.square().square().sum()).backward();
          optimizer.clip(1);
          optimizer.step(1);
        }
        return Tensors.floats(a);
      }
    }
  }

  private static ParameterGroup group(
      String name, Tensor leaf, double rate, double decay, boolean ascends) {
    SequencedMap<String, Tensor> leaves = new LinkedHashMap<>();
    leaves.put("x", leaf);
    return new ParameterGroup(name, leaves, rate, decay, ascends);
  }

  private static AdamW optimizer(List<ParameterGroup> groups, AdamWKernel kernel) {
    return new AdamW(groups, HYPER, kernel);
  }

  private static void gradient(Tensor leaf, float value) {
    try (var _ = NoGrad.open()) {
      leaf.grad().fill_(new org.bytedeco.pytorch.Scalar(value));
    }
  }
}
