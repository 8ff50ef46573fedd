package io.github.drprune.spark;

import io.github.drprune.data.Manifest;
import io.github.drprune.data.prepare.CorpusPart;
import io.github.drprune.data.prepare.PartTokens;
import io.github.drprune.data.prepare.PartWork;
import io.github.drprune.data.prepare.PartWorkers;
import io.github.drprune.data.prepare.PartedJob;
import io.github.drprune.data.prepare.ShardPlan;
import io.github.drprune.json.Json;
import java.io.IOException;
import java.util.List;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.api.java.function.Function;
import org.apache.spark.broadcast.Broadcast;

/** Has each piece of a preparation done by a task. What goes to tasks and back is JSON. */
final class SparkWorkers implements PartWorkers {
  /** The property of a job that has the application's name. */
  private static final String APPLICATION = "drprune.application";

  private final JavaSparkContext spark;
  private final Broadcast<CorpusLocation> location;

  SparkWorkers(JavaSparkContext spark, CorpusLocation location) {
    this.spark = spark;
    this.location = spark.broadcast(location);
  }

  @Override
  public List<PartTokens> tokenize(
      PartedJob job, List<CorpusPart> parts, PartWork.Progress progress) throws IOException {
    var counters = new TaskCounters(spark);
    String sent = Json.line(job);
    Broadcast<CorpusLocation> corpus = location;
    List<String> results =
        run(
            "tokenize",
            parts.stream().map(Json::line).toList(),
            part -> tokenize(sent, part, corpus.value(), counters),
            () -> counters.tell(progress));
    return results.stream().map(result -> Json.read(result, PartTokens.class, "task")).toList();
  }

  private static String tokenize(
      String job, String part, CorpusLocation location, TaskCounters counters) throws IOException {
    var work = new PartWork(Json.read(job, PartedJob.class, "job"), attempt());
    return Json.line(
        work.tokenize(
            Json.read(part, CorpusPart.class, "part"), location.open(), counters::advanced));
  }

  @Override
  public List<Manifest.Shard> join(PartedJob job, List<ShardPlan> plans) throws IOException {
    String sent = Json.line(job);
    List<String> results =
        run(
            "write shards",
            plans.stream().map(Json::line).toList(),
            plan -> join(sent, plan),
            () -> {});
    return results.stream().map(result -> Json.read(result, Manifest.Shard.class, "task")).toList();
  }

  private static String join(String job, String plan) throws IOException {
    var work = new PartWork(Json.read(job, PartedJob.class, "job"), attempt());
    return Json.line(work.join(Json.read(plan, ShardPlan.class, "plan")));
  }

  /** A name that no other attempt of the application has, nor one of an earlier application. */
  private static String attempt() {
    var task = TaskContext.get();
    return task.getLocalProperty(APPLICATION) + "-" + task.taskAttemptId();
  }

  private List<String> run(
      String what, List<String> pieces, Function<String, String> task, SparkJob.Watch watch)
      throws IOException {
    if (pieces.isEmpty()) {
      return List.of();
    }
    spark.setJobDescription(what);
    spark.setLocalProperty(APPLICATION, spark.sc().applicationId());
    return SparkJob.await(spark.parallelize(pieces, pieces.size()).map(task).collectAsync(), watch);
  }
}
