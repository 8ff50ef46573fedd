package io.github.drprune.spark;

import io.github.drprune.data.TextColumns;
import io.github.drprune.data.prepare.ColumnFormat;
import io.github.drprune.data.prepare.Format;
import io.github.drprune.data.prepare.InputSlice;
import io.github.drprune.data.prepare.Storage;
import java.io.IOException;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.orc.OrcFile;

/** Reads ORC with the reader that Spark brings. */
public final class OrcFormat implements ColumnFormat {
  @Override
  public Format format() {
    return Format.ORC;
  }

  @Override
  public TextColumns open(InputSlice slice, Storage storage, List<String> columns)
      throws IOException {
    FileSystem system =
        storage instanceof HadoopStorage hadoop
            ? hadoop.system()
            : FileSystem.getLocal(new Configuration()).getRaw();
    Path file = new Path(slice.file().path().toString());
    try {
      var reader =
          OrcFile.createReader(
              system.makeQualified(file),
              OrcFile.readerOptions(system.getConf()).filesystem(system));
      return new OrcText(reader, slice, columns);
    } catch (IllegalArgumentException | IndexOutOfBoundsException | NullPointerException e) {
      throw new IOException(
          "its description of itself is damaged", e); // the reader takes it on trust
    }
  }
}
