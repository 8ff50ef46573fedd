package io.github.drprune.tokenizer;

import ai.djl.huggingface.tokenizers.jni.CharSpan;
import ai.djl.huggingface.tokenizers.jni.LibUtils;
import ai.djl.huggingface.tokenizers.jni.TokenizersLibrary;
import io.github.drprune.error.UserException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * A Hugging Face tokenizer, read from a model folder; it may be used by many threads at once.
 *
 * <p>It calls the native library below DJL's {@code HuggingFaceTokenizer}: that class copies
 * offsets, words and masks of every token to Java (many times the cost of the encoding itself),
 * applies a normalisation of its own, truncates by default and reports its use over the network.
 */
public final class Tokenizer implements AutoCloseable {
  private static final TokenizersLibrary NATIVE = library();

  private final Path file;
  private final String sha256;
  private final int size;
  private final SpecialTokens specialTokens;
  private final TokenizerFiles files;
  private final Set<Integer> specialIds;
  private final TokensBeyond beyond;
  private long handle;
  private long plainHandle;

  private Tokenizer(TokenizerFiles files, TokensBeyond beyond, long handle) {
    this.files = files;
    this.beyond = beyond;
    this.specialIds = files.specialIds();
    this.file = files.file();
    this.sha256 = files.sha256();
    this.size = files.size();
    this.handle = handle;
    var bos = files.special("bos_token");
    boolean beginsWithBos =
        bos.isPresent() && files.flag("add_bos_token").orElseGet(() -> templateAdds(bos.get()));
    this.specialTokens =
        new SpecialTokens(
            beginsWithBos ? embedded(bos.get())[0] : null, files.special("eos_token").orElse(null));
  }

  private static TokenizersLibrary library() {
    // DJL would look on the network for a build that fits the machine's CUDA.
    if (System.getProperty("ai.djl.offline") == null) {
      System.setProperty("ai.djl.offline", "true");
    }
    LibUtils.checkStatus();
    return TokenizersLibrary.LIB;
  }

  /** Reads {@code tokenizer.json} and its companions from a model folder (or names the file). */
  public static Tokenizer load(Path folder) {
    return of(TokenizerFiles.read(folder), TokensBeyond.NONE);
  }

  /**
   * As {@link #load(Path)}, for a model of that many embeddings: a text that has a token without
   * one is refused.
   *
   * @throws UserException for a tokenizer of another model, which has more pieces
   */
  public static Tokenizer load(Path folder, int vocabularySize) {
    var files = TokenizerFiles.read(folder);
    return of(files, files.beyond(vocabularySize));
  }

  private static Tokenizer of(TokenizerFiles files, TokensBeyond beyond) {
    long handle = create(files, files.definition());
    try {
      return new Tokenizer(files, beyond, handle);
    } catch (RuntimeException e) {
      NATIVE.deleteTokenizer(handle);
      throw e;
    }
  }

  private static long create(TokenizerFiles files, String definition) {
    long handle;
    try {
      handle = NATIVE.createTokenizerFromString(definition);
    } catch (RuntimeException e) {
      throw new UserException(
          "%s: not a tokenizer this program can read; fetch it again or name another model's"
              .formatted(files.file()),
          e);
    }
    NATIVE.disableTruncation(handle);
    NATIVE.disablePadding(handle);
    return handle;
  }

  /** The ids of {@code text}, all of it, without special tokens around it. */
  public int[] encode(String text) {
    return embedded(encode(open(), text, false));
  }

  /** As {@link #encode(String)}, the names of special tokens in the text taken as told. */
  public int[] encode(String text, SpecialTokensInText names) {
    return switch (names) {
      case TOKENS -> encode(text);
      case TEXT -> embedded(encode(plain(), text, false));
    };
  }

  /** How many tokens a text is that no model reads, so that it may have any. */
  public int count(String text) {
    return encode(open(), text, false).length;
  }

  /**
   * The ids of a text and where they stand in it.
   *
   * @param starts first character of each, counted in code points
   * @param ends one past its last
   */
  public record Encoding(int[] ids, int[] starts, int[] ends) {}

  /** As {@link #encode(String)}, with the place of each id. */
  public Encoding encodeWithPlaces(String text) {
    long encoding = encoding(open(), text, false);
    try {
      int[] ids = embedded(ids(encoding));
      CharSpan[] spans = NATIVE.getTokenCharSpans(encoding);
      var starts = new int[ids.length];
      var ends = new int[ids.length];
      for (int i = 0; i < ids.length; i++) {
        boolean placed = spans[i] != null;
        starts[i] = placed ? spans[i].getStart() : i == 0 ? 0 : ends[i - 1];
        ends[i] = placed ? spans[i].getEnd() : starts[i];
      }
      return new Encoding(ids, starts, ends);
    } finally {
      NATIVE.deleteEncoding(encoding);
    }
  }

  /** The same, unless the model has no embedding for one of them. */
  private int[] embedded(int... ids) {
    for (int id : ids) {
      if (beyond.has(id)) {
        throw new UserException(
            "%s: a text has %s; leave it out of the text".formatted(file, beyond.told(id)));
      }
    }
    return ids;
  }

  /** Its tokens that the model it was loaded for has no embeddings for. */
  public TokensBeyond beyond() {
    return beyond;
  }

  /** Whether {@code id} is a special token. */
  public boolean isSpecial(int id) {
    return specialIds.contains(id);
  }

  /** The id of a token by its text, such as {@code <|im_end|>}; empty where it is none. */
  public OptionalInt id(String token) {
    return files.id(token);
  }

  /** The texts of the tokens named in the tokenizer's files, such as {@code bos_token}. */
  public Map<String, String> namedTokens() {
    return files.namedTokens();
  }

  /** How many of {@code ids} are special tokens. */
  public int specials(int... ids) {
    return (int) Arrays.stream(ids).filter(specialIds::contains).count();
  }

  /** The text of {@code ids}, special tokens included. */
  public String decode(int... ids) {
    return decode(ids, false);
  }

  /** The text of {@code ids} without the special tokens among them. */
  public String decodeText(int... ids) {
    return decode(ids, true);
  }

  /** One more than the highest id: ids are in [0, size). */
  public int size() {
    return size;
  }

  /**
   * The first id of this tokenizer that means something else in {@code other}, which may have more
   * ids; empty where there is none. Tokens that the model has no embeddings for do not count.
   */
  public OptionalInt firstDifference(Tokenizer other) {
    if (sha256.equals(other.sha256)) {
      return OptionalInt.empty();
    }
    return IntStream.range(0, Math.min(size, beyond.vocabularySize()))
        .filter(id -> id >= other.size || !decode(id).equals(other.decode(id)))
        .findFirst();
  }

  /** SHA-256 of {@code tokenizer.json}, as {@code sha256sum} prints it. */
  public String sha256() {
    return sha256;
  }

  /** What stands around documents. */
  public SpecialTokens specialTokens() {
    return specialTokens;
  }

  /**
   * The token that stands for the beginning where a text has none: the one named for it, though
   * texts may go without, else the one that ends them; empty where there is neither.
   */
  public OptionalInt beginning() {
    return files
        .special("bos_token")
        .or(() -> files.special("eos_token"))
        .map(id -> OptionalInt.of(embedded(id)[0]))
        .orElse(OptionalInt.empty());
  }

  /**
   * Whether the transformers library (5 and later) takes a text's first space for the one that it
   * puts before every text: it does not read how {@code tokenizer.json} treats spaces where a
   * tokenizer is one of Llama's.
   */
  public boolean hidesFirstSpaceInTransformers() {
    return files.isOfLlama();
  }

  /** Where it was read from. */
  public Path file() {
    return file;
  }

  /** Copies the files it was read from into a folder, from which it then can be loaded. */
  public void copyTo(Path folder) throws IOException {
    files.copyTo(folder);
  }

  /** Frees the native tokenizer. No other thread may be using it. */
  @Override
  public void close() {
    if (handle != 0) {
      NATIVE.deleteTokenizer(handle);
      handle = 0;
    }
    if (plainHandle != 0) {
      NATIVE.deleteTokenizer(plainHandle);
      plainHandle = 0;
    }
  }

  /** A second native tokenizer, for those who ask for it. */
  private synchronized long plain() {
    open();
    if (plainHandle == 0) {
      plainHandle = create(files, files.withoutSpecialTokens());
    }
    return plainHandle;
  }

  private static int[] encode(long tokenizer, String text, boolean withSpecialTokens) {
    long encoding = encoding(tokenizer, text, withSpecialTokens);
    try {
      return ids(encoding);
    } finally {
      NATIVE.deleteEncoding(encoding);
    }
  }

  /** Of half a surrogate pair the library would garble all characters past U+FFFF. */
  private static long encoding(long tokenizer, String text, boolean withSpecialTokens) {
    return NATIVE.encode(tokenizer, WellFormed.of(text), withSpecialTokens);
  }

  private static int[] ids(long encoding) {
    return Arrays.stream(NATIVE.getTokenIds(encoding)).mapToInt(Math::toIntExact).toArray();
  }

  private String decode(int[] ids, boolean skipSpecialTokens) {
    return NATIVE.decode(open(), Arrays.stream(ids).asLongStream().toArray(), skipSpecialTokens);
  }

  private boolean templateAdds(int bos) {
    int[] ids = encode(open(), "a", true);
    return ids.length > 0 && ids[0] == bos && encode("a")[0] != bos;
  }

  private long open() {
    if (handle == 0) {
      throw new IllegalStateException("the tokenizer of " + file + " is closed");
    }
    return handle;
  }
}
