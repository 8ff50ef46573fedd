package io.github.drprune.optim;

import io.github.drprune.libtorch.NativeScope;
import io.github.drprune.libtorch.NoGrad;
import io.github.drprune.libtorch.Tensors;
import java.util.LinkedHashMap;
import java.util.SequencedMap;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Parameters that are sent together: how their elements lie one after the other in a flat tensor,
 * [slices * sliceLength], whose end is padding.
 */
final class Bucket {
  /** A parameter's place. */
  private record Place(long offset, long[] shape) {
    long length() {
      long length = 1;
      for (long size : shape) {
        length *= size;
      }
      return length;
    }
  }

  private final SequencedMap<String, Place> places = new LinkedHashMap<>();
  private final SequencedMap<String, Tensor> leaves;
  private final Device device;
  private final int slices;
  private final long sliceLength;

  /**
   * @param leaves float32, of one device
   * @param slices how many equal ones the flat tensor has
   */
  Bucket(SequencedMap<String, Tensor> leaves, int slices) {
    this.leaves = leaves;
    this.slices = slices;
    this.device = leaves.firstEntry().getValue().device();
    long offset = 0;
    for (var leaf : leaves.entrySet()) {
      places.put(leaf.getKey(), new Place(offset, leaf.getValue().shape()));
      offset += leaf.getValue().numel();
    }
    this.sliceLength = (offset + slices - 1) / slices;
  }

  Iterable<String> names() {
    return places.keySet();
  }

  long[] shape(String name) {
    return places.get(name).shape().clone();
  }

  long sliceLength() {
    return sliceLength;
  }

  /** Elements of all slices. */
  long length() {
    return slices * sliceLength;
  }

  /** Zeros for all slices, float32; kept beyond all scopes. */
  Tensor newFlat() {
    return newFlat(ScalarType.Float);
  }

  /** Zeros for all slices; kept beyond all scopes. */
  Tensor newFlat(ScalarType type) {
    return zeros(length(), type);
  }

  /** Zeros for one slice, float32; kept beyond all scopes. */
  Tensor newSlice() {
    return zeros(sliceLength, ScalarType.Float);
  }

  private Tensor zeros(long length, ScalarType type) {
    try (var _ = NativeScope.open()) {
      return NativeScope.keep(torch.zeros(new long[] {length}, Tensors.options(type, device)));
    }
  }

  /** Slice {@code index} of {@code flat}, in the caller's scope. */
  Tensor slice(Tensor flat, int index) {
    return flat.narrow(0, index * sliceLength, sliceLength);
  }

  /** What of {@code flat} is {@code name}'s, in its shape and the caller's scope. */
  Tensor view(Tensor flat, String name) {
    Place place = places.get(name);
    return flat.narrow(0, place.offset(), place.length()).view(place.shape());
  }

  /** Moves the parameters' values into {@code flat}, whose views the leaves become. */
  void moveInto(Tensor flat) {
    try (var _ = NativeScope.open();
        var _ = NoGrad.open()) {
      leaves.forEach((name, leaf) -> view(flat, name).copy_(leaf.detach()));
    }
    point(flat);
  }

  /** Makes the leaves views of {@code flat}. */
  void point(Tensor flat) {
    try (var _ = NativeScope.open();
        var _ = NoGrad.open()) {
      leaves.forEach((name, leaf) -> leaf.set_data(view(flat, name)));
    }
  }

  /** Takes the values from the leaves, which have no elements then. */
  void empty() {
    try (var _ = NativeScope.open();
        var _ = NoGrad.open()) {
      Tensor nothing = torch.zeros(new long[] {0}, Tensors.options(ScalarType.Float, device));
      leaves.values().forEach(leaf -> leaf.set_data(nothing));
    }
  }

  /** Takes the gradients from the leaves. */
  void dropGradients() {
    try (var _ = NativeScope.open()) {
      var undefined = new Tensor();
      leaves.values().forEach(leaf -> leaf.mutable_grad().put(undefined));
    }
  }

  /** Makes the gradients of the parameters views of {@code flat}. */
  void gatherGradientsIn(Tensor flat) {
    try (var _ = NativeScope.open();
        var _ = NoGrad.open()) {
      leaves.forEach((name, leaf) -> leaf.mutable_grad().put(view(flat, name)));
    }
  }

  /** What parameter {@code name} and slice {@code index} have in common. */
  Overlap overlap(String name, int index) {
    Place place = places.get(name);
    long begin = index * sliceLength;
    long from = Math.max(begin, place.offset());
    long to = Math.min(begin + sliceLength, place.offset() + place.length());
    return new Overlap(from - place.offset(), from - begin, Math.max(0, to - from));
  }

  /**
   * Elements that lie both in a parameter and in a slice.
   *
   * @param from the first's index in the parameter
   * @param inSlice the first's index in the slice
   * @param length how many they are, which may be none
   */
  record Overlap(long from, long inSlice, long length) {
    /** These of the slice, [length]. */
    Tensor ofSlice(Tensor slice) {
      return slice.narrow(0, inSlice, length);
    }
  }
}
