package io.github.drprune.data.prepare;

import io.github.drprune.data.Manifest;
import java.io.IOException;
import java.util.List;

/** Has pieces of a preparation done, in any order and as often as it likes. */
public interface PartWorkers {
  /**
   * Has every part tokenized.
   *
   * @param progress is told of it, on the thread that called
   * @return what each gave, in the order of the parts
   */
  List<PartTokens> tokenize(PartedJob job, List<CorpusPart> parts, PartWork.Progress progress)
      throws IOException;

  /**
   * Has every shard made.
   *
   * @return the shards in the order of the plans
   */
  List<Manifest.Shard> join(PartedJob job, List<ShardPlan> plans) throws IOException;
}
