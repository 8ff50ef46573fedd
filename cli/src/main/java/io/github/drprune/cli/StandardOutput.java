package io.github.drprune.cli;

import io.github.drprune.error.UserException;
import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;

/** Standard output that keeps its first failure, where Java's own stream is silent about any. */
final class StandardOutput extends FilterOutputStream {
  private volatile IOException failure;

  private StandardOutput(OutputStream file) {
    super(file);
  }

  /** Takes the place of {@link System#out}. */
  static StandardOutput install() {
    var output = new StandardOutput(new FileOutputStream(FileDescriptor.out));
    System.setOut(new PrintStream(new BufferedOutputStream(output), true, System.out.charset()));
    return output;
  }

  @Override
  public synchronized void write(byte[] bytes, int from, int length) throws IOException {
    try {
      out.write(bytes, from, length);
    } catch (IOException e) {
      failure = failure == null ? e : failure;
      throw e;
    }
  }

  /**
   * The exit code of a program that would end with {@code code}: what it did may be whole where
   * what it said is not, so that another failure goes before this one. A reader that wants no more,
   * such as {@code head}, is none.
   */
  int checked(int code) {
    System.out.flush();
    if (code != 0 || failure == null || failure.getMessage().contains("Broken pipe")) {
      return code;
    }
    var mistake =
        new UserException(
            "standard output: %s; what the command said is not complete"
                .formatted(failure.getMessage()),
            failure);
    return new Failure(mistake).tell(new PrintWriter(System.err, true));
  }
}
