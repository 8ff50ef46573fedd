package io.github.drprune.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.drprune.data.prepare.Corpora;
import io.github.drprune.data.prepare.CorpusFinder;
import io.github.drprune.data.prepare.Prepare;
import io.github.drprune.data.prepare.PrepareConfig;
import io.github.drprune.data.prepare.PrepareListener;
import io.github.drprune.error.UserException;
import io.github.drprune.tokenizer.TinyTokenizer;
import io.github.drprune.tokenizer.Tokenizer;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class BatchLoaderTest {
  private static final int BATCH = 12;
  private static final double[] WEIGHTS = {0.5, 0.2, 0.3};

  private Path tokenizer;
  private PreparedData data;

  @BeforeAll
  void prepare(@TempDir(cleanup = org.junit.jupiter.api.io.CleanupMode.NEVER) Path folder)
      throws IOException {
    tokenizer = TinyTokenizer.write(folder.resolve("tokenizer"));
    Corpora.corpus(folder.resolve("corpus"));
    try (var loaded = Tokenizer.load(tokenizer)) {
      new Prepare(
              CorpusFinder.in(folder.resolve("corpus")),
              loaded,
              PrepareConfig.of("seq_len=32"),
              PrepareListener.SILENT)
          .into(folder.resolve("data"));
    }
    data = PreparedData.open(folder.resolve("data"));
  }

  @AfterAll
  void close() {
    data.close();
  }

  private record Row(long sequence, int domain, List<Long> tokens) {}

  private static List<Row> rows(Batch batch) {
    var rows = new ArrayList<Row>();
    long[] tokens = batch.tokens().toArray(ValueLayout.JAVA_LONG);
    for (int r = 0; r < batch.rows(); r++) {
      var row = new ArrayList<Long>();
      for (int i = 0; i < batch.seqLen(); i++) {
        row.add(tokens[r * batch.seqLen() + i]);
      }
      rows.add(new Row(batch.sequences()[r], batch.domains()[r], row));
    }
    return rows;
  }

  private BatchLoader loader(SamplerState state, int rank, int ranks) {
    return new BatchLoader(data.all(Split.TRAIN), state, new BatchLoader.Share(BATCH, rank, ranks));
  }

  /** The plain way to the same rows: the sampler, then each row by itself. */
  private List<Row> expected(DomainSampler sampler, double[] weights) {
    var train = data.all(Split.TRAIN);
    return sampler.next(BATCH, weights).stream()
        .map(
            draw -> {
              var tokens = new ArrayList<Long>();
              for (int token : train.get(draw.domain()).row(draw.row())) {
                tokens.add((long) token);
              }
              return new Row(draw.sequence(), draw.domain(), tokens);
            })
        .toList();
  }

  private DomainSampler sampler() {
    long[] sizes = data.all(Split.TRAIN).stream().mapToLong(TokenSequences::count).toArray();
    return new DomainSampler(sizes, SamplerState.start(9, 3));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 8})
  void ranksShareTheSameRun(int ranks) throws Exception {
    var sampler = sampler();
    var loaders = new ArrayList<BatchLoader>();
    for (int rank = 0; rank < ranks; rank++) {
      loaders.add(loader(SamplerState.start(9, 3), rank, ranks));
    }
    for (int step = 0; step < 5; step++) {
      var rows = new ArrayList<Row>();
      for (var loader : loaders) {
        rows.addAll(rows(loader.next(WEIGHTS)));
      }
      assertThat(rows).isEqualTo(expected(sampler, WEIGHTS));
    }
    loaders.forEach(BatchLoader::close);
  }

  @Test
  void aChangedWeightTakesEffectAtTheNextBatch() throws Exception {
    var sampler = sampler();
    try (var loader = loader(SamplerState.start(9, 3), 0, 1)) {
      for (double[] weights :
          List.of(WEIGHTS, WEIGHTS, new double[] {0, 1, 0}, new double[] {0, 1, 0}, WEIGHTS)) {
        var batch = loader.next(weights);
        assertThat(rows(batch)).isEqualTo(expected(sampler, weights));
        assertThat(loader.state()).isEqualTo(sampler.state());
        var counts = new int[3];
        for (int domain : batch.domains()) {
          counts[domain]++;
        }
        assertThat(batch.globalDomainCounts()).isEqualTo(counts);
      }
    }
  }

  @Test
  void resumesOnAnotherNumberOfProcesses() throws Exception {
    var sampler = sampler();
    SamplerState state;
    try (var loader = loader(SamplerState.start(9, 3), 0, 1)) {
      loader.next(WEIGHTS);
      loader.next(WEIGHTS);
      state = loader.state();
    }
    expected(sampler, WEIGHTS);
    expected(sampler, WEIGHTS);
    try (var first = loader(state, 0, 2);
        var second = loader(state, 1, 2)) {
      var rows = new ArrayList<>(rows(first.next(WEIGHTS)));
      rows.addAll(rows(second.next(WEIGHTS)));
      assertThat(rows).isEqualTo(expected(sampler, WEIGHTS));
    }
  }

  @Test
  void microBatchesAreViews() throws Exception {
    try (var loader = loader(SamplerState.start(9, 3), 0, 1)) {
      var batch = loader.next(WEIGHTS);
      var parts = new ArrayList<>(rows(batch.rows(0, 5)));
      parts.addAll(rows(batch.rows(5, 7)));
      assertThat(parts).isEqualTo(rows(batch));
      assertThat(batch.rows(5, 7).tokens().address())
          .isEqualTo(batch.tokens().address() + 5 * 32 * Long.BYTES);
    }
  }

  @Test
  void refusesTokensBeyondTheModelsVocabularyAsItReadsThem(@TempDir Path folder)
      throws IOException {
    TinyTokenizer.write(folder);
    int image = TinyTokenizer.add(folder, "<image>");
    Path corpus = folder.resolve("corpus.txt");
    Files.writeString(corpus, "the ".repeat(20) + "<image>" + " the".repeat(20));
    try (var loaded = Tokenizer.load(folder)) {
      new Prepare(
              CorpusFinder.of(List.of("web=" + corpus)),
              loaded,
              PrepareConfig.of("seq_len=32", "eval_fraction=0"),
              PrepareListener.SILENT)
          .into(folder.resolve("data"));
    }
    try (var prepared = PreparedData.open(folder.resolve("data"));
        var ofLarger = Tokenizer.load(folder, image + 1);
        var ofModel = Tokenizer.load(folder, image)) {
      TokenSequences rows = prepared.all(Split.TRAIN).getFirst();
      prepared.requireTokenizer(ofLarger);
      assertThat(rows.row(1)).contains(image);
      prepared.requireTokenizer(ofModel);
      assertThat(rows.row(0)).doesNotContain(image);
      assertThatThrownBy(() -> rows.row(1))
          .isInstanceOf(UserException.class)
          .hasMessageEndingWith(
              "sequence 1 has token 265 ('<image>'), but the model's vocabulary ends at 264;"
                  + " leave it out of the texts and prepare them again");
    }
  }

  @Test
  void refusesWhatCannotWork(@TempDir Path other) throws IOException {
    assertThatThrownBy(() -> new BatchLoader.Share(2, 0, 3)).hasMessageContaining("batch of 2");
    assertThatThrownBy(() -> data.split("none", Split.TRAIN))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("no domain 'none'; it has code, web, wiki");
    assertThatThrownBy(() -> data.all(Split.TEST))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("domain 'code' has no sequences for test");
    try (var same = Tokenizer.load(tokenizer);
        var different = Tokenizer.load(TinyTokenizer.write(other, 3))) {
      data.requireTokenizer(same);
      assertThatThrownBy(() -> data.requireTokenizer(different))
          .isInstanceOf(UserException.class)
          .hasMessageContaining("prepared with another tokenizer");
    }
  }
}
