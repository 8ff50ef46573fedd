package io.github.drprune.tasks.python;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.drprune.json.Json;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Against numbers that Python 3.11 drew. */
class PythonRandomTest {
  private static final int[][] SIZES = {{5, 2}, {30, 3}, {2000, 10}, {21, 5}, {100, 25}, {86, 6}};

  @Test
  void drawsWhatPythonDraws() throws IOException {
    JsonNode cases;
    try (var resource = getClass().getResourceAsStream("/tasks/python-random.json")) {
      cases = Json.tree(new String(resource.readAllBytes(), UTF_8), "python-random.json");
    }
    assertThat(cases).hasSize(5);
    for (JsonNode one : cases) {
      long seed = one.get("seed").asLong();
      var random = new PythonRandom(seed);
      var last = new ArrayList<Double>();
      for (int i = 0; i < 700; i++) {
        last.add(random.random());
      }
      for (int i = 0; i < 3; i++) {
        assertThat(last.get(697 + i)).isEqualTo(one.get("random").get(i).asDouble());
      }

      random = new PythonRandom(seed);
      for (int i = 0; i < SIZES.length; i++) {
        List<Integer> population = IntStream.range(0, SIZES[i][0]).boxed().toList();
        assertThat(random.sample(population, SIZES[i][1]))
            .as("seed %d, sample %d", seed, i)
            .isEqualTo(integers(one.get("samples").get(i)));
      }

      int[] choices = new int[9];
      new PythonRandom(seed).choices(37, choices);
      assertThat(choices).containsExactly(integers(one.get("choices")).toArray(Integer[]::new));
    }
  }

  private static List<Integer> integers(JsonNode list) {
    List<Integer> integers = new ArrayList<>();
    list.forEach(number -> integers.add(number.asInt()));
    return integers;
  }
}
