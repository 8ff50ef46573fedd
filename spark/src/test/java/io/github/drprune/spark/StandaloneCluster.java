package io.github.drprune.spark;

import io.github.drprune.cluster.SparkApplication;
import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** A master and workers of Spark on this machine, made of the jars of the tests' class path. */
final class StandaloneCluster implements AutoCloseable {
  private static final String LOOPBACK = "127.0.0.1";

  private final Path folder;
  private final List<Process> processes = new ArrayList<>();
  private final String address;

  /**
   * Starts it.
   *
   * @param folder for its files
   * @param cores of each worker
   */
  StandaloneCluster(Path folder, int workers, int cores) throws Exception {
    this.folder = Files.createDirectories(folder);
    Path home = Files.createDirectories(folder.resolve("home/jars")).getParent();
    Files.writeString(home.resolve("RELEASE"), "made by a test\n");
    for (Path jar : jars(true)) {
      Files.createSymbolicLink(home.resolve("jars").resolve(jar.getFileName()), jar);
    }
    int port = freePort();
    this.address = "spark://%s:%d".formatted(LOOPBACK, port);
    try {
      start("master.Master", "--host", LOOPBACK, "--port", "" + port, "--webui-port", "0");
      awaitListener(port);
      for (int i = 0; i < workers; i++) {
        start(
            "worker.Worker",
            "--host",
            LOOPBACK,
            "--webui-port",
            "0",
            "--cores",
            "" + cores,
            "--memory",
            "3g",
            "--work-dir",
            folder.resolve("work-" + i).toString(),
            address);
      }
    } catch (Exception e) {
      close();
      throw e;
    }
  }

  private static int freePort() throws IOException {
    try (var socket = new ServerSocket(0, 1, InetAddress.getByName(LOOPBACK))) {
      return socket.getLocalPort();
    }
  }

  private void awaitListener(int port) throws Exception {
    for (int i = 0; ; i++) {
      try (var _ = new Socket(LOOPBACK, port)) {
        return;
      } catch (IOException e) {
        if (i == 600 || !processes.getFirst().isAlive()) {
          throw new IllegalStateException("the master does not start, see " + folder, e);
        }
        TimeUnit.MILLISECONDS.sleep(100);
      }
    }
  }

  private void start(String type, String... arguments) throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                folder.resolve("home/jars") + "/*",
                "org.apache.spark.deploy." + type));
    command.addAll(List.of(arguments));
    var builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put("SPARK_HOME", folder.resolve("home").toString());
    builder.environment().put("SPARK_SCALA_VERSION", "2.13");
    builder.environment().put("SPARK_LOCAL_IP", LOOPBACK);
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    builder.redirectOutput(folder.resolve("%d.log".formatted(processes.size())).toFile());
    processes.add(builder.start());
  }

  /** The jars of Spark and what it needs, or the rest of the class path. */
  private static List<Path> jars(boolean ofSpark) {
    return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
        .map(Path::of)
        .filter(path -> isOfSpark(path) == ofSpark)
        .toList();
  }

  private static boolean isOfSpark(Path path) {
    String name = path.toString();
    return name.endsWith(".jar")
        && !name.contains("bytedeco")
        && !name.contains("drprune")
        && !name.contains("/ai/djl/");
  }

  /**
   * An application on the cluster.
   *
   * @param cores of each executor
   * @param executors how many
   */
  SparkApplication application(int executors, int cores, Map<String, String> more) {
    Map<String, String> settings = new HashMap<>();
    settings.put("spark.driver.host", LOOPBACK);
    settings.put("spark.driver.bindAddress", LOOPBACK);
    settings.put("spark.ui.enabled", "false");
    settings.put("spark.executor.cores", "" + cores);
    settings.put("spark.cores.max", "" + executors * cores);
    settings.put("spark.executor.memory", "512m");
    settings.put("spark.executor.extraJavaOptions", "-XX:+UseSerialGC -XX:TieredStopAtLevel=1");
    settings.put(
        "spark.executor.extraClassPath",
        String.join(File.pathSeparator, jars(false).stream().map(Path::toString).toList()));
    settings.put("spark.log.level", "ERROR");
    settings.putAll(more);
    return new SparkApplication(Optional.of(address), settings);
  }

  /** The executors that run now. */
  List<ProcessHandle> executors() {
    return processes.stream()
        .flatMap(Process::children)
        .filter(
            child -> child.info().commandLine().orElse("").contains("CoarseGrainedExecutorBackend"))
        .toList();
  }

  @Override
  public void close() {
    for (Process process : processes.reversed()) {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
    }
  }
}
