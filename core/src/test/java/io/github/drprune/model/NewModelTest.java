package io.github.drprune.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.drprune.error.UserException;
import org.junit.jupiter.api.Test;

class NewModelTest {
  /** The keys of transformers' GPTNeoXConfig: it has no key/value heads. */
  @Test
  void aGptNeoxHasNoKeyForKeyValueHeads() {
    var json = NewModel.of("gpt_neox", new ModelShape(64, 2, 4, 4, 96), 100, 32).toJson();
    assertThat(json.has("num_key_value_heads")).isFalse();
    assertThat(json.get("num_attention_heads").intValue()).isEqualTo(4);
    json = NewModel.of("llama", new ModelShape(64, 2, 4, 2, 96), 100, 32).toJson();
    assertThat(json.get("num_key_value_heads").intValue()).isEqualTo(2);
  }

  @Test
  void fewerKeyValueHeadsThanAFamilyCanHaveAreRefused() {
    assertThatThrownBy(() -> NewModel.of("gpt_neox", new ModelShape(64, 2, 4, 2, 96), 100, 32))
        .isInstanceOf(UserException.class)
        .hasMessage("shape: 2 key/value heads: a gpt_neox has as many as heads, 4; leave them out");
  }
}
