package io.github.drprune.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.drprune.model.ModelSummary;
import io.github.drprune.plan.RunPlan;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class PlanCommandTest {
  private static final ModelSummary SOURCE = new ModelSummary("llama", 16, 3, 4, 4, 24, 900, 600L);
  private static final ModelSummary TARGET = new ModelSummary("llama", 8, 2, 2, 2, 12, 300, 200L);

  private static String printed(RunPlan plan) {
    var out = new StringWriter();
    PlanCommand.print(plan, new PrintWriter(out));
    return out.toString();
  }

  private static RunPlan cut(Long available) {
    return new RunPlan(
        SOURCE,
        null,
        TARGET,
        0,
        0,
        new TreeMap<>(),
        1,
        3 << 20,
        available,
        0,
        null,
        null,
        null,
        null,
        null,
        null);
  }

  @Test
  void ofACutIsShownWhatItIsOfAndWhatItHolds() {
    assertThat(printed(cut(5L << 20)).lines())
        .hasSize(3)
        .satisfiesExactly(
            line -> assertThat(line).startsWith("source "),
            line -> assertThat(line).startsWith("target "),
            line -> assertThat(line).matches("memory +3.*at the peak, 5.* free now"));
    assertThat(printed(cut(null))).containsPattern("memory +3.*at the peak\\R$");
  }
}
