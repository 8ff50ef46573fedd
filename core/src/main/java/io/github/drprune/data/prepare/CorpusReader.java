package io.github.drprune.data.prepare;

import java.io.Closeable;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Reads a corpus from a given file on, batch by batch, and marks the end of each file. */
final class CorpusReader implements Closeable {
  /**
   * A file in its place.
   *
   * @param index among all files of the corpus
   * @param domain null where each record names its own
   * @param lastOfDomain whether the domain is complete after it
   */
  record Place(int index, String domain, InputFile file, boolean lastOfDomain) {}

  /**
   * A step of the reading.
   *
   * @param batch null at the end of the file
   * @param position bytes of the corpus consumed, on the disk
   */
  record Step(Place place, RecordBatch batch, long position) {}

  private final List<Place> places = new ArrayList<>();
  private final PrepareConfig config;
  private final Spool spool;
  private int next;
  private RecordSource source;
  private long before;

  /**
   * @param first how many files to leave out
   * @param spool where records too long to be held are kept while they are read
   */
  CorpusReader(Corpus corpus, int first, PrepareConfig config, Spool spool) {
    this.config = config;
    this.spool = spool;
    for (var domain : corpus.domains()) {
      for (var file : domain.files()) {
        places.add(new Place(places.size(), domain.name(), file, file == domain.files().getLast()));
      }
    }
    this.next = first;
    this.before = places.subList(0, first).stream().mapToLong(place -> place.file().bytes()).sum();
  }

  /** The next step, or null at the end of the corpus. */
  Step next() throws IOException {
    if (next == places.size()) {
      return null;
    }
    var place = places.get(next);
    var batch = read(place.file());
    if (batch != null) {
      return new Step(place, batch, before + source.position());
    }
    source.close();
    source = null;
    before += place.file().bytes();
    next++;
    return new Step(place, null, before);
  }

  private RecordBatch read(InputFile file) {
    return RecordSource.reading(
        file,
        () -> {
          if (source == null) {
            source = RecordSource.open(InputSlice.whole(file), Storage.LOCAL, config, spool);
          }
          return source.next();
        });
  }

  @Override
  public void close() throws IOException {
    if (source != null) {
      source.close();
    }
  }
}
