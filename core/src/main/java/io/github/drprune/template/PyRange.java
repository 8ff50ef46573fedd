package io.github.drprune.template;

import java.util.AbstractList;
import java.util.Locale;
import java.util.RandomAccess;

/** Python's {@code range(start, stop, step)}: numbers that take no memory. */
final class PyRange extends AbstractList<Object> implements RandomAccess {
  private final long start;
  private final long stop;
  private final long step;
  private final int size;

  PyRange(long start, long stop, long step) {
    if (step == 0) {
      throw TemplateException.value("range() arg 3 must not be zero");
    }
    this.start = start;
    this.stop = stop;
    this.step = step;
    long distance = step > 0 ? stop - start : start - stop;
    long count = distance <= 0 ? 0 : (distance - 1) / Math.abs(step) + 1;
    if (count > Integer.MAX_VALUE) {
      throw TemplateException.value("range() is too long");
    }
    this.size = (int) count;
  }

  @Override
  public Object get(int index) {
    return start + index * step;
  }

  @Override
  public int size() {
    return size;
  }

  String repr() {
    return step == 1
        ? String.format(Locale.ROOT, "range(%d, %d)", start, stop)
        : String.format(Locale.ROOT, "range(%d, %d, %d)", start, stop, step);
  }
}
