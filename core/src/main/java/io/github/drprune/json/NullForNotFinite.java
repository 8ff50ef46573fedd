package io.github.drprune.json;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.util.JsonGeneratorDelegate;
import java.io.IOException;

/** Writes null for NaN and infinities, which JSON has no numbers for. */
final class NullForNotFinite extends JsonGeneratorDelegate {
  NullForNotFinite(JsonGenerator generator) {
    super(generator);
  }

  @Override
  public void writeNumber(double value) throws IOException {
    if (Double.isFinite(value)) {
      super.writeNumber(value);
    } else {
      writeNull();
    }
  }

  @Override
  public void writeNumber(float value) throws IOException {
    if (Float.isFinite(value)) {
      super.writeNumber(value);
    } else {
      writeNull();
    }
  }

  @Override
  public void writeArray(double[] values, int offset, int length) throws IOException {
    writeStartArray(values, length);
    for (int i = offset; i < offset + length; i++) {
      writeNumber(values[i]);
    }
    writeEndArray();
  }
}
