package io.github.drprune.spark;

import io.github.drprune.cluster.SparkApplication;
import io.github.drprune.error.UserException;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.apache.spark.SparkConf;
import org.apache.spark.SparkException;
import org.apache.spark.api.java.JavaSparkContext;

/** Makes Spark applications whose executors have this program's classes. */
final class SparkContexts {
  private static final String MASTER = "spark.master";
  private static final String LOCAL = "local[*]";
  private static final String EXECUTOR_OPTIONS = "spark.executor.extraJavaOptions";

  /** What every start of this program gives to Java. */
  private static final String JAVA_OPTIONS =
      "--enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow"
          + " -Dorg.bytedeco.javacpp.maxBytes=0 -Dorg.bytedeco.javacpp.maxPhysicalBytes=0";

  private SparkContexts() {}

  /** Starts an application; settings of the user's come before those made here. */
  static JavaSparkContext open(String name, SparkApplication application) {
    return open(name, application, new SparkConf(true));
  }

  /** As {@link #open}, an executor for each task, with the environment that LibTorch is to have. */
  static JavaSparkContext openForTraining(String name, SparkApplication application) {
    var conf = new SparkConf(true);
    String cores = application.settings().get("spark.executor.cores");
    conf.set("spark.task.cpus", cores == null ? conf.get("spark.executor.cores", "1") : cores);
    conf.setIfMissing("spark.executorEnv.OMP_WAIT_POLICY", "passive");
    conf.setIfMissing("spark.executorEnv.GOMP_SPINCOUNT", "100000");
    conf.setIfMissing("spark.executorEnv.OPENBLAS_NUM_THREADS", "1");
    return open(name, application, conf);
  }

  private static JavaSparkContext open(String name, SparkApplication application, SparkConf conf) {
    complete(conf, name, application);
    try {
      return new JavaSparkContext(conf);
    } catch (Exception e) {
      if (e instanceof SparkException || e instanceof IllegalArgumentException) {
        throw new UserException(
            "master %s: no application can be started there (%s); check the address and Spark's settings"
                .formatted(conf.get(MASTER), e.getMessage()),
            e);
      }
      throw e;
    }
  }

  /** Adds the application's settings, and what they leave open. */
  static void complete(SparkConf conf, String name, SparkApplication application) {
    application.settings().forEach(conf::set);
    application.master().ifPresent(conf::setMaster);
    conf.setIfMissing(MASTER, LOCAL);
    conf.setIfMissing("spark.app.name", name);
    conf.setIfMissing("spark.log.level", "WARN");
    // In the C locale, which executors may start in, Java cannot name files that are not ASCII.
    conf.setIfMissing("spark.executorEnv.LC_ALL", "C.UTF-8");
    conf.set(EXECUTOR_OPTIONS, (JAVA_OPTIONS + " " + conf.get(EXECUTOR_OPTIONS, "")).strip());
    if (!conf.contains("spark.jars") && !conf.contains("spark.executor.extraClassPath")) {
      conf.set("spark.jars", String.join(",", ownJars()));
    }
  }

  /** The jars on the class path that Spark does not have. */
  private static List<String> ownJars() {
    String home = System.getenv("SPARK_HOME");
    Path sparks = home == null ? null : Path.of(home, "jars").toAbsolutePath();
    return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
        .map(entry -> Path.of(entry).toAbsolutePath())
        .filter(path -> path.toString().endsWith(".jar") && Files.isRegularFile(path))
        .filter(path -> sparks == null || !path.startsWith(sparks))
        .map(Path::toString)
        .collect(Collectors.toList());
  }
}
