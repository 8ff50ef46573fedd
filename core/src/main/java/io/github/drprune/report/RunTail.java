package io.github.drprune.report;

import io.github.drprune.error.UserException;
import io.github.drprune.json.Json;
import io.github.drprune.run.RunEvent;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Arrays;
import java.util.Objects;
import java.util.function.Consumer;

/**
 * Follows a run's file of events while another process writes it. A line counts once its line feed
 * is there; a file that was cut back or replaced, as at a resume, is read again from its start. A
 * line that is no event is left out and counted.
 */
public final class RunTail {
  private static final int BUFFER = 1 << 16;

  /** Bytes before the read position that must stay the same for the file to be the same one. */
  private static final int MARK = 256;

  private final Path file;
  private final ByteArrayOutputStream line = new ByteArrayOutputStream();
  private byte[] mark = new byte[0];
  private Object identity;
  private long position;
  private long lines;
  private long badLines;
  private String firstBadLine;

  /** Follows {@code file}, which need not exist yet. */
  public RunTail(Path file) {
    this.file = file;
  }

  /**
   * Reads what was added since the last call. {@code restart} runs first when the file is no longer
   * the one read so far; all its events follow.
   *
   * @return whether there was anything new
   */
  public boolean poll(Runnable restart, Consumer<RunEvent> events) throws IOException {
    try (var channel = Files.newByteChannel(file)) {
      Object now = Files.readAttributes(file, BasicFileAttributes.class).fileKey();
      boolean replaced = position > 0 && !(Objects.equals(now, identity) && continues(channel));
      if (replaced) {
        forget();
        restart.run();
      }
      identity = now;
      return read(channel, events) || replaced;
    } catch (NoSuchFileException e) {
      boolean vanished = position > 0;
      if (vanished) {
        forget();
        restart.run();
      }
      return vanished;
    }
  }

  /** Whether the file ends in a line that is not whole. */
  public boolean endsInHalfALine() {
    return line.size() > 0;
  }

  /** How many whole lines were no events. */
  public long badLines() {
    return badLines;
  }

  /** Why the first of these lines is no event, with its number; null where there is none. */
  public String firstBadLine() {
    return firstBadLine;
  }

  private boolean continues(SeekableByteChannel channel) throws IOException {
    if (channel.size() < position) {
      return false;
    }
    var seen = ByteBuffer.allocate(mark.length);
    channel.position(position - mark.length);
    while (seen.hasRemaining() && channel.read(seen) >= 0) {}
    return Arrays.equals(mark, seen.array());
  }

  private boolean read(SeekableByteChannel channel, Consumer<RunEvent> events) throws IOException {
    channel.position(position);
    var buffer = ByteBuffer.allocate(BUFFER);
    boolean any = false;
    while (channel.read(buffer.clear()) > 0) {
      any = true;
      byte[] bytes = buffer.array();
      int length = buffer.position();
      int start = 0;
      for (int i = 0; i < length; i++) {
        if (bytes[i] == '\n') {
          line.write(bytes, start, i - start);
          finishLine(events);
          start = i + 1;
        }
      }
      line.write(bytes, start, length - start);
      position += length;
      remember(bytes, length);
    }
    return any;
  }

  private void remember(byte[] bytes, int length) {
    var recent = new ByteArrayOutputStream();
    recent.writeBytes(mark);
    recent.write(bytes, 0, length);
    byte[] all = recent.toByteArray();
    mark = Arrays.copyOfRange(all, Math.max(0, all.length - MARK), all.length);
  }

  private void finishLine(Consumer<RunEvent> events) {
    String text = line.toString(StandardCharsets.UTF_8);
    line.reset();
    lines++;
    if (text.isBlank()) {
      return;
    }
    RunEvent event;
    try {
      event = Json.read(text, RunEvent.class, "line " + lines);
    } catch (UserException e) {
      badLines++;
      if (firstBadLine == null) {
        firstBadLine = e.getMessage();
      }
      return;
    }
    events.accept(event);
  }

  private void forget() {
    line.reset();
    mark = new byte[0];
    position = 0;
    lines = 0;
    badLines = 0;
    firstBadLine = null;
  }
}
