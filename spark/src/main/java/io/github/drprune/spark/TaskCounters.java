package io.github.drprune.spark;

import io.github.drprune.data.prepare.PartWork;
import java.io.Serializable;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerExecutorMetricsUpdate;
import org.apache.spark.scheduler.SparkListenerTaskEnd;
import org.apache.spark.util.LongAccumulator;
import scala.jdk.javaapi.CollectionConverters;

/**
 * What tasks have done. Spark's pages show it. The driver knows it of tasks that are done, and with
 * every heartbeat of their executor, ten seconds apart by default, of those that run.
 */
final class TaskCounters implements Serializable {
  private static final long serialVersionUID = 1L;

  private final LongAccumulator bytes;
  private final LongAccumulator documents;
  private final LongAccumulator tokens;
  private final LongAccumulator malformed;
  private final transient Running running;
  private transient long[] told = new long[4];

  TaskCounters(JavaSparkContext spark) {
    this.bytes = spark.sc().longAccumulator("bytes read");
    this.documents = spark.sc().longAccumulator("documents");
    this.tokens = spark.sc().longAccumulator("tokens");
    this.malformed = spark.sc().longAccumulator("malformed records");
    this.running = new Running(all());
    spark.sc().addSparkListener(running);
  }

  private List<LongAccumulator> all() {
    return List.of(bytes, documents, tokens, malformed);
  }

  /** Counts what a task has done. */
  void advanced(long moreBytes, long moreDocuments, long moreTokens, long moreMalformed) {
    bytes.add(moreBytes);
    documents.add(moreDocuments);
    tokens.add(moreTokens);
    malformed.add(moreMalformed);
  }

  /** Tells what has been done since the last call, on the driver. */
  void tell(PartWork.Progress progress) {
    long[] now = running.counts();
    List<LongAccumulator> done = all();
    long[] more = new long[now.length];
    for (int i = 0; i < now.length; i++) {
      // What a task that is lost had done does not come off.
      now[i] = Math.max(told[i], now[i] + done.get(i).sum());
      more[i] = now[i] - told[i];
    }
    told = now;
    progress.advanced(more[0], more[1], more[2], more[3]);
  }

  /** The counts of the tasks that run. */
  private static final class Running extends SparkListener {
    private final long[] ids;
    private final Map<Long, long[]> tasks = new ConcurrentHashMap<>();
    private final Set<Long> ended = ConcurrentHashMap.newKeySet();

    private Running(List<LongAccumulator> accumulators) {
      this.ids = accumulators.stream().mapToLong(LongAccumulator::id).toArray();
    }

    private long[] counts() {
      long[] sums = new long[ids.length];
      for (long[] counts : tasks.values()) {
        for (int i = 0; i < sums.length; i++) {
          sums[i] += counts[i];
        }
      }
      return sums;
    }

    @Override
    public void onExecutorMetricsUpdate(SparkListenerExecutorMetricsUpdate heartbeat) {
      for (var task : CollectionConverters.asJava(heartbeat.accumUpdates())) {
        long[] counts = new long[ids.length];
        for (var update : CollectionConverters.asJava(task._4())) {
          for (int i = 0; i < ids.length; i++) {
            if (update.id() == ids[i] && update.update().isDefined()) {
              counts[i] = (Long) update.update().get();
            }
          }
        }
        long id = (Long) task._1();
        if (!ended.contains(id)) {
          tasks.put(id, counts);
        }
      }
    }

    @Override
    public void onTaskEnd(SparkListenerTaskEnd end) {
      long id = end.taskInfo().taskId();
      ended.add(id); // its last heartbeat may still come
      tasks.remove(id);
    }
  }
}
