package io.github.drprune.export;

import io.github.drprune.export.ExportedTensor.RowOrder;
import io.github.drprune.export.ExportedTensor.Stored;
import io.github.drprune.gguf.TensorType;
import io.github.drprune.model.LlamaCpp.Trait;
import io.github.drprune.model.ModelSpec;
import io.github.drprune.model.TensorRole;
import io.github.drprune.model.TensorShape;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;

/** The tensors of a file: llama.cpp's names, their order of rows, what is folded into them. */
final class TensorList {
  private final ExportedModel model;
  private final ModelSpec spec;
  private final TensorType type;

  /**
   * The tensors of {@code model}.
   *
   * @param type of its matrices
   */
  TensorList(ExportedModel model, TensorType type) {
    this.model = model;
    this.spec = model.spec();
    this.type = type;
  }

  List<ExportedTensor> tensors(Consumer<String> warnings) {
    List<ExportedTensor> tensors = new ArrayList<>();
    model.factors().forEach((name, values) -> tensors.add(ExportedTensor.given(name, values)));
    for (TensorShape tensor : spec.tensors().values()) {
      tensors.add(stored(name(tensor), tensor));
    }
    if (spec.tiedEmbeddings() && model.architecture().has(Trait.HEAD_STORED)) {
      tensors.add(stored("output.weight", spec.weight(TensorRole.EMBEDDING, -1)));
    }
    if (model.architecture().has(Trait.BIASES_NEEDED)) {
      addMissingBiases(tensors);
    }
    long unlike =
        tensors.stream()
            .filter(tensor -> tensor.declared().sizes().size() > 1)
            .filter(tensor -> tensor.declared().type() != type)
            .count();
    if (unlike > 0) {
      warnings.accept(
          "%d matrices are F16: their rows do not fill blocks of %d numbers, as %s has them"
              .formatted(unlike, type.blockSize(), type));
    }
    return tensors;
  }

  private void addMissingBiases(List<ExportedTensor> tensors) {
    for (TensorRole role : TensorRole.values()) {
      boolean missing = model.architecture().biases().contains(role) && !spec.hasBias(role);
      for (int layer = 0; missing && layer < spec.layers(); layer++) {
        TensorShape bias = spec.bias(role, layer);
        tensors.add(ExportedTensor.given(name(bias), new float[(int) bias.elements()]));
      }
    }
  }

  private ExportedTensor stored(String name, TensorShape tensor) {
    long[] sizes = tensor.sizes();
    TensorType stored = TensorType.F32;
    if (tensor.isMatrix()) {
      stored = sizes[1] % type.blockSize() == 0 ? type : TensorType.F16;
    }
    boolean fromOne = spec.norm().fromOne() && tensor.role().isNorm();
    double factor = model.queryFactor(tensor.role());
    return ExportedTensor.stored(
        name,
        stored,
        sizes,
        new Stored(tensor.name(), order(tensor.role()), factor, fromOne ? factor : 0));
  }

  private RowOrder order(TensorRole role) {
    boolean neighbours = model.architecture().has(Trait.TURNS_NEIGHBOURS);
    return switch (role) {
      case QUERY, KEY ->
          neighbours ? RowOrder.neighbours(spec.headDim(), model.turningDims()) : RowOrder.SAME;
      case QUERY_KEY_VALUE_BY_HEAD -> RowOrder.byPart(spec.heads(), spec.headDim());
      default -> RowOrder.SAME;
    };
  }

  private static String name(TensorShape tensor) {
    String name = name(tensor.role());
    return (tensor.role().isInLayer()
            ? String.format(Locale.ROOT, "blk.%d.%s", tensor.layer(), name)
            : name)
        + (tensor.isBias() ? ".bias" : ".weight");
  }

  private static String name(TensorRole role) {
    return switch (role) {
      case EMBEDDING -> "token_embd";
      case ATTENTION_NORM -> "attn_norm";
      case QUERY -> "attn_q";
      case KEY -> "attn_k";
      case VALUE -> "attn_v";
      case QUERY_KEY_VALUE, QUERY_KEY_VALUE_BY_HEAD -> "attn_qkv";
      case QUERY_NORM, JOINT_QUERY_NORM -> "attn_q_norm";
      case KEY_NORM, JOINT_KEY_NORM -> "attn_k_norm";
      case ATTENTION_OUTPUT -> "attn_output";
      case AFTER_ATTENTION_NORM -> "post_attention_norm";
      case MLP_NORM -> "ffn_norm";
      case GATE -> "ffn_gate";
      case UP, GATE_UP -> "ffn_up";
      case DOWN -> "ffn_down";
      case AFTER_MLP_NORM -> "post_ffw_norm";
      case FINAL_NORM -> "output_norm";
      case HEAD -> "output";
    };
  }
}
