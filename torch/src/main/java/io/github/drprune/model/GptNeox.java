package io.github.drprune.model;

import static io.github.drprune.nn.Axis.FUSED_QUERY_KEY_VALUE;
import static io.github.drprune.nn.Axis.HIDDEN;
import static io.github.drprune.nn.Axis.INTERMEDIATE;
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

/** GPT-NeoX and Pythia (arXiv 2204.06745, 2304.01373). */
record GptNeox() implements Family {
  @Override
  public String modelType() {
    return "gpt_neox";
  }

  @Override
  public ModelConfig read(ConfigReader config) {
    int heads = config.integer("num_attention_heads", null);
    int hidden = config.integer("hidden_size", null);
    if (hidden % heads != 0) {
      throw new UserException(
          "hidden_size %d is not a multiple of num_attention_heads %d".formatted(hidden, heads));
    }
    boolean attentionBias = config.flag("attention_bias", true);
    return new ModelConfig(
        this,
        hidden,
        config.integer("num_hidden_layers", null),
        heads,
        heads,
        hidden / heads,
        config.integer("intermediate_size", null),
        config.integer("vocab_size", null),
        config.integer("max_position_embeddings", 2048),
        config.flag("tie_word_embeddings", false),
        new Biases(attentionBias, attentionBias, true),
        config.activation("hidden_act", "gelu"),
        config.flag("use_parallel_residual", true),
        config.number("layer_norm_eps", 1e-5),
        config.rotary("rotary_emb_base", "rotary_pct", 0.25, hidden / heads),
        config.json());
  }

  @Override
  public void write(ModelConfig config, ObjectNode json) {}

  /** Its configuration has no key for the head size. */
  @Override
  public void check(ModelConfig config) {
    if (config.hiddenSize() != config.heads() * config.headSize()) {
      throw new UserException(
          "gpt_neox: hidden size %d must be heads x head size = %d x %d = %d"
              .formatted(
                  config.hiddenSize(),
                  config.heads(),
                  config.headSize(),
                  config.heads() * config.headSize()));
    }
    if (config.kvHeads() != config.heads()) {
      throw new UserException(
          "gpt_neox: key/value heads %d must equal heads %d"
              .formatted(config.kvHeads(), config.heads()));
    }
  }

  @Override
  public boolean hiddenFollowsHeads() {
    return true;
  }

  @Override
  public boolean isBuffer(String name) {
    return name.endsWith(".attention.bias")
        || name.endsWith(".attention.masked_bias")
        || name.endsWith(".rotary_emb.inv_freq");
  }

  @Override
  public ModelParts assemble(ModelParts.Builder builder) {
    ModelConfig config = builder.config();
    Weight embedding = builder.weight(-1, "gpt_neox.embed_in.weight", VOCABULARY, HIDDEN);
    List<Block> blocks = new ArrayList<>();
    for (int layer = 0; layer < config.layers(); layer++) {
      blocks.add(block(builder, config, layer));
    }
    return new ModelParts(
        embedding,
        blocks,
        builder.layerNorm(-1, "gpt_neox.final_layer_norm"),
        config.tiedEmbeddings()
            ? embedding
            : builder.weight(-1, "embed_out.weight", VOCABULARY, HIDDEN));
  }

  private static Block block(ModelParts.Builder builder, ModelConfig config, int layer) {
    String block = "gpt_neox.layers." + layer + ".";
    String attention = block + "attention.";
    String mlp = block + "mlp.";
    Biases bias = config.biases();
    return new Block(
        builder.layerNorm(layer, block + "input_layernorm"),
        new Attention(
            new Attention.Fused(
                builder.linear(
                    layer,
                    attention + "query_key_value",
                    FUSED_QUERY_KEY_VALUE,
                    HIDDEN,
                    bias.queryKeyValue()),
                config.heads()),
            builder.linear(layer, attention + "dense", HIDDEN, QUERY, bias.attentionOutput()),
            builder.rotary(),
            builder.kernels()),
        builder.layerNorm(layer, block + "post_attention_layernorm"),
        new Mlp.Plain(
            builder.linear(layer, mlp + "dense_h_to_4h", INTERMEDIATE, HIDDEN, bias.mlp()),
            builder.linear(layer, mlp + "dense_4h_to_h", HIDDEN, INTERMEDIATE, bias.mlp()),
            config.activation()),
        config.parallelResidual());
  }
}
