package io.github.drprune.libtorch;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class Bf16Test {
  @ParameterizedTest
  @CsvSource({
    "fma avx2, EMULATED",
    "avx512f avx512_vnni, EMULATED", // without bf16: Cascade Lake, Ice Lake
    "avx512f avx512_bf16, VECTORS", // Zen 4, Cooper Lake
    "avx512f avx512_bf16 amx_bf16 amx_tile, TILES", // Sapphire Rapids
  })
  void isReadFromTheFlagsOfAProcessor(String flags, Bf16 expected) {
    assertThat(Bf16.of(List.of("processor\t: 0", "flags\t\t: fpu " + flags, "bugs\t\t: spectre")))
        .isEqualTo(expected);
  }

  @Test
  void aDescriptionWithoutFlagsPromisesNothing() {
    assertThat(Bf16.of(List.of("processor\t: 0"))).isEqualTo(Bf16.EMULATED);
  }
}
