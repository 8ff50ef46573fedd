package io.github.drprune.json;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.deser.std.StdScalarDeserializer;
import java.io.IOException;

/** Reads a number, and null, which {@link NullForNotFinite} writes, as NaN. */
final class NaNForNull extends StdScalarDeserializer<Double> {
  private static final long serialVersionUID = 1L;

  NaNForNull() {
    super(double.class);
  }

  @Override
  public Double deserialize(JsonParser parser, DeserializationContext context) throws IOException {
    return _parseDoublePrimitive(parser, context);
  }

  @Override
  public Double getNullValue(DeserializationContext context) {
    return Double.NaN;
  }
}
