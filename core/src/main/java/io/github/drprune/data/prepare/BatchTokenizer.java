package io.github.drprune.data.prepare;

import io.github.drprune.conversation.ChatTemplate;
import io.github.drprune.conversation.Conversation;
import io.github.drprune.conversation.ConversationException;
import io.github.drprune.conversation.ConversationTokenizer;
import io.github.drprune.data.Split;
import io.github.drprune.error.UserException;
import io.github.drprune.json.Json;
import io.github.drprune.tokenizer.SpecialTokensInText;
import io.github.drprune.tokenizer.Tokenizer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Decodes and tokenizes the records of a batch; what it returns depends on the batch alone. */
final class BatchTokenizer {
  private final Tokenizer tokenizer;
  private final SpecialTokensInText specialTokens;
  private final HoldOut holdOut;
  private final RecordDecoder.JsonField json;
  private final String domainField; // null where the files' places name domains
  private final RecordDecoder text = new RecordDecoder.Utf8();
  private final ConversationTokenizer conversations; // null for text

  /**
   * @param template of conversations; null for text
   */
  BatchTokenizer(Tokenizer tokenizer, PrepareConfig config, ChatTemplate template) {
    this.conversations =
        template == null ? null : new ConversationTokenizer(tokenizer, template, config.seqLen());
    this.tokenizer = tokenizer;
    this.specialTokens = config.specialTokens();
    this.holdOut = HoldOut.of(config);
    this.json = new RecordDecoder.JsonField(config.textField(), config.domainField());
    this.domainField = config.domainField().orElse(null);
  }

  TokenizedBatch tokenize(InputFile file, RecordBatch batch) {
    var documents = new Documents();
    var malformed = new ArrayList<TokenizedBatch.Malformed>();
    switch (batch) {
      case RecordBatch.Whole records -> addRecords(documents, file, records, malformed);
      case RecordBatch.Piece piece -> {
        if (piece.cut() != null && piece.to() != null) {
          documents.cut.add(piece.cut());
        }
        addDocument(documents, piece.text(), piece.to());
      }
      case RecordBatch.Refused refused -> malformed.add(refused.record());
    }
    return documents.toBatch(malformed);
  }

  private void addRecords(
      Documents documents,
      InputFile file,
      RecordBatch.Whole batch,
      List<TokenizedBatch.Malformed> malformed) {
    for (int i = 0; i < batch.size(); i++) {
      try {
        if (batch.missing().get(i)) {
          throw new MalformedRecord("the text is null");
        }
        int from = batch.offsets()[i];
        int to = batch.offsets()[i + 1];
        String domain = file.domain();
        if (batch.domains() != null) {
          domain = DomainName.ofRecord(batch.domains().get(i), domainField);
        }
        if (conversations != null) {
          addConversation(documents, file, domain, text.text(batch.bytes(), from, to));
          continue;
        }
        switch (file.format()) {
          case JSONL -> {
            var document = json.document(batch.bytes(), from, to);
            if (document.isPresent()) {
              String named = document.get().domain();
              addText(documents, file, named == null ? domain : named, document.get().text());
            }
          }
          case TEXT, PARQUET, ORC ->
              addText(documents, file, domain, text.text(batch.bytes(), from, to));
          case MDS -> addTokens(documents, file, ByteBuffer.wrap(batch.bytes(), from, to - from));
        }
      } catch (MalformedRecord e) {
        malformed.add(new TokenizedBatch.Malformed(batch.first() + i, e.getMessage()));
      }
    }
  }

  private void addText(Documents documents, InputFile file, String domain, String text) {
    if (!text.isEmpty()) {
      addDocument(documents, text, of(domain, holdOut.splitOf(file.split(), text)));
    }
  }

  /** Null where a document is left out. */
  private static DomainSplit of(String domain, Split split) {
    return split == null ? null : new DomainSplit(domain, split);
  }

  /**
   * @param domain null where the record names it
   */
  private void addConversation(Documents documents, InputFile file, String domain, String json)
      throws MalformedRecord {
    if (json.isBlank()) {
      return;
    }
    try {
      var record = Json.tree(json, "record");
      String named =
          domain != null
              ? domain
              : DomainName.ofRecord(new FieldPath(domainField).stringIn(record), domainField);
      var tokens = conversations.tokenize(Conversation.of(record));
      var to = of(named, holdOut.splitOf(file.split(), tokens.text()));
      if (to == null) {
        return; // left out
      }
      documents.add(tokens.ids());
      documents.count(tokens.counted());
      documents.cutTokens += tokens.cutTokens();
      documents.end(tokens.text().codePointCount(0, tokens.text().length()), to);
    } catch (ConversationException | UserException e) {
      throw new MalformedRecord(e.getMessage());
    }
  }

  private void addDocument(Documents documents, String text, DomainSplit to) {
    if (to == null) {
      return; // left out
    }
    if (tokenizer.specialTokens().bos() != null) {
      documents.add(tokenizer.specialTokens().bos());
    }
    int[] pieces = tokenizer.encode(text, specialTokens);
    documents.specials += tokenizer.specials(pieces);
    documents.add(pieces);
    if (tokenizer.specialTokens().eos() != null) {
      documents.add(tokenizer.specialTokens().eos());
    }
    documents.end(text.codePointCount(0, text.length()), to);
  }

  private void addTokens(Documents documents, InputFile file, ByteBuffer bytes)
      throws MalformedRecord {
    int[] tokens = new int[bytes.remaining() / Integer.BYTES];
    bytes.order(ByteOrder.LITTLE_ENDIAN).asIntBuffer().get(tokens);
    for (int token : tokens) {
      if (token < 0 || token >= tokenizer.size()) {
        throw new MalformedRecord(
            "token %d is not among the tokenizer's %d; was it made with another one?"
                .formatted(Integer.toUnsignedLong(token), tokenizer.size()));
      }
    }
    Split split = tokens.length == 0 ? null : holdOut.splitOf(file.split(), tokens);
    if (split != null) {
      documents.add(tokens);
      documents.end(0, of(file.domain(), split));
    }
  }

  /** Documents under construction. */
  private static final class Documents {
    private int[] tokens = new int[RecordBatch.TARGET_BYTES / 2];
    private byte[] counted; // null for text
    private long cutTokens;
    private int filled;
    private int[] ends = new int[64];
    private int[] characters = new int[64];
    private DomainSplit[] targets = new DomainSplit[64];
    private final List<TokenizedBatch.Cut> cut = new ArrayList<>();
    private int count;
    private long specials;

    void add(int... more) {
      if (filled + more.length > tokens.length) {
        tokens = Arrays.copyOf(tokens, Math.max(2 * tokens.length, filled + more.length));
      }
      System.arraycopy(more, 0, tokens, filled, more.length);
      filled += more.length;
    }

    /** Which of the tokens added last count. */
    void count(byte[] flags) {
      if (counted == null || counted.length < tokens.length) {
        counted = Arrays.copyOf(counted == null ? new byte[0] : counted, tokens.length);
      }
      System.arraycopy(flags, 0, counted, filled - flags.length, flags.length);
    }

    void end(int characterCount, DomainSplit to) {
      if (count == ends.length) {
        ends = Arrays.copyOf(ends, 2 * count);
        characters = Arrays.copyOf(characters, 2 * count);
        targets = Arrays.copyOf(targets, 2 * count);
      }
      ends[count] = filled;
      characters[count] = characterCount;
      targets[count] = to;
      count++;
    }

    TokenizedBatch toBatch(List<TokenizedBatch.Malformed> malformed) {
      return new TokenizedBatch(
          tokens,
          counted,
          cutTokens,
          Arrays.copyOf(ends, count),
          Arrays.copyOf(characters, count),
          Arrays.copyOf(targets, count),
          specials,
          List.copyOf(cut),
          List.copyOf(malformed));
    }
  }
}
