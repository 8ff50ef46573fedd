package io.github.drprune.weighting;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.drprune.config.DomainsConfig.Strategy;
import io.github.drprune.json.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("golden")
final class GoldenWeightingTest {
  /** A case's inputs. */
  private record Case(
      double[] losses,
      double[] reference,
      double[] proportion,
      double rho,
      double minRatio,
      boolean clampToMin) {
    static Case of(JsonNode node) {
      return new Case(
          numbers(node.get("losses")),
          numbers(node.get("reference_loss")),
          Simplex.normalised(numbers(node.get("proportion"))),
          node.get("rho").doubleValue(),
          node.get("min_prob").doubleValue(),
          node.get("clamp_to_min").booleanValue());
    }

    RobustWeights solve(double[] p) {
      return RobustWeights.of(
          p, losses, reference, Settings.of(Strategy.DRO, rho, minRatio, clampToMin, Map.of()));
    }

    double[] weights(double[] p) {
      return solve(p).weights();
    }
  }

  private static JsonNode golden(String part) throws IOException {
    Path file = Path.of(System.getProperty("golden.dir"), "dro.json");
    return Json.tree(Files.readString(file), file.toString()).get(part);
  }

  private static double[] numbers(JsonNode array) {
    return StreamSupport.stream(array.spliterator(), false)
        .mapToDouble(JsonNode::doubleValue)
        .toArray();
  }

  /** The constraint at any excess, worked out here on its own. */
  private static double divergence(double[] q, double[] p) {
    return IntStream.range(0, p.length).mapToDouble(i -> q[i] * q[i] / p[i]).sum() / 2 - 0.5;
  }

  @Test
  void robustWeights() throws IOException {
    int reached = 0;
    for (JsonNode node : golden("dro")) {
      var c = Case.of(node);
      var solution = c.solve(c.proportion).solution();
      double divergence = divergence(solution.weights(), c.proportion);
      if (solution.reached()) {
        reached++;
        assertThat(divergence).isCloseTo(c.rho, within(1e-9));
        assertThat(c.weights(c.proportion))
            .containsExactly(numbers(node.get("weights")), within(2e-3));
      } else {
        assertThat(divergence).isLessThan(c.rho);
        assertThat(Arrays.stream(solution.weights()).sum()).isCloseTo(1, within(1e-12));
        assertThat(solution.weights()).doesNotContain(0);
      }
    }
    assertThat(reached).isGreaterThan(0);
  }

  @Test
  void referenceProportionFollows() throws IOException {
    for (JsonNode node : golden("dro")) {
      var c = Case.of(node);
      double[] p = c.proportion;
      if (c.solve(p).solution().reached()) {
        for (JsonNode expected : node.get("reference_proportion_rounds")) {
          p = DrPruning.followed(p, c.weights(p), c.proportion);
          assertThat(p).containsExactly(numbers(expected), within(5e-3));
        }
      }
    }
  }

  @Test
  void batchLoading() throws IOException {
    for (JsonNode node : golden("batch_loading")) {
      double[] proportion = numbers(node.get("proportion"));
      double[] losses = numbers(node.get("losses"));
      double[] reference = numbers(node.get("reference_loss"));
      List<String> names = IntStream.range(0, losses.length).mapToObj(i -> "domain" + i).toList();
      Map<String, Double> references = new LinkedHashMap<>();
      for (int i = 0; i < losses.length; i++) {
        references.put(names.get(i), reference[i]);
      }
      var strategy = Strategy.valueOf(node.get("update").textValue().toUpperCase(Locale.ROOT));
      var config = Settings.of(strategy, 0.1, 0.2, references);
      var weighting = DomainWeighting.of(config, names, proportion, 0);
      var outcome =
          weighting.update(
              weighting.start(), Observation.unpruned(1, 10, new long[losses.length], losses));
      assertThat(DomainWeighting.array(outcome.weights()))
          .containsExactly(numbers(node.get("weights")), within(1e-6));
    }
  }
}
