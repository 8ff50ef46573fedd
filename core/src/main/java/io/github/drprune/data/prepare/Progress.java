package io.github.drprune.data.prepare;

import io.github.drprune.data.Manifest;
import io.github.drprune.data.Split;
import io.github.drprune.error.UserException;
import io.github.drprune.io.AtomicFiles;
import io.github.drprune.json.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * {@code progress.json}: how far an unfinished preparation got, at the end of an input file. It
 * stands in the data folder from before the first shard until after the manifest.
 *
 * @param fingerprint of the settings and of the files done, see {@link Fingerprint}
 * @param tokenizer its SHA-256
 * @param files input files done
 * @param malformed records skipped in them
 * @param specials special tokens in the text of the files done; absent in older files
 * @param finished domains that are complete
 * @param open the packers of the others
 */
record Progress(
    String fingerprint,
    String tokenizer,
    int files,
    long malformed,
    Long specials,
    List<Manifest.Domain> finished,
    Map<String, Map<Split, Packer.State>> open) {
  static final String FILE = "progress.json";

  Progress {
    specials = specials == null ? 0 : specials;
  }

  /** Of a preparation that has done nothing yet. */
  static Progress start(Fingerprint fingerprint, Manifest.TokenizerIdentity identity) {
    return new Progress(fingerprint.after(0), identity.sha256(), 0, 0, 0L, List.of(), Map.of());
  }

  /** Reads the progress of an earlier attempt in {@code folder}, if there was one. */
  static Optional<Progress> read(Path folder) throws IOException {
    Path file = folder.resolve(FILE);
    return Files.exists(file) ? Optional.of(Json.read(file, Progress.class)) : Optional.empty();
  }

  void write(Path folder) throws IOException {
    AtomicFiles.text(folder.resolve(FILE), Json.line(this));
  }

  /** Refuses to go on with other settings, another tokenizer or other input than was begun with. */
  void requireSame(Fingerprint fingerprints, String tokenizerSha256, OutputFolder folder) {
    if (!tokenizer.equals(tokenizerSha256)) {
      throw new UserException(
          folder.path()
              + ": holds unfinished data of another tokenizer; delete it or choose another folder");
    }
    if (files > fingerprints.files() || !fingerprint.equals(fingerprints.after(files))) {
      throw folder.begunOtherwise();
    }
  }
}
