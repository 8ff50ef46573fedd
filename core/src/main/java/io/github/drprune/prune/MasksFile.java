package io.github.drprune.prune;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.drprune.error.Printable;
import io.github.drprune.error.UserException;
import io.github.drprune.io.AtomicFiles;
import io.github.drprune.io.InputFiles;
import io.github.drprune.json.Json;
import io.github.drprune.model.ConfigReader;
import io.github.drprune.model.ModelShape;
import io.github.drprune.model.ModelSpec;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A {@code masks.json}: everything that the cut needs besides the weights, for people to read and
 * other programs to use.
 *
 * @param format always {@link #FORMAT}
 * @param model the {@code config.json} of the model that the masks are of
 * @param result the shape of the model that they cut
 * @param hiddenBasis what the hidden units are; absent where they are the checkpoint's
 * @param modules the rows of each module
 */
record MasksFile(
    String format,
    int version,
    ObjectNode model,
    ModelShape result,
    GroupPolicy groupPolicy,
    @JsonInclude(JsonInclude.Include.NON_NULL) HiddenBasis hiddenBasis,
    Map<String, List<Row>> modules) {
  static final String FORMAT = "drprune masks";
  static final int VERSION = 1;

  /**
   * A row of a module.
   *
   * @param kept the units that stay, ascending
   * @param values what each of them is scaled by, in (0, 1]; absent where all are 1
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  record Row(int[] kept, float[] values) {
    Row {
      if (kept == null) {
        throw new UserException("'kept' is missing");
      }
      if (values != null && values.length != kept.length) {
        throw new UserException(
            "%d units kept and %d values".formatted(kept.length, values.length));
      }
    }

    static Row of(MaskValues masks, MaskModule module, int row) {
      int[] kept = masks.kept(module, row);
      float[] all = masks.values().get(module)[row];
      float[] values = new float[kept.length];
      boolean hard = true;
      for (int i = 0; i < kept.length; i++) {
        values[i] = all[kept[i]];
        hard &= values[i] == 1;
      }
      return new Row(kept, hard ? null : values);
    }

    float[] spread(int units, String where) {
      float[] spread = new float[units];
      int previous = -1;
      for (int i = 0; i < kept.length; i++) {
        if (kept[i] <= previous || kept[i] >= units) {
          throw new UserException(
              "%s: kept unit %d; expected ascending numbers below %d"
                  .formatted(where, kept[i], units));
        }
        previous = kept[i];
        spread[previous] = values == null ? 1 : values[i];
        if (!(spread[previous] > 0 && spread[previous] <= 1)) {
          throw new UserException(
              "%s: unit %d has value %s, expected more than 0 and at most 1"
                  .formatted(where, previous, spread[previous]));
        }
      }
      return spread;
    }
  }

  static void write(MaskValues masks, Path file) throws IOException {
    MaskLayout layout = masks.layout();
    Map<String, List<Row>> modules = new LinkedHashMap<>();
    for (MaskModule module : layout.modules()) {
      List<Row> rows = new ArrayList<>();
      for (int row = 0; row < layout.rows(module); row++) {
        rows.add(Row.of(masks, module, row));
      }
      modules.put(module.toString(), rows);
    }
    var content =
        new MasksFile(
            FORMAT,
            VERSION,
            layout.config().toJson(),
            masks.shape(),
            layout.policy(),
            layout.basis() == HiddenBasis.SOURCE ? null : layout.basis(),
            modules);
    AtomicFiles.text(file, Json.pretty(content));
  }

  static MaskValues read(Path file) throws IOException {
    InputFiles.requireFile(file, "name the masks.json of a run");
    try {
      JsonNode tree = Json.tree(InputFiles.text(file), file.toString());
      return Json.convert(tree, MasksFile.class, file.toString()).masks(file + ": model");
    } catch (UserException e) {
      // As the message has it, which names the file already where the JSON is not valid.
      String where = Printable.line(file.toString());
      throw e.getMessage().startsWith(where)
          ? e
          : new UserException(where + ": " + e.getMessage(), e);
    }
  }

  private MaskValues masks(String where) {
    if (!FORMAT.equals(format)) {
      throw new UserException("not a file of masks ('format' is not \"%s\")".formatted(FORMAT));
    }
    if (version != VERSION) {
      throw new UserException(
          "version %d of the format; this program reads version %d".formatted(version, VERSION));
    }
    if (model == null
        || groupPolicy == null
        || modules == null
        || modules.values().stream().anyMatch(rows -> rows == null || rows.contains(null))) {
      throw new UserException("'model', 'group_policy' or 'modules' is missing");
    }
    ModelSpec config = ConfigReader.parse(Json.line(model), where);
    var layout =
        MaskLayout.of(
                config, modules.keySet().stream().map(MaskModule::named).toList(), groupPolicy)
            .in(hiddenBasis == null ? HiddenBasis.SOURCE : hiddenBasis);
    Map<MaskModule, float[][]> values = new EnumMap<>(MaskModule.class);
    for (MaskModule module : layout.modules()) {
      List<Row> rows = modules.get(module.toString());
      float[][] spread = new float[rows.size()][];
      for (int row = 0; row < spread.length; row++) {
        spread[row] =
            rows.get(row).spread(layout.units(module), "%s row %d".formatted(module, row));
      }
      values.put(module, spread);
    }
    return new MaskValues(layout, values);
  }
}
