package io.github.drprune.checkpoint;

import io.github.drprune.distributed.GlobalTensor;
import io.github.drprune.distributed.GlobalTensor.Piece;
import io.github.drprune.error.UserException;
import io.github.drprune.libtorch.NativeScope;
import io.github.drprune.libtorch.Tensors;
import io.github.drprune.safetensors.Dtype;
import io.github.drprune.safetensors.SafetensorsFile;
import io.github.drprune.safetensors.TensorInfo;
import io.github.drprune.safetensors.TensorSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** A group of tensors as a checkpoint's files have it, whichever processes wrote them. */
final class RestoredTensors implements AutoCloseable {
  private final Path folder;
  private final String group;
  private final List<SafetensorsFile> files = new ArrayList<>();

  private RestoredTensors(Path folder, String group) {
    this.folder = folder;
    this.group = group;
  }

  static RestoredTensors open(Path folder, String group) throws IOException {
    var opened = new RestoredTensors(folder, group);
    Pattern name = Pattern.compile(Pattern.quote(group) + StoredTensors.SUFFIX);
    try (Stream<Path> entries = Files.list(folder)) {
      for (Path file : (Iterable<Path>) entries.sorted()::iterator) {
        if (name.matcher(file.getFileName().toString()).matches()) {
          opened.files.add(SafetensorsFile.open(file));
        }
      }
    } catch (IOException | RuntimeException e) {
      opened.close();
      throw e;
    }
    return opened;
  }

  /**
   * Makes sure that the files hold just {@code tensors}, each element once.
   *
   * @throws UserException when they do not
   */
  void require(SequencedMap<String, GlobalTensor> tensors) {
    Map<String, List<StoredPiece>> found = new HashMap<>();
    for (SafetensorsFile file : files) {
      for (TensorInfo info : file.tensors().values()) {
        var piece = StoredPiece.of(info.spec());
        found.computeIfAbsent(piece.tensor(), _ -> new ArrayList<>()).add(piece);
      }
    }
    boolean same =
        found.keySet().equals(tensors.keySet())
            && found.entrySet().stream()
                .allMatch(entry -> make(entry.getValue(), tensors.get(entry.getKey()).shape()));
    if (!same) {
      throw new UserException(
          "%s: the %s of the checkpoint are other tensors than this run's; the run was begun with another model or configuration"
              .formatted(folder, group));
    }
  }

  /** Whether {@code pieces} make one tensor of {@code shape}. */
  private static boolean make(List<StoredPiece> pieces, long[] shape) {
    pieces.sort(Comparator.comparingLong(StoredPiece::from));
    long end = 0;
    for (StoredPiece piece : pieces) {
      if (piece.from() != end || !piece.fits(shape)) {
        return false;
      }
      end = piece.end();
    }
    return end == TensorSpec.of("", Dtype.F32, shape).elements();
  }

  /** Gives each of {@code tensors} what it is to hold. */
  void into(SequencedMap<String, GlobalTensor> tensors) {
    for (SafetensorsFile file : files) {
      for (TensorInfo info : file.tensors().values()) {
        var piece = StoredPiece.of(info.spec());
        try (var _ = NativeScope.open()) {
          tensors
              .get(piece.tensor())
              .restore(new Piece(piece.from(), piece.length(), () -> values(file, info)));
        }
      }
    }
  }

  private static Tensor values(SafetensorsFile file, TensorInfo info) {
    return Tensors.over(file.segment(info.name()), ScalarType.Float, info.spec().elements());
  }

  @Override
  public void close() {
    files.forEach(SafetensorsFile::close);
  }
}
