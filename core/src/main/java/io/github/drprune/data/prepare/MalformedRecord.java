package io.github.drprune.data.prepare;

/** A record that holds no document; the message says why in a few words. */
final class MalformedRecord extends Exception {
  private static final long serialVersionUID = 1L;

  MalformedRecord(String why) {
    // Thousands of these are ordinary in scraped text: no stack trace.
    super(why, null, false, false);
  }
}
