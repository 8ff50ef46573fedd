package io.github.drprune.data.prepare;

import java.util.ArrayList;
import java.util.List;

/**
 * A part of a domain's input, for one process to tokenize. The parts depend on the input and the
 * size asked for alone.
 *
 * @param number from 0, over all domains in their order
 * @param domain null where each record names its own
 * @param slices in the order of the input
 */
public record CorpusPart(int number, String domain, List<InputSlice> slices) {
  public CorpusPart {
    slices = List.copyOf(slices);
  }

  /** Bytes of input. */
  public long bytes() {
    return slices.stream().mapToLong(InputSlice::bytes).sum();
  }

  /**
   * Divides a corpus: large files of lines and of Parquet are cut, small ones of a domain go
   * together.
   *
   * @param size bytes of a part, about; a file that cannot be cut makes a larger one
   */
  static List<CorpusPart> of(Corpus corpus, long size) {
    List<CorpusPart> parts = new ArrayList<>();
    for (var domain : corpus.domains()) {
      List<InputSlice> open = new ArrayList<>();
      long filled = 0;
      for (InputFile file : domain.files()) {
        for (InputSlice slice : slices(file, size)) {
          if (!open.isEmpty() && filled + slice.bytes() > size) {
            parts.add(new CorpusPart(parts.size(), domain.name(), open));
            open.clear();
            filled = 0;
          }
          open.add(slice);
          filled += slice.bytes();
        }
      }
      parts.add(new CorpusPart(parts.size(), domain.name(), open));
    }
    return parts;
  }

  private static List<InputSlice> slices(InputFile file, long size) {
    boolean divisible =
        switch (file.format()) {
          case JSONL -> Compression.of(file.path()) == Compression.NONE;
          case PARQUET, ORC -> true;
          case TEXT, MDS -> false;
        };
    if (!divisible || file.bytes() <= size) {
      return List.of(new InputSlice(file, 0, file.bytes()));
    }
    List<InputSlice> slices = new ArrayList<>();
    for (long from = 0; from < file.bytes(); from += size) {
      slices.add(new InputSlice(file, from, Math.min(from + size, file.bytes())));
    }
    return slices;
  }
}
