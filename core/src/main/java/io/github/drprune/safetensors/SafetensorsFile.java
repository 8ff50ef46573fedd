package io.github.drprune.safetensors;

import io.github.drprune.error.UserException;
import io.github.drprune.io.InputFiles;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Path;
import java.util.Map;

/**
 * One safetensors file, mapped read-only; files beyond 2 GiB are mapped whole. {@link #close}
 * unmaps it: native code must have let go of every segment by then. The file's length is checked
 * when it is opened; one that another process shortens afterwards kills the JVM (SIGBUS) where its
 * lost bytes are touched, as any mapped file does.
 */
public final class SafetensorsFile implements AutoCloseable {
  private final Path path;
  private final SafetensorsHeader header;
  private final Arena arena;
  private final MemorySegment data;

  private SafetensorsFile(Path path, SafetensorsHeader header, Arena arena, MemorySegment data) {
    this.path = path;
    this.header = header;
    this.arena = arena;
    this.data = data;
  }

  /** Maps {@code path}; a {@link UserException} says why it is not a valid safetensors file. */
  public static SafetensorsFile open(Path path) throws IOException {
    InputFiles.requireFile(path, "restore it");
    try (var channel = FileChannel.open(path)) {
      var header = SafetensorsHeader.read(path, channel);
      var arena = Arena.ofShared();
      try {
        var whole = channel.map(MapMode.READ_ONLY, 0, channel.size(), arena);
        var data = whole.asSlice(header.dataStart(), header.dataLength());
        return new SafetensorsFile(path, header, arena, data);
      } catch (IOException | RuntimeException e) {
        arena.close();
        throw e;
      }
    }
  }

  public Path path() {
    return path;
  }

  public Map<String, TensorInfo> tensors() {
    return header.tensors();
  }

  public Map<String, String> metadata() {
    return header.metadata();
  }

  /**
   * The bytes of a tensor the file has, little-endian, row-major. The address is a multiple of the
   * element size only in files whose writer saw to it, as {@link SafetensorsWriter} does.
   */
  public MemorySegment segment(String name) {
    var tensor = header.tensors().get(name);
    if (tensor == null) {
      throw new IllegalArgumentException("%s has no tensor %s".formatted(path, Quoted.of(name)));
    }
    return data.asSlice(tensor.begin(), tensor.byteSize());
  }

  @Override
  public void close() {
    arena.close();
  }
}
