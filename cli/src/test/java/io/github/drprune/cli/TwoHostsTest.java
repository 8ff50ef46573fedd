package io.github.drprune.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.drprune.cli.Program.Command;
import io.github.drprune.error.UserException;
import io.github.drprune.io.Sha256;
import io.github.drprune.run.EventLog;
import io.github.drprune.run.RunEvent;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A run on two machines, which are network namespaces with a cable between them, and what happens
 * when somebody pulls it. By hand, as root, as it takes two minutes: launch.hosts=true.
 */
class TwoHostsTest {
  private static final int HOSTS = 2;
  private static final int TIMEOUT = 20;
  private static final int STEPS = 300;

  @TempDir private Path folder;
  private Program program;

  @BeforeEach
  void connect() throws Exception {
    assumeTrue(Boolean.getBoolean("launch.hosts"), "launch.hosts is not set");
    removeHosts();
    ip("link add drprune0 type veth peer name drprune1");
    for (int host = 0; host < HOSTS; host++) {
      ip("netns add drprune" + host);
      ip("link set drprune%d netns drprune%d".formatted(host, host));
      inHost(host, "ip addr add %s/24 dev drprune%d".formatted(address(host), host));
      inHost(host, "ip link set lo up");
      link(host, "up");
    }
    program = new Program(folder);
    program.prepareDemoText();
  }

  @AfterEach
  void disconnect() throws Exception {
    if (program != null) {
      program.close();
      removeHosts();
    }
  }

  @Test
  void aLinkThatIsDownForThreeSecondsIsRiddenOutAndALongerCutEndsBoth() throws Exception {
    assertEnds(start("whole"), 0);

    List<Command> cut = start("cut");
    awaitStep("cut", 20);
    link(1, "down");
    Thread.sleep(3000);
    assertThat(cut).allMatch(command -> command.process().isAlive());
    link(1, "up");
    assertEnds(cut, 0);
    assertSameAsWhole("cut");

    List<Command> lost = start("lost");
    awaitStep("lost", 20);
    link(1, "down");
    long began = System.nanoTime();
    for (Command command : lost) {
      assertThat(command.process().waitFor(2 * TIMEOUT, TimeUnit.SECONDS)).isTrue();
      assertThat(command.exit()).as(command::said).isNotZero();
      assertThat(command.err()).contains("lost touch with another");
    }
    System.out.printf("both ended after %.1f s%n", (System.nanoTime() - began) / 1e9);
    link(1, "up");
    assertEnds(start("lost"), 0);
    assertSameAsWhole("lost");
  }

  /** Starts a process of the run on each host. */
  private List<Command> start(String run) throws IOException {
    List<Command> commands = new ArrayList<>();
    for (int host = 0; host < HOSTS; host++) {
      Map<String, String> environment =
          Map.of(
              "MASTER_ADDR", address(0),
              "MASTER_PORT", "29500",
              "RANK", String.valueOf(host),
              "WORLD_SIZE", String.valueOf(HOSTS),
              "LOCAL_WORLD_SIZE", "1",
              "DRPRUNE_TIMEOUT_SECONDS", String.valueOf(TIMEOUT),
              "GLOO_SOCKET_IFNAME", "drprune" + host);
      commands.add(
          program.start(List.of("ip", "netns", "exec", "drprune" + host), train(run), environment));
    }
    return commands;
  }

  private String train(String run) {
    return "train --threads 1 --set data=%s --set output=%s"
            .formatted(folder.resolve("data"), folder.resolve(run))
        + " --set sharding=full --set steps=%d --set checkpoint_interval=50".formatted(STEPS)
        + " --set precision=fp32 --set device=cpu --set evaluation_sequences=4"
        + " --set evaluation_interval=100 --set global_batch=8 --set micro_batch=4"
        + " --set shape.hidden_size=16 --set shape.layers=2 --set shape.heads=2"
        + " --set shape.intermediate_size=24 --set shape.tokenizer="
        + folder.resolve("tokenizer");
  }

  private static void assertEnds(List<Command> commands, int code) throws Exception {
    for (Command command : commands) {
      assertThat(command.process().waitFor(2, TimeUnit.MINUTES)).as(command::said).isTrue();
      assertThat(command.exit()).as(command::said).isEqualTo(code);
    }
  }

  private void awaitStep(String run, int step) throws Exception {
    while (losses(run).size() < step) {
      Thread.sleep(20);
    }
  }

  private List<Double> losses(String run) throws IOException {
    try {
      return EventLog.read(folder.resolve(run)).stream()
          .filter(RunEvent.Train.class::isInstance)
          .map(event -> ((RunEvent.Train) event).loss())
          .toList();
    } catch (UserException e) {
      return List.of(); // not there yet, or being written
    }
  }

  private void assertSameAsWhole(String run) throws IOException {
    assertThat(losses(run)).isEqualTo(losses("whole")).hasSize(STEPS);
    String weights = "model/model.safetensors";
    assertThat(Sha256.of(folder.resolve(run).resolve(weights)))
        .isEqualTo(Sha256.of(folder.resolve("whole").resolve(weights)));
  }

  private static String address(int host) {
    return "10.77.0." + (host + 1);
  }

  private static void link(int host, String state) throws Exception {
    inHost(host, "ip link set drprune%d %s".formatted(host, state));
  }

  private static void inHost(int host, String command) throws Exception {
    ip("netns exec drprune%d %s".formatted(host, command));
  }

  private static void removeHosts() throws Exception {
    for (int host = 0; host < HOSTS; host++) {
      command("netns del drprune" + host).waitFor();
    }
  }

  private static void ip(String arguments) throws Exception {
    assertThat(command(arguments).waitFor()).as("ip " + arguments).isZero();
  }

  private static Process command(String arguments) throws IOException {
    return new ProcessBuilder(("ip " + arguments).split(" "))
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .redirectError(ProcessBuilder.Redirect.DISCARD)
        .start();
  }
}
