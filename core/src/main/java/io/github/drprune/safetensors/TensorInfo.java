package io.github.drprune.safetensors;

import java.util.List;

/**
 * A tensor of a file: what it is and where its bytes are.
 *
 * @param begin first byte, counted from the end of the file's header
 */
public record TensorInfo(TensorSpec spec, long begin) {
  public TensorInfo {
    if (begin < 0 || begin > Long.MAX_VALUE - spec.byteSize()) {
      throw new IllegalArgumentException("data offset %d is out of range".formatted(begin));
    }
  }

  public String name() {
    return spec.name();
  }

  public Dtype dtype() {
    return spec.dtype();
  }

  public List<Long> shape() {
    return spec.shape();
  }

  public long byteSize() {
    return spec.byteSize();
  }

  /** The byte after the last one, counted from the end of the header. */
  public long end() {
    return begin + spec.byteSize();
  }
}
