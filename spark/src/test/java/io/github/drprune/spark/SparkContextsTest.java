package io.github.drprune.spark;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.drprune.cluster.SparkApplication;
import java.util.Map;
import java.util.Optional;
import org.apache.spark.SparkConf;
import org.junit.jupiter.api.Test;

class SparkContextsTest {
  private static final String LOCALE = "spark.executorEnv.LC_ALL";

  private static SparkConf completed(Map<String, String> settings) {
    var conf = new SparkConf(false);
    SparkContexts.complete(conf, "test", new SparkApplication(Optional.empty(), settings));
    return conf;
  }

  @Test
  void executorsNameFilesInUtf8UnlessToldOtherwise() {
    assertThat(completed(Map.of()).get(LOCALE)).isEqualTo("C.UTF-8");
    assertThat(completed(Map.of(LOCALE, "de_DE.UTF-8")).get(LOCALE)).isEqualTo("de_DE.UTF-8");
  }
}
