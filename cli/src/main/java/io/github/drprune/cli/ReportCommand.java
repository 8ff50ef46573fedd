package io.github.drprune.cli;

import io.github.drprune.error.Printable;
import io.github.drprune.error.UserException;
import io.github.drprune.judge.Judged;
import io.github.drprune.report.Comparison;
import io.github.drprune.report.PageModel;
import io.github.drprune.report.Report;
import io.github.drprune.report.RunView;
import io.github.drprune.tasks.TaskComparison;
import io.github.drprune.tasks.TaskEvaluations;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code drprune report}. */
@Command(
    name = "report",
    description =
        "Writes a report on a run, or on several side by side, as one HTML file that needs no"
            + " network.",
    mixinStandardHelpOptions = true,
    footer = {"", "Example:", "  drprune report runs/drpruning runs/sheared --out compared.html"})
final class ReportCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(
      paramLabel = "RUN",
      arity = "1..*",
      description = "A run's folder or its metrics.jsonl; the others are compared with the first.")
  private List<Path> runs;

  @Option(
      names = "--out",
      paramLabel = "FILE",
      description = "Where to write the page (for one run: report.html in its folder).")
  private Path out;

  @Option(
      names = "--tasks",
      paramLabel = "FILE",
      description =
          "Also show results that 'tasks --json' wrote: all models side by side, compared with the"
              + " first; may be given more than once.")
  private List<Path> tasks = new ArrayList<>();

  @Option(
      names = "--judged",
      paramLabel = "FILE",
      description =
          "Also show whose answers a judge preferred, as 'judge --json' wrote it; may be given more"
              + " than once.")
  private List<Path> judged = new ArrayList<>();

  @Mixin private JsonOption json;

  /** The figures of one run. */
  private record Figures(
      String run, String state, long step, long tokens, List<RunView.DomainRow> domains) {}

  /** What {@code --json} writes. */
  private record Summary(List<Figures> runs, Comparison comparison, TaskComparison tasks) {}

  @Override
  public Integer call() throws IOException {
    Path html = out == null ? besideTheRun() : out;
    Report.requirePage(html);
    var model = Report.read(runs).with(results(), verdicts());
    Report.write(model, html);
    var figures = model.runs().stream().map(ReportCommand::figures).toList();
    json.write(new Summary(figures, model.comparison(), model.tasks()));
    print(model, html, spec.commandLine().getOut());
    return 0;
  }

  /** The models of all files of results, or null without files. */
  private TaskComparison results() throws IOException {
    List<TaskEvaluations> results = new ArrayList<>();
    for (Path file : tasks) {
      results.add(TaskEvaluations.read(file));
    }
    return results.isEmpty() ? null : TaskComparison.of(TaskEvaluations.joined(results));
  }

  private List<Judged> verdicts() throws IOException {
    List<Judged> verdicts = new ArrayList<>();
    for (Path file : judged) {
      verdicts.add(Judged.read(file));
    }
    return verdicts;
  }

  static void print(PageModel page, Path html, PrintWriter terminal) {
    for (var run : page.runs()) {
      if (page.runs().size() > 1) {
        terminal.println(Printable.escaped(run.name()) + ":");
      }
      run.summary().forEach(terminal::println);
      run.warnings()
          .forEach(
              warning ->
                  terminal.println("warning: " + warning.message().replaceAll("\\p{Cntrl}", "?")));
    }
    terminal.println("wrote " + html);
    terminal.flush();
  }

  private static Figures figures(RunView run) {
    return new Figures(run.name(), run.state().word(), run.step(), run.tokens(), run.table());
  }

  private Path besideTheRun() {
    if (runs.size() > 1) {
      throw new UserException("--out FILE is needed for the page of several runs");
    }
    Path run = runs.getFirst().toAbsolutePath();
    return (Files.isDirectory(run) ? run : run.getParent()).resolve("report.html");
  }
}
