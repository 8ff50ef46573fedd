package io.github.drprune.cli;

import io.github.drprune.plan.Cluster;
import io.github.drprune.plan.PipelinePlan;
import io.github.drprune.plan.Planner;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code drprune plan run}. */
@Command(
    name = "run",
    description = {
      "Shows what a pipeline's budget is spent on and why, and what its runs will take.",
      "The data must be prepared; the model need not be pruned yet."
    },
    mixinStandardHelpOptions = true,
    footer = {"", "Example:", "  drprune plan run pipeline.yaml --set budget=40M"})
final class PlanRunCommand implements Callable<Integer> {
  @Mixin private PipelineFile file;
  @Mixin private ClusterOptions cluster;
  @Mixin private JsonOption json;
  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws IOException, InterruptedException {
    Cluster processes = cluster.cluster();
    PipelinePlan plan = new Planner(processes).pipeline(file.inTokens(file.load(), processes));
    PrintWriter out = spec.commandLine().getOut();
    if (plan.spending() != null) {
      out.println(plan.spending());
    }
    out.printf("%.2g tokens for each parameter of the source", plan.tokensPerParameter());
    out.println(
        plan.prune() == null
            ? ": masks need more to settle than a cut that is fitted (docs/method-benchmark.md)"
            : "");
    if (plan.prune() != null) {
      out.println("\nprune");
      PlanCommand.print(plan.prune(), out);
    }
    out.println("\ntrain");
    PlanCommand.print(plan.train(), out);
    json.write(plan);
    return 0;
  }
}
