package io.github.drprune.prune;

import io.github.drprune.libtorch.Tensors;
import io.github.drprune.nn.BlockMasks;
import io.github.drprune.nn.HalfMasks;
import io.github.drprune.nn.HiddenMask;
import io.github.drprune.nn.ModelMasks;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Masks as a forward pass takes them. */
public final class MaskTensors {
  private MaskTensors() {}

  /** Masks of given values; the tensors live in the caller's scope. */
  public static ModelMasks of(MaskValues masks, Device device) {
    Map<MaskModule, Tensor> tensors = new EnumMap<>(MaskModule.class);
    masks
        .values()
        .forEach(
            (module, rows) -> {
              int units = rows[0].length;
              float[] flat = new float[rows.length * units];
              for (int row = 0; row < rows.length; row++) {
                System.arraycopy(rows[row], 0, flat, row * units, units);
              }
              Tensor values = Tensors.of(flat, rows.length, units);
              tensors.put(module, values.to(device, ScalarType.Float));
            });
    return of(masks.layout(), tensors);
  }

  /**
   * The masks of a forward pass.
   *
   * @param values [rows, units] of each module of the layout
   */
  static ModelMasks of(MaskLayout layout, Map<MaskModule, Tensor> values) {
    int layers = layout.config().layers();
    HiddenMask hidden =
        values.containsKey(MaskModule.HIDDEN)
            ? HiddenMask.of(values.get(MaskModule.HIDDEN).view(-1))
            : null;
    TensorVector heads = perLayer(values.get(MaskModule.HEAD), layers);
    TensorVector intermediate = perLayer(values.get(MaskModule.INTERMEDIATE), layers);
    TensorVector whole = perLayer(values.get(MaskModule.LAYER), layers);
    TensorVector attention =
        whole == null ? perLayer(values.get(MaskModule.HEAD_LAYER), layers) : whole;
    TensorVector mlp = whole == null ? perLayer(values.get(MaskModule.MLP), layers) : whole;
    List<BlockMasks> blocks = new ArrayList<>();
    for (int layer = 0; layer < layers; layer++) {
      blocks.add(
          new BlockMasks(
              new HalfMasks(hidden, at(heads, layer), scalar(at(attention, layer))),
              new HalfMasks(hidden, at(intermediate, layer), scalar(at(mlp, layer)))));
    }
    return new ModelMasks(hidden, blocks);
  }

  private static TensorVector perLayer(Tensor values, int layers) {
    return values == null ? null : values.reshape(layers, -1).unbind();
  }

  private static Tensor at(TensorVector rows, int layer) {
    return rows == null ? null : rows.get(layer);
  }

  private static Tensor scalar(Tensor value) {
    return value == null ? null : value.squeeze();
  }
}
