package io.github.drprune.safetensors;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** From a header's JSON to its tensors, refusing whatever the format does not allow. */
final class HeaderParser {
  private final StrictJson json;
  private final List<TensorInfo> tensors = new ArrayList<>();
  private final Map<String, String> metadata = new LinkedHashMap<>();

  private HeaderParser(StrictJson json) {
    this.json = json;
  }

  static SafetensorsHeader parse(StrictJson json, long dataStart) throws IOException {
    var parser = new HeaderParser(json);
    json.object("the whole", parser::entry);
    // Empty tensors share their offset with the tensor that follows them.
    parser.tensors.sort(
        Comparator.comparingLong(TensorInfo::begin).thenComparingLong(TensorInfo::end));
    Map<String, TensorInfo> byName = new LinkedHashMap<>();
    parser.tensors.forEach(tensor -> byName.put(tensor.name(), tensor));
    try {
      return new SafetensorsHeader(byName, parser.metadata, dataStart);
    } catch (IllegalArgumentException e) {
      throw json.refused(e.getMessage());
    }
  }

  private void entry(String key) throws IOException {
    if (key.equals(SafetensorsHeader.METADATA)) {
      json.object(key, name -> metadata.put(name, json.string(key + "." + Quoted.of(name))));
    } else {
      tensors.add(tensor(key));
    }
  }

  private TensorInfo tensor(String name) throws IOException {
    String what = "tensor " + Quoted.of(name);
    var fields = new Fields();
    json.object(
        what,
        key -> {
          switch (key) {
            case "dtype" -> fields.dtype = json.string(what + ": dtype");
            case "shape" -> fields.shape = json.longs(what + ": shape", TensorSpec.MAX_RANK);
            case "data_offsets" -> fields.offsets = json.longs(what + ": data_offsets", 2);
            default -> throw json.refused("%s: unknown key %s".formatted(what, Quoted.of(key)));
          }
        });
    try {
      return fields.tensor(name);
    } catch (IllegalArgumentException e) {
      throw json.refused(what + ": " + e.getMessage());
    }
  }

  /** One entry of the header, as far as it has been read. */
  private static final class Fields {
    private String dtype;
    private List<Long> shape;
    private List<Long> offsets;

    TensorInfo tensor(String name) {
      if (dtype == null || shape == null || offsets == null || offsets.size() != 2) {
        throw new IllegalArgumentException("expected dtype, shape and two data_offsets");
      }
      var info = new TensorInfo(new TensorSpec(name, Dtype.named(dtype), shape), offsets.get(0));
      if (info.end() != offsets.get(1)) {
        throw new IllegalArgumentException(
            "%s %s takes %d bytes, its data_offsets %s do not"
                .formatted(dtype, shape, info.byteSize(), offsets));
      }
      return info;
    }
  }
}
