package io.github.drprune.selfcheck;

import io.github.drprune.config.Sharding;
import io.github.drprune.data.prepare.CorpusFinder;
import io.github.drprune.data.prepare.Prepare;
import io.github.drprune.data.prepare.PrepareConfig;
import io.github.drprune.data.prepare.PrepareListener;
import io.github.drprune.demo.DemoCorpus;
import io.github.drprune.demo.DemoTokenizer;
import io.github.drprune.error.UserException;
import io.github.drprune.io.Sha256;
import io.github.drprune.launch.Launch;
import io.github.drprune.launch.LaunchListener;
import io.github.drprune.launch.Launcher;
import io.github.drprune.run.EventLog;
import io.github.drprune.run.RunEvent;
import io.github.drprune.run.RunFolder;
import io.github.drprune.tokenizer.Tokenizer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Small runs of this program in processes of their own, on a corpus that is made for them. */
final class TrialRuns {
  /** Optimizer steps of a run. */
  static final int STEPS = 30;

  /** Processes that hold a copy together where there may be several copies. */
  static final int GROUP = 2;

  /** Before a process of a run is killed. */
  private static final int STEPS_BEFORE = 12;

  private static final long SEED = 3;
  private static final int CHARACTERS = 60_000;
  private static final Duration TIMEOUT = Duration.ofMinutes(2);

  private final List<String> program;
  private final String device;
  private final int most;
  private final Path folder;
  private final LaunchListener listener;

  /**
   * Makes the corpus.
   *
   * @param program how this program is started, up to its command
   * @param most processes that a run will have
   * @param folder for the corpus and the runs
   * @param listener hears what the processes say
   */
  TrialRuns(List<String> program, String device, int most, Path folder, LaunchListener listener)
      throws IOException {
    this.program = List.copyOf(program);
    this.device = device;
    this.most = most;
    this.folder = folder;
    this.listener = listener;
    Path corpus = folder.resolve("corpus");
    Path tokenizerFolder = Files.createDirectories(folder.resolve("tokenizer"));
    DemoCorpus.write(corpus, CHARACTERS, SEED);
    DemoTokenizer.write(tokenizerFolder);
    try (var tokenizer = Tokenizer.load(tokenizerFolder)) {
      var config = PrepareConfig.of("seq_len=64");
      new Prepare(CorpusFinder.in(corpus), tokenizer, config, PrepareListener.SILENT)
          .into(folder.resolve("data"));
    }
  }

  /** Losses of the steps of a run, which is made. */
  List<Double> losses(String name, int ranks, Sharding sharding)
      throws IOException, InterruptedException {
    run(new Launcher(launch(name, ranks, sharding, 0), listener), name);
    return trained(name);
  }

  /** As {@link #losses}, of a run whose last process is killed on the way. */
  List<Double> lossesAfterKill(String name, int ranks, Sharding sharding)
      throws IOException, InterruptedException {
    var launcher = new Launcher(launch(name, ranks, sharding, 1), listener);
    Thread killer = Thread.ofPlatform().daemon().start(() -> kill(launcher, name, ranks - 1));
    run(launcher, name);
    killer.interrupt();
    return trained(name);
  }

  private void kill(Launcher launcher, String name, int rank) {
    try {
      while (trained(name).size() < STEPS_BEFORE) {
        Thread.sleep(5);
      }
      launcher.kill(rank);
    } catch (InterruptedException e) {
      // the run ended before
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void run(Launcher launcher, String name) throws IOException, InterruptedException {
    int code = launcher.run();
    if (code != 0) {
      throw new IllegalStateException("the run '%s' ended with exit code %d".formatted(name, code));
    }
  }

  /** SHA-256 of the weights that a run ended with. */
  String weights(String name) throws IOException {
    return Sha256.of(RunFolder.model(folder.resolve(name)).resolve("model.safetensors"));
  }

  private List<Double> trained(String name) throws IOException {
    try {
      return EventLog.read(folder.resolve(name)).stream()
          .filter(RunEvent.Train.class::isInstance)
          .map(event -> ((RunEvent.Train) event).loss())
          .toList();
    } catch (UserException e) {
      return List.of(); // not begun yet
    }
  }

  private Launch launch(String name, int ranks, Sharding sharding, int restarts) {
    List<String> command = new ArrayList<>(program);
    command.addAll(List.of("train", "--threads", "1"));
    for (String key :
        List.of(
            "data=" + folder.resolve("data"),
            "output=" + folder.resolve(name),
            "sharding=" + sharding.name().toLowerCase(Locale.ROOT),
            "sharding_group=" + GROUP,
            "device=" + device,
            "precision=fp32",
            "steps=" + STEPS,
            "global_batch=" + 2 * most,
            "micro_batch=1",
            "checkpoint_interval=5",
            "evaluation_sequences=2",
            "shape.hidden_size=32",
            "shape.layers=2",
            "shape.heads=2",
            "shape.intermediate_size=48",
            "shape.tokenizer=" + folder.resolve("tokenizer"))) {
      command.addAll(List.of("--set", key));
    }
    return new Launch(command, ranks, ranks, restarts, TIMEOUT);
  }
}
