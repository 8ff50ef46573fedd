package io.github.drprune.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Locale;
import org.junit.jupiter.api.Test;

class StoredPieceTest {
  /** Java's locale may have other digits. */
  @Test
  void namesDoNotFollowTheLocale() {
    Locale before = Locale.getDefault();
    Locale.setDefault(Locale.forLanguageTag("ar-EG"));
    try {
      var piece = StoredPiece.of("weight", new long[] {3, 4}, 2, 5);
      assertThat(piece.spec().name()).isEqualTo("weight[2:7]");
      assertThat(StoredPiece.of(piece.spec())).isEqualTo(piece);
    } finally {
      Locale.setDefault(before);
    }
  }
}
