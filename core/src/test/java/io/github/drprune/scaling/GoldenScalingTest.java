package io.github.drprune.scaling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.drprune.json.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.IntStream;
import java.util.stream.StreamSupport;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("golden")
final class GoldenScalingTest {
  private static JsonNode golden(String name) throws IOException {
    Path file = Path.of(System.getProperty("golden.dir"), name);
    return Json.tree(Files.readString(file), file.toString());
  }

  private static double[] numbers(JsonNode array) {
    return StreamSupport.stream(array.spliterator(), false)
        .mapToDouble(JsonNode::doubleValue)
        .toArray();
  }

  @Test
  void predictsTheTrueFinalLoss() throws IOException {
    var softly = new SoftAssertions();
    double error = 0;
    double publishedError = 0;
    for (JsonNode c : golden("dro.json").get("scaling_law")) {
      boolean prune = c.get("prune").booleanValue();
      double[] last = numbers(c.get("final"));
      var fit =
          ScalingFit.of(
              numbers(c.get("inputs").get(0)),
              prune ? numbers(c.get("inputs").get(1)) : null,
              numbers(c.get("losses")),
              last[0],
              prune ? last[1] : Double.NaN);
      double truth = c.get("true_loss_at_final").doubleValue();
      double relative = Math.abs(fit.prediction() / truth - 1);
      double published = c.get("reference_result").get("prediction").doubleValue();
      boolean noisy = c.get("noise").doubleValue() > 0;
      softly.assertThat(relative).isLessThan(noisy ? 0.015 : 0.001);
      softly.assertThat(fit.determined()).isTrue();
      error += relative;
      publishedError += Math.abs(published / truth - 1);
    }
    softly.assertThat(error).isLessThan(publishedError / 5);
    softly.assertAll();
  }

  @Test
  void reproducesThePublishedReferenceLosses() throws IOException {
    JsonNode golden = golden("reference_loss.json");
    JsonNode sources = golden.get("source_losses_by_parameters");
    var sizes = sources.properties().stream().mapToDouble(p -> Double.parseDouble(p.getKey()));
    double[] parameters = sizes.toArray();
    double tolerance = golden.get("tolerance").doubleValue();
    golden
        .get("published_reference_loss")
        .properties()
        .forEach(
            target -> {
              double n = golden.get("parameters").get(target.getKey()).doubleValue();
              IntStream.range(0, golden.get("domains").size())
                  .forEach(
                      i -> {
                        double[] losses =
                            sources.properties().stream()
                                .mapToDouble(p -> p.getValue().get(i).doubleValue())
                                .toArray();
                        var law = PowerLaw.fit(parameters, losses);
                        assertThat(law.determined()).isTrue();
                        assertThat(law.loss(n))
                            .isCloseTo(target.getValue().get(i).doubleValue(), within(tolerance));
                      });
            });
  }
}
