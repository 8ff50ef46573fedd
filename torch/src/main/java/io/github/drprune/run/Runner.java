package io.github.drprune.run;

import io.github.drprune.checkpoint.CheckpointStore;
import io.github.drprune.config.PruneConfig;
import io.github.drprune.config.RunConfig;
import io.github.drprune.config.TrainConfig;
import io.github.drprune.config.TuneConfig;
import io.github.drprune.config.binding.ConfigLoader;
import io.github.drprune.data.PreparedData;
import io.github.drprune.distributed.ProcessGroup;
import io.github.drprune.error.UserException;
import io.github.drprune.io.FullDisk;
import io.github.drprune.libtorch.LibTorch;
import io.github.drprune.libtorch.OutOfMemory;
import io.github.drprune.libtorch.Precision;
import io.github.drprune.model.CausalLm;
import io.github.drprune.model.ModelLoader;
import io.github.drprune.model.ModelOptions;
import io.github.drprune.model.ModelSpec;
import io.github.drprune.model.ModelSummary;
import io.github.drprune.nn.Kernels;
import io.github.drprune.report.Report;
import io.github.drprune.run.Beginning.Resume;
import io.github.drprune.train.Learning;
import io.github.drprune.train.Objective;
import io.github.drprune.train.StopSignal;
import io.github.drprune.train.Teacher;
import io.github.drprune.train.Trainer;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import org.bytedeco.pytorch.Device;

/**
 * Takes runs from their configuration to their result: a new one begins, one that was interrupted
 * goes on from its newest checkpoint, a finished one is left as it is.
 */
public final class Runner implements RunExecutor {
  private final BiFunction<Device, Precision, Kernels> kernels;
  private final List<Consumer<RunEvent>> listeners;
  private final StopSignal stop;
  private final ProcessGroup processes;

  /**
   * One that computes in this process alone.
   *
   * @param kernels chooses what to compute with, {@link Kernels#select} or a test's own
   * @param listeners are told every event after it is in the log
   */
  public Runner(
      BiFunction<Device, Precision, Kernels> kernels,
      List<Consumer<RunEvent>> listeners,
      StopSignal stop) {
    this(kernels, listeners, stop, ProcessGroup.SINGLE);
  }

  /**
   * One that computes together with the same call in every other process of a group.
   *
   * @param kernels chooses what to compute with, {@link Kernels#select} or a test's own
   * @param listeners are told every event after it is in the log, in the first process alone
   * @param stop ends the run in whichever process it is set
   */
  public Runner(
      BiFunction<Device, Precision, Kernels> kernels,
      List<Consumer<RunEvent>> listeners,
      StopSignal stop,
      ProcessGroup processes) {
    this.kernels = kernels;
    this.listeners = List.copyOf(listeners);
    this.stop = stop;
    this.processes = processes;
  }

  /**
   * One that computes with the fastest kernels and runs to the end.
   *
   * @param listener is told every event after it is in the log
   */
  public Runner(Consumer<RunEvent> listener) {
    this(Kernels::select, List.of(listener), new StopSignal());
  }

  /** Prunes a model by learned masks. */
  public RunResult prune(PruneConfig config) throws IOException, InterruptedException {
    return execute(new PruneRun(config));
  }

  /** Trains a model. */
  public RunResult train(TrainConfig config) throws IOException, InterruptedException {
    return execute(new TrainRun(config));
  }

  /** Tunes a model on conversations. */
  public RunResult tune(TuneConfig config) throws IOException, InterruptedException {
    return execute(TuneRun.of(config));
  }

  /** How a run of {@code config} holds its model. */
  public static ModelOptions options(
      RunConfig config, BiFunction<Device, Precision, Kernels> kernels) {
    var device = LibTorch.device(config.device());
    var precision =
        switch (config.precision()) {
          case AUTO -> Precision.fastestOn(device);
          case BF16 -> Precision.BF16;
          case FP32 -> Precision.FP32;
        };
    return new ModelOptions(device, precision, true, kernels.apply(device, precision));
  }

  @Override
  public RunResult execute(RunKind kind) throws IOException, InterruptedException {
    ConfigLoader.check(kind.whole());
    if (processes.size() > 1) {
      stop.heed(); // a process that ended by itself would look like a lost one
    }
    try {
      return refusing(kind);
    } catch (IOException | RuntimeException | OutOfMemoryError e) {
      Optional<UserException> mistake =
          FullDisk.behind(e, kind.config().output())
              .or(() -> OutOfMemory.behind(e, MemoryNeed.ADVICE));
      if (mistake.isPresent()) {
        throw mistake.get();
      }
      throw e;
    }
  }

  private RunResult refusing(RunKind kind) throws IOException, InterruptedException {
    ModelSpec source = kind.source();
    RunConfig config = kind.config();
    config.requireFittingMachines(processes.gathered(processes.onThisMachine()));
    try (var data = PreparedData.open(config.data())) {
      FittingData.require(kind, source, data);
      var origin = RunOrigin.of(kind.command(), kind.whole(), kind.model(), kind.teacher(), data);
      try (var beginning = new Beginning(kind, origin, processes)) {
        long found =
            processes.decided(
                () -> {
                  MemoryNeed.require(
                      kind, source, options(config, kernels), processes, data.seqLen());
                  return beginning.open();
                });
        Optional<Path> model = Optional.of(RunFolder.model(config.output()));
        if (found == Beginning.DONE) {
          return new RunResult(kind.steps(), model, true);
        }
        if (kind.takesSteps()) {
          RunResult result = run(kind, source, data, origin, beginning, found);
          if (!processes.isFirst()) {
            // Without memory of the run, and so that the first is missed if it never writes.
            processes.decided(() -> 0);
          }
          return result;
        }
        return processes.isFirst()
            ? oneShot(kind, source, data, origin, beginning.folder())
            : new RunResult(0, model, false);
      }
    }
  }

  private RunResult run(
      RunKind kind,
      ModelSpec source,
      PreparedData data,
      RunOrigin origin,
      Beginning beginning,
      long found)
      throws IOException, InterruptedException {
    Optional<Resume> from = beginning.resumed(found);
    CheckpointStore store = beginning.checkpoints();
    ModelOptions options = options(kind.config(), kernels);
    Optional<Teacher> taught = teacher(kind, options);
    try (var _ = taught.orElse(null);
        var model = kind.load(readsBlocks(kind, from) ? options : options.withoutBlocks());
        var objective = objective(kind, model, data, from.isEmpty());
        var trainer =
            new Trainer(
                kind.config(), model, taught, objective, data, store, origin, stop, processes)) {
      if (from.isPresent()) {
        trainer.restore(from.get().checkpoint(), from.get().state());
      }
      if (!processes.isFirst()) {
        trainer.run(RunLog.ofAnother(kind.config().output()));
        if (trainer.isFinished()) {
          trainer.assemble();
        }
        return result(kind, trainer);
      }
      RunFolder folder = beginning.folder();
      List<String> warnings = new ArrayList<>(from.map(Resume::warnings).orElseGet(List::of));
      // From here on the folder is this run's: all that may be refused has been.
      folder.claim(origin, kind.whole());
      store.beginAfter(trainer.step());
      if (from.isPresent() && folder.restoreLog(from.get().checkpoint().log())) {
        warnings.add(
            "%s: had lost or changed lines; restored from the checkpoint"
                .formatted(folder.events()));
      }
      long keep = from.map(resume -> resume.state().eventBytes()).orElse(0L);
      try (var board = TensorBoard.in(folder, kind.config().tensorboard());
          var log = new RunLog(folder.events(), keep, board.added(listeners))) {
        log.write(start(kind, source, data, trainer.step()));
        for (String message : warnings) {
          log.write(new RunEvent.Warning(trainer.step(), message));
        }
        run(kind, trainer, model, objective, folder, log);
        return result(kind, trainer);
      }
    }
  }

  /**
   * Whether the model is loaded as a whole: not where each process will have a part of its blocks,
   * which a checkpoint gives it or else the first process, which alone has all of them.
   */
  private boolean readsBlocks(RunKind kind, Optional<Resume> from) {
    boolean isGivenThem = processes.isShared() && kind.config().sharding().fetchesBlocks();
    return !isGivenThem || (processes.isFirst() && from.isEmpty());
  }

  /** All processes begin with the first one's values, as another machine may round otherwise. */
  private Objective objective(RunKind kind, CausalLm model, PreparedData data, boolean fresh)
      throws IOException, InterruptedException {
    Objective objective = kind.objective(model, data, fresh, processes);
    if (fresh) {
      Learning.sentAsAWhole(kind.config(), model)
          .forEach(weight -> processes.broadcast(weight).await());
      objective.tensors().values().forEach(tensor -> processes.broadcast(tensor).await());
    }
    return objective;
  }

  private static RunResult result(RunKind kind, Trainer trainer) {
    return new RunResult(
        trainer.step(),
        Optional.of(RunFolder.model(kind.config().output())).filter(_ -> trainer.isFinished()),
        false);
  }

  private static Optional<Teacher> teacher(RunKind kind, ModelOptions options) throws IOException {
    if (kind.teacher().isEmpty()) {
      return Optional.empty();
    }
    CausalLm model = ModelLoader.loadChecked(kind.teacher().get(), options.frozen());
    return Optional.of(new Teacher(model, kind.config().distillation().orElseThrow()));
  }

  /** Prunes by importance: no step is taken. */
  private RunResult oneShot(
      RunKind kind, ModelSpec source, PreparedData data, RunOrigin origin, RunFolder folder)
      throws IOException, InterruptedException {
    long began = System.nanoTime();
    try (var model = kind.load(options(kind.config(), kernels))) {
      folder.claim(origin, kind.whole());
      try (var log = new RunLog(folder.events(), 0, listeners)) {
        log.write(start(kind, source, data, 0));
        ModelSpec result = kind.inOneShot(folder, model, data, log);
        double seconds = (System.nanoTime() - began) / 1e9;
        var summary = ModelSummary.of(result);
        end(new RunEvent.Done(0, "completed", null, summary, 0, seconds), folder, log);
        return new RunResult(0, Optional.of(folder.model()), false);
      }
    }
  }

  /** Takes the first process through the run, and tells the others when all is written. */
  private void run(
      RunKind kind,
      Trainer trainer,
      CausalLm model,
      Objective objective,
      RunFolder folder,
      RunLog log)
      throws IOException, InterruptedException {
    try {
      trainer.run(log);
      if (trainer.isFinished()) {
        trainer.assemble();
      }
    } catch (IOException | RuntimeException e) {
      logFailure(e, trainer, log);
      throw e;
    }
    processes.decided(
        () -> {
          try {
            end(finished(kind, trainer, model, objective, folder, log), folder, log);
            return 0;
          } catch (IOException | RuntimeException e) {
            logFailure(e, trainer, log);
            throw e;
          }
        });
  }

  /** Writes the result of a run whose steps are done; gives what ends its log. */
  private static RunEvent.Done finished(
      RunKind kind,
      Trainer trainer,
      CausalLm model,
      Objective objective,
      RunFolder folder,
      RunLog log)
      throws IOException {
    if (!trainer.isFinished()) {
      return done(trainer, "interrupted", null, null);
    }
    ModelSpec result = kind.finish(folder, model, objective, log, trainer.step());
    return done(trainer, "completed", null, ModelSummary.of(result));
  }

  private static void logFailure(Exception failure, Trainer trainer, RunLog log) {
    try {
      log.write(done(trainer, "failed", failure.getMessage(), null));
    } catch (IOException again) {
      failure.addSuppressed(again);
    }
  }

  /** Ends a run: its last event says that all is there, so it comes after all. */
  private static void end(RunEvent.Done done, RunFolder folder, RunLog log) throws IOException {
    log.force();
    Report.write(folder.path(), done, folder.report());
    log.write(done);
    log.force();
  }

  private static RunEvent.Done done(
      Trainer trainer, String status, String message, ModelSummary result) {
    return new RunEvent.Done(
        trainer.step(), status, message, result, trainer.tokens(), trainer.seconds());
  }

  private static RunEvent.Start start(
      RunKind kind, ModelSpec source, PreparedData data, long step) {
    return new RunEvent.Start(
        step,
        kind.command(),
        Instant.now().truncatedTo(ChronoUnit.SECONDS).toString(),
        kind.steps(),
        (long) kind.config().globalBatch() * data.seqLen(),
        ModelSummary.of(source),
        kind.targetSummary(source).orElse(null),
        data.domains(),
        ConfigLoader.tree(kind.whole()),
        environment(kind.config()));
  }

  private static Map<String, String> environment(RunConfig config) {
    Map<String, String> environment = new LinkedHashMap<>();
    environment.put("java", System.getProperty("java.version"));
    environment.put("libtorch", LibTorch.version());
    environment.put("device", LibTorch.device(config.device()).str().getString());
    environment.put("threads", String.valueOf(LibTorch.threads()));
    environment.put("system", System.getProperty("os.name") + " " + System.getProperty("os.arch"));
    return environment;
  }
}
