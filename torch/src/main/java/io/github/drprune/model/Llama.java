package io.github.drprune.model;

import static io.github.drprune.nn.Axis.HIDDEN;
import static io.github.drprune.nn.Axis.INTERMEDIATE;
import static io.github.drprune.nn.Axis.KEY_VALUE;
import static io.github.drprune.nn.Axis.QUERY;
import static io.github.drprune.nn.Axis.VOCABULARY;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.drprune.error.UserException;
import io.github.drprune.model.ModelConfig.Biases;
import io.github.drprune.nn.Attention;
import io.github.drprune.nn.Block;
import io.github.drprune.nn.Mlp;
import io.github.drprune.nn.Weight;
import java.util.ArrayList;
import java.util.List;

/** Llama 1 to 3.x (arXiv 2302.13971, 2407.21783). */
record Llama() implements Family {
  @Override
  public String modelType() {
    return "llama";
  }

  @Override
  public ModelConfig read(ConfigReader config) {
    config.refuseWhenPresent("sliding_window", "sliding windows");
    config.refuseOtherLayerTypes();
    boolean attentionBias = config.flag("attention_bias", false);
    return read(
        this, config, new Biases(attentionBias, attentionBias, config.flag("mlp_bias", false)));
  }

  static ModelConfig read(Family family, ConfigReader config, Biases biases) {
    int heads = config.integer("num_attention_heads", null);
    int hidden = config.integer("hidden_size", null);
    int headSize = headSize(config, hidden, heads);
    return new ModelConfig(
        family,
        hidden,
        config.integer("num_hidden_layers", null),
        heads,
        config.integer("num_key_value_heads", heads),
        headSize,
        config.integer("intermediate_size", null),
        config.integer("vocab_size", null),
        config.integer("max_position_embeddings", 2048),
        config.flag("tie_word_embeddings", false),
        biases,
        config.activation("hidden_act", "silu"),
        false,
        config.number("rms_norm_eps", 1e-6),
        config.rotary("rope_theta", "partial_rotary_factor", 1.0, headSize),
        config.json());
  }

  /** {@code head_dim}, or hidden size / heads, which must then divide. */
  static int headSize(ConfigReader config, int hidden, int heads) {
    if (config.json().hasNonNull("head_dim")) {
      return config.integer("head_dim", null);
    }
    if (hidden % heads != 0) {
      throw new UserException(
          "hidden_size %d is not a multiple of num_attention_heads %d".formatted(hidden, heads));
    }
    return hidden / heads;
  }

  @Override
  public void write(ModelConfig config, ObjectNode json) {
    json.put("num_key_value_heads", config.kvHeads());
    if (json.has("head_dim") || config.hiddenSize() != config.heads() * config.headSize()) {
      json.put("head_dim", config.headSize());
    }
  }

  @Override
  public void check(ModelConfig config) {}

  @Override
  public boolean isBuffer(String name) {
    return name.endsWith(".rotary_emb.inv_freq");
  }

  @Override
  public ModelParts assemble(ModelParts.Builder builder) {
    return assembleGated(builder);
  }

  /** The model that Llama and Qwen2 share. */
  static ModelParts assembleGated(ModelParts.Builder builder) {
    ModelConfig config = builder.config();
    Weight embedding = builder.weight(-1, "model.embed_tokens.weight", VOCABULARY, HIDDEN);
    List<Block> blocks = new ArrayList<>();
    for (int layer = 0; layer < config.layers(); layer++) {
      blocks.add(block(builder, config, layer));
    }
    return new ModelParts(
        embedding,
        blocks,
        builder.rmsNorm(-1, "model.norm"),
        config.tiedEmbeddings()
            ? embedding
            : builder.weight(-1, "lm_head.weight", VOCABULARY, HIDDEN));
  }

  private static Block block(ModelParts.Builder builder, ModelConfig config, int layer) {
    String block = "model.layers." + layer + ".";
    String attention = block + "self_attn.";
    String mlp = block + "mlp.";
    Biases bias = config.biases();
    return new Block(
        builder.rmsNorm(layer, block + "input_layernorm"),
        new Attention(
            new Attention.Split(
                builder.linear(layer, attention + "q_proj", QUERY, HIDDEN, bias.queryKeyValue()),
                builder.linear(
                    layer, attention + "k_proj", KEY_VALUE, HIDDEN, bias.queryKeyValue()),
                builder.linear(
                    layer, attention + "v_proj", KEY_VALUE, HIDDEN, bias.queryKeyValue()),
                config.heads(),
                config.kvHeads()),
            builder.linear(layer, attention + "o_proj", HIDDEN, QUERY, bias.attentionOutput()),
            builder.rotary(),
            builder.kernels()),
        builder.rmsNorm(layer, block + "post_attention_layernorm"),
        new Mlp.Gated(
            builder.linear(layer, mlp + "gate_proj", INTERMEDIATE, HIDDEN, bias.mlp()),
            builder.linear(layer, mlp + "up_proj", INTERMEDIATE, HIDDEN, bias.mlp()),
            builder.linear(layer, mlp + "down_proj", HIDDEN, INTERMEDIATE, bias.mlp()),
            config.activation()),
        config.parallelResidual());
  }
}
