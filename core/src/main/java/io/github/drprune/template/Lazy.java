package io.github.drprune.template;

import java.util.Iterator;
import java.util.NoSuchElementException;

/** An iterator over what {@link #advance} gives until it gives {@link #END}. */
abstract class Lazy implements Iterator<Object> {
  static final Object END = new Object();

  private Object ahead;
  private boolean isAhead;

  abstract Object advance();

  @Override
  public boolean hasNext() {
    if (!isAhead) {
      ahead = advance();
      isAhead = true;
    }
    return ahead != END;
  }

  @Override
  public Object next() {
    if (!hasNext()) {
      throw new NoSuchElementException();
    }
    isAhead = false;
    return ahead;
  }
}
