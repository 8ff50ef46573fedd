package io.github.drprune.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.drprune.error.UserException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TokenizerTest {
  // Ids of TinyTokenizer: 3 specials, 256 bytes, then t h e ' ' th the.
  private static final int SPACE = 262;
  private static final int THE = 264;

  @TempDir private Path folder;
  private Tokenizer tokenizer;

  @BeforeEach
  void load() throws IOException {
    tokenizer = Tokenizer.load(TinyTokenizer.write(folder));
  }

  @AfterEach
  void close() {
    tokenizer.close();
  }

  @Test
  void encodesPiecesWithoutSpecialTokens() {
    assertThat(tokenizer.encode("the x"))
        .containsExactly(THE, SPACE, TinyTokenizer.FIRST_BYTE + 'x');
    assertThat(tokenizer.encode("")).isEmpty();
  }

  @Test
  void namesOfSpecialTokensAreTokensOrText() {
    assertThat(tokenizer.encode("the</s>the")).containsExactly(THE, TinyTokenizer.EOS, THE);
    assertThat(tokenizer.specials(THE, TinyTokenizer.EOS, TinyTokenizer.BOS, THE)).isEqualTo(2);
    int[] text = tokenizer.encode("the</s>the", SpecialTokensInText.TEXT);
    assertThat(text)
        .containsExactly(
            THE,
            TinyTokenizer.FIRST_BYTE + '<',
            TinyTokenizer.FIRST_BYTE + '/',
            TinyTokenizer.FIRST_BYTE + 's',
            TinyTokenizer.FIRST_BYTE + '>',
            THE);
    assertThat(tokenizer.decode(text)).isEqualTo("the</s>the");
  }

  /** Gemma 3's tokenizer has one of images, which its text models have no embedding for. */
  @Test
  void addedTokensBeyondTheModelsVocabularyAreRefusedInTextsAlone() throws IOException {
    int image = TinyTokenizer.add(folder, "<image>");
    try (var ofModel = Tokenizer.load(folder, image)) {
      assertThat(ofModel.encode("the")).containsExactly(THE);
      assertThat(ofModel.encode("the<image>", SpecialTokensInText.TEXT)).doesNotContain(image);
      assertThat(ofModel.firstDifference(tokenizer)).isEmpty();
      assertThat(ofModel.count("the<image>")).isEqualTo(2);
      String message =
          folder.resolve("tokenizer.json")
              + ": a text has token 265 ('<image>'), but the model's vocabulary ends at 264;"
              + " leave it out of the text";
      assertThatThrownBy(() -> ofModel.encode("the<image>"))
          .isInstanceOf(UserException.class)
          .hasMessage(message);
      assertThatThrownBy(() -> ofModel.encodeWithPlaces("<image>")).hasMessage(message);
    }
    assertThatThrownBy(() -> Tokenizer.load(folder, 264))
        .isInstanceOf(UserException.class)
        .hasMessageEndingWith(
            "has ids up to 264, but the model's vocabulary ends at 263; use the model's own"
                + " tokenizer");
  }

  @Test
  void truncatesNothingWhateverTheFileSays() {
    assertThat(tokenizer.encode("x".repeat(10_000))).hasSize(10_000);
  }

  @Test
  void knowsItsMarksAndSize() {
    assertThat(tokenizer.specialTokens()).isEqualTo(new SpecialTokens(1, 2));
    assertThat(tokenizer.size()).isEqualTo(265);
  }

  @Test
  void readsSpecialTokensFromTheirMapWhereTheConfigHasNone() throws IOException {
    Files.writeString(folder.resolve("tokenizer_config.json"), "{\"add_bos_token\": true}");
    Files.writeString(
        folder.resolve("special_tokens_map.json"),
        "{\"bos_token\":\"<s>\",\"eos_token\":\"</s>\"}");
    try (var other = Tokenizer.load(folder)) {
      assertThat(other.specialTokens()).isEqualTo(new SpecialTokens(1, 2));
    }
  }

  @Test
  void putsNoBosWhereTheTokenizerAddsNone() throws IOException {
    Files.writeString(
        folder.resolve("tokenizer_config.json"), "{\"bos_token\":\"</s>\",\"eos_token\":\"</s>\"}");
    try (var other = Tokenizer.load(folder)) {
      assertThat(other.specialTokens()).isEqualTo(new SpecialTokens(null, 2));
    }
  }

  @Test
  void survivesEveryKindOfText() {
    for (String text : new String[] {"a\0b", "x😀y", "文字", "\uFEFFbom", "\r\n\t"}) {
      assertThat(tokenizer.decode(tokenizer.encode(text))).isEqualTo(text);
    }
    assertThat(tokenizer.decode(tokenizer.encode("lone \ud800 surrogate")))
        .startsWith("lone ")
        .endsWith(" surrogate");
  }

  /** Texts cut between the halves of a pair: the rest of them stays as it is. */
  @Test
  void aLoneSurrogateChangesNoOtherCharacter() {
    for (String text :
        new String[] {"😀 the … \uD83D", "\uDE00😀", "\uD83D\uD83D\uDE00 the", "😀\uDE00\uD83D文"}) {
      String replaced =
          text.codePoints()
              .map(point -> point >= 0xD800 && point <= 0xDFFF ? 0xFFFD : point)
              .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
              .toString();
      int[] ids = tokenizer.encode(text);
      assertThat(tokenizer.decode(ids)).isEqualTo(replaced);
      assertThat(ids).isEqualTo(tokenizer.encode(replaced));
      assertThat(tokenizer.encode(text, SpecialTokensInText.TEXT)).isEqualTo(ids);
      var placed = tokenizer.encodeWithPlaces(text);
      var expected = tokenizer.encodeWithPlaces(replaced);
      assertThat(placed.ids()).isEqualTo(ids);
      assertThat(placed.starts()).isEqualTo(expected.starts());
      assertThat(placed.ends())
          .isEqualTo(expected.ends())
          .endsWith(replaced.codePointCount(0, replaced.length()));
    }
    String sound = "the 😀";
    assertThat(WellFormed.of(sound)).isSameAs(sound);
  }

  @Test
  void streamsCharactersWhole() {
    String text = "the 😀 文字 the";
    var decoder = new StreamDecoder(tokenizer);
    var pieces = new StringBuilder();
    for (int id : tokenizer.encode(text)) {
      String piece = decoder.append(id);
      assertThat(piece).doesNotContain("\uFFFD");
      pieces.append(piece);
    }
    assertThat(pieces.append(decoder.finish())).hasToString(text);
  }

  @Test
  void explainsWhatIsWrong() throws IOException {
    assertThatThrownBy(() -> Tokenizer.load(folder.resolve("none")))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("tokenizer.json");
    var broken = Files.createDirectory(folder.resolve("broken"));
    Files.writeString(broken.resolve("tokenizer.json"), "{\"model\": {\"vocab\": {\"a\": 0}");
    assertThatThrownBy(() -> Tokenizer.load(broken)).isInstanceOf(UserException.class);
    Files.writeString(
        broken.resolve("tokenizer.json"),
        "{\"model\": {\"type\": \"Unheard\", \"vocab\": {\"a\": 0}}}");
    assertThatThrownBy(() -> Tokenizer.load(broken))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("not a tokenizer");
    Files.writeString(folder.resolve("tokenizer_config.json"), "{\"eos_token\": \"<end>\"}");
    assertThatThrownBy(() -> Tokenizer.load(folder))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("'<end>' is not in its vocabulary");
  }
}
