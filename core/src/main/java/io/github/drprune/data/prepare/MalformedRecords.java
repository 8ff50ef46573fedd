package io.github.drprune.data.prepare;

import io.github.drprune.error.Printable;
import io.github.drprune.error.UserException;
import java.util.ArrayList;
import java.util.List;

/** The records skipped: the first are shown, all are counted, and past a limit it is an error. */
final class MalformedRecords {
  /** How many are shown. */
  static final int SHOWN = 5;

  private final long limit;
  private final PrepareListener listener;
  private final List<String> first = new ArrayList<>();
  private long count;

  /**
   * @param count of those skipped before
   */
  MalformedRecords(long limit, long count, PrepareListener listener) {
    this.limit = limit;
    this.count = count;
    this.listener = listener;
  }

  /** Takes note of one. */
  void add(InputFile file, TokenizedBatch.Malformed record) {
    if (first.size() < SHOWN) {
      String line =
          "%s:%d: %s".formatted(file.path(), record.record(), Printable.line(record.why()));
      first.add(line);
      listener.warning("skipped " + line);
    }
    add(1);
  }

  /** Takes note of some that are not shown. */
  void add(long more) {
    count += more;
    if (count > limit) {
      throw new UserException(
          "%,d malformed records, more than the %,d allowed; mend them or allow more; the first: %s"
              .formatted(count, limit, String.join("; ", first)));
    }
  }

  long count() {
    return count;
  }
}
