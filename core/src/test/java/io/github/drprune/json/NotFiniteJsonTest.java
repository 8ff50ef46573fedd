package io.github.drprune.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.drprune.error.UserException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class NotFiniteJsonTest {
  record Figures(
      double loss, Double boxed, float narrow, double[] row, List<Double> list, Object any) {}

  record Read(double loss, Double boxed, int count) {}

  @Test
  void numbersThatAreNotFiniteAreNull() {
    double infinite = Double.POSITIVE_INFINITY;
    var figures =
        new Figures(
            Double.NaN,
            infinite,
            Float.NEGATIVE_INFINITY,
            new double[] {1, Double.NaN},
            List.of(2.5, -infinite),
            Map.of("x", Float.NaN));
    String expected =
        "{\"loss\":null,\"boxed\":null,\"narrow\":null,\"row\":[1.0,null],"
            + "\"list\":[2.5,null],\"any\":{\"x\":null}}";
    assertThat(Json.line(figures)).isEqualTo(expected);
    assertThat(Json.line(Json.tree(figures))).isEqualTo(expected);
    assertThat(Json.pretty(figures).replaceAll("\\s", "")).isEqualTo(expected);
  }

  @Test
  void nullIsReadAsNotANumberWhereANumberMustBe() {
    Read read = Json.read("{\"loss\": null, \"boxed\": null, \"count\": 3}", Read.class, "f");
    assertThat(read).isEqualTo(new Read(Double.NaN, null, 3));
    assertThat(Json.read("{\"loss\": 7, \"count\": 3}", Read.class, "f").loss()).isEqualTo(7);
    assertThatThrownBy(() -> Json.read("{\"loss\": 1, \"count\": null}", Read.class, "f"))
        .isInstanceOf(UserException.class);
    assertThatThrownBy(() -> Json.read("{\"loss\": [], \"count\": 1}", Read.class, "f"))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith("f: loss");
  }
}
