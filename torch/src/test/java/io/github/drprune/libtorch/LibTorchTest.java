package io.github.drprune.libtorch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.drprune.error.UserException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LibTorchTest {
  @ParameterizedTest
  @ValueSource(strings = {"", "gpu", "CPU", "cuda:", "cuda:-1", "cuda:x", "cpu:0"})
  void rejectsNamesThatAreNoDevice(String name) {
    assertThatThrownBy(() -> LibTorch.device(name))
        .isInstanceOf(UserException.class)
        .hasMessage("device: '" + name + "' is none of auto, cpu, cuda, cuda:N");
  }

  @Test
  void cpuIsAlwaysThere() {
    assertThat(LibTorch.device("cpu").is_cpu()).isTrue();
  }

  @Test
  void autoIsTheCpuInABuildWithoutCuda() {
    assumeFalse(NativeLibraries.areForCuda(), "this build has CUDA");
    assertThat(LibTorch.device("auto").is_cpu()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"cuda", "cuda:1"})
  void cudaIsAMistakeOfOneLineInABuildWithoutIt(String name) {
    assumeFalse(NativeLibraries.areForCuda(), "this build has CUDA");
    assertThatThrownBy(() -> LibTorch.device(name))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("'" + name + "'")
        .hasMessageContaining("-Pcuda")
        .hasMessageNotContaining("\n");
  }

  @Test
  void autoIsTheFirstOfTheDevices() {
    assumeTrue(LibTorch.hasCuda(), "no CUDA device");
    assertThat(LibTorch.device("auto").str().getString()).isEqualTo("cuda:0");
    assertThatThrownBy(() -> LibTorch.device("cuda:100"))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("numbered from 0");
  }
}
