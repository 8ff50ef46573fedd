package io.github.drprune.libtorch;

import static org.bytedeco.pytorch.global.torch.get_cpu_capability;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/** How a processor multiplies bf16 matrices. */
public enum Bf16 {
  /** Without instructions for it: 10 to 100 times slower than float32. */
  EMULATED,
  /** By vectors (AVX512_BF16), at about twice the rate of float32. */
  VECTORS,
  /** By tiles (AMX_BF16), at many times the rate of float32. */
  TILES;

  private static final Path PROCESSORS = Path.of("/proc/cpuinfo");

  /** How this machine's processor does, with the instructions that the library uses. */
  public static Bf16 ofProcessor() {
    if (!get_cpu_capability().getString().startsWith("AVX512")) {
      return EMULATED;
    }
    try {
      return of(Files.readAllLines(PROCESSORS));
    } catch (IOException e) {
      return EMULATED;
    }
  }

  /** What Linux's description of the processors says of the first. */
  static Bf16 of(List<String> processors) {
    Set<String> flags =
        processors.stream()
            .filter(line -> line.startsWith("flags"))
            .findFirst()
            .map(line -> Set.of(line.substring(line.indexOf(':') + 1).strip().split("\\s+")))
            .orElse(Set.of());
    if (flags.contains("amx_bf16")) {
      return TILES;
    }
    return flags.contains("avx512_bf16") ? VECTORS : EMULATED;
  }
}
