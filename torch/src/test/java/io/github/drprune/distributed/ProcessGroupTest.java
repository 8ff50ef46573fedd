package io.github.drprune.distributed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.drprune.error.UserException;
import io.github.drprune.libtorch.LibTorch;
import io.github.drprune.libtorch.NativeScope;
import io.github.drprune.libtorch.Tensors;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class ProcessGroupTest {
  @BeforeAll
  static void load() {
    LibTorch.useThreads(1);
  }

  @Test
  void sumsAndGathersAndBroadcasts() throws Exception {
    // Of three processes r holds r + 1, 10 (r + 1), 100 (r + 1).
    List<List<float[]>> results =
        Ranks.run(
            3,
            processes -> {
              int n = processes.rank() + 1;
              try (var _ = NativeScope.open()) {
                Tensor sum = Tensors.of(new float[] {n, 10 * n, 100 * n}, 3);
                Tensor slice = Tensors.of(new float[] {n, 10 * n, 100 * n}, 3);
                Tensor gathered = Tensors.of(new float[] {n, 10 * n, 100 * n}, 3);
                Tensor told = Tensors.of(new float[] {n, 10 * n, 100 * n}, 3);
                var first = processes.sum(sum);
                var second = processes.sumSlice(slice);
                first.await();
                second.await();
                processes.gatherSlices(gathered).await();
                processes.broadcast(told).await();
                Tensor own = slice.narrow(0, processes.rank(), 1);
                return List.of(
                    Tensors.floats(sum),
                    Tensors.floats(own),
                    Tensors.floats(gathered),
                    Tensors.floats(told));
              }
            });
    for (int rank = 0; rank < 3; rank++) {
      assertThat(results.get(rank).get(0)).containsExactly(6, 60, 600);
      assertThat(results.get(rank).get(1)).containsExactly(new float[] {6, 60, 600}[rank]);
      assertThat(results.get(rank).get(2)).containsExactly(1, 20, 300);
      assertThat(results.get(rank).get(3)).containsExactly(1, 10, 100);
    }
  }

  /** Of four processes that may be on four machines, or in pairs on two. */
  @Test
  void sumsSlicesBetweenMachines() throws Exception {
    List<List<Float>> results =
        Ranks.runApart(
            4,
            processes -> {
              try (var mesh = processes.inRows(2);
                  var _ = NativeScope.open()) {
                int n = processes.rank();
                return List.of(
                    ownSum(processes, n), ownSum(mesh.row(), n), ownSum(mesh.column(), n));
              }
            });
    assertThat(results)
        .containsExactly(
            List.of(6f, 1f, 2f),
            List.of(406f, 201f, 4f),
            List.of(806f, 5f, 202f),
            List.of(1206f, 205f, 204f));
  }

  /** The second row's processes are on machines of two, but on different ones. */
  @Test
  void thoseOfARowSumAlikeOnMachinesOfUnequalNumbers() throws Exception {
    List<Float> results =
        Ranks.runOnMachines(
            Duration.ofSeconds(30),
            List.of(1, 2, 2, 1),
            processes -> {
              try (var mesh = processes.inRows(2);
                  var _ = NativeScope.open()) {
                return ownSum(mesh.row(), processes.rank());
              }
            });
    assertThat(results).containsExactly(1f, 201f, 5f, 205f);
  }

  /** Where each of {@code processes} has 100 times the slice's number and its own {@code n}. */
  private static float ownSum(ProcessGroup processes, int n) {
    float[] numbers = new float[2 * processes.size()];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = 100 * (i / 2) + n;
    }
    Tensor values = Tensors.of(numbers, numbers.length);
    processes.sumSlice(values).await();
    float[] own = Tensors.floats(values.narrow(0, 2L * processes.rank(), 2));
    assertThat(own[1]).isEqualTo(own[0]);
    return own[0];
  }

  /** Of six processes in rows of three r holds r + 1, which rows and columns sum and gather. */
  @Test
  void rowsAndColumnsComputeByThemselves() throws Exception {
    List<List<Object>> results =
        Ranks.run(
            6,
            processes -> {
              try (var mesh = processes.inRows(3);
                  var _ = NativeScope.open()) {
                float n = processes.rank() + 1;
                Tensor gathered = Tensors.of(new float[] {n, n, n}, 3);
                mesh.row().gatherSlices(gathered).await();
                return List.of(
                    mesh.row().rank(),
                    mesh.column().rank(),
                    mesh.row().sums(n)[0],
                    mesh.column().sums(n)[0],
                    Tensors.floats(gathered)[2]);
              }
            });
    assertThat(results)
        .containsExactly(
            List.of(0, 0, 6.0, 5.0, 3f),
            List.of(1, 0, 6.0, 7.0, 3f),
            List.of(2, 0, 6.0, 9.0, 3f),
            List.of(0, 1, 15.0, 5.0, 6f),
            List.of(1, 1, 15.0, 7.0, 6f),
            List.of(2, 1, 15.0, 9.0, 6f));
  }

  @Test
  void decidesTogether() throws Exception {
    List<List<Object>> results =
        Ranks.run(
            2,
            processes ->
                List.of(
                    processes.sums(0.1, processes.rank())[1],
                    processes.any(processes.rank() == 1),
                    processes.any(false),
                    processes.decided(() -> 7 + processes.rank())));
    assertThat(results).containsOnly(List.of(1.0, true, false, 7L));
  }

  @Test
  void whereTheFirstFailsTheOthersStop() throws Exception {
    List<String> failures =
        Ranks.run(
            2,
            processes -> {
              try {
                processes.decided(
                    () -> {
                      throw new IOException("no folder");
                    });
                return "none";
              } catch (IOException | StoppedByPeerException e) {
                return e.getClass().getSimpleName();
              }
            });
    assertThat(failures).containsExactly("IOException", "StoppedByPeerException");
  }

  @Test
  void whereLongWorkFailsTheOthersStop() throws Exception {
    List<String> failures =
        Ranks.run(
            2,
            processes -> {
              try {
                processes.inFirst(
                    piece -> {
                      piece.run();
                      throw new IOException("no text");
                    });
                return "none";
              } catch (IOException | StoppedByPeerException e) {
                return e.getClass().getSimpleName();
              }
            });
    assertThat(failures).containsExactly("IOException", "StoppedByPeerException");
  }

  @Test
  void aProcessThatLeavesIsNoticedAtOnce() throws Exception {
    List<Boolean> lost =
        Ranks.run(
            2,
            processes -> {
              if (processes.rank() == 1) {
                return false;
              }
              assertThatThrownBy(
                      () -> {
                        for (int i = 0; i < 1000; i++) {
                          processes.any(false);
                        }
                      })
                  .isInstanceOf(PeerLostException.class)
                  .hasMessageContaining("process 0 of 2 lost touch");
              return true;
            });
    assertThat(lost).containsExactly(true, false);
  }

  @Test
  void aProcessThatDoesNotComeIsMissedAfterTheTimeout() {
    assertThatThrownBy(
            () ->
                Ranks.run(
                    2,
                    Duration.ofSeconds(1),
                    processes -> {
                      if (processes.rank() == 1) {
                        Thread.sleep(2500);
                      }
                      return processes.any(true);
                    }))
        .isInstanceOf(PeerLostException.class);
  }

  @Test
  void readsTorchrunsVariables() {
    Map<String, String> given =
        Map.of(
            "MASTER_ADDR", "10.0.0.5",
            "MASTER_PORT", "29500",
            "RANK", "3",
            "WORLD_SIZE", "4",
            "LOCAL_WORLD_SIZE", "2",
            "TORCHELASTIC_USE_AGENT_STORE", "True",
            "TORCHELASTIC_RESTART_COUNT", "1");
    assertThat(Rendezvous.of(given))
        .contains(new Rendezvous("10.0.0.5", 29500, 3, 4, 2, true, 1, Duration.ofMinutes(30)));
    assertThat(Rendezvous.of(given).orElseThrow().patience()).isEqualTo(Duration.ofMinutes(30));
    assertThat(Rendezvous.of(Map.of())).isEmpty();
    assertThat(Rendezvous.of(Map.of("WORLD_SIZE", "1"))).isEqualTo(Optional.empty());
    assertMistake(given, "RANK", "4", "RANK: 4, and WORLD_SIZE is 4");
    assertMistake(given, "RANK", "x", "RANK: 'x' is no number");
    assertMistake(given, "MASTER_PORT", "70000", "MASTER_PORT: '70000' is no number from 1");
    assertMistake(given, "MASTER_ADDR", null, "MASTER_ADDR: is not set, and WORLD_SIZE is 4");
    assertMistake(given, "RANK", null, "RANK: is not set, and WORLD_SIZE is 4");
  }

  private static void assertMistake(
      Map<String, String> given, String key, String value, String message) {
    Map<String, String> changed = new HashMap<>(given);
    changed.remove(key);
    if (value != null) {
      changed.put(key, value);
    }
    assertThatThrownBy(() -> Rendezvous.of(changed))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith(message);
  }
}
