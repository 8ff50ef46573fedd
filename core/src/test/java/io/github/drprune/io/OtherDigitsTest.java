package io.github.drprune.io;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.drprune.data.prepare.CorpusFinder;
import io.github.drprune.data.prepare.Prepare;
import io.github.drprune.data.prepare.PrepareConfig;
import io.github.drprune.data.prepare.PrepareListener;
import io.github.drprune.demo.DemoCorpus;
import io.github.drprune.demo.DemoTokenizer;
import io.github.drprune.export.GgufExport;
import io.github.drprune.gguf.TensorType;
import io.github.drprune.model.ModelShape;
import io.github.drprune.model.ModelSpec;
import io.github.drprune.model.NewModel;
import io.github.drprune.safetensors.Dtype;
import io.github.drprune.safetensors.SafetensorsWriter;
import io.github.drprune.safetensors.TensorSpec;
import io.github.drprune.template.Template;
import io.github.drprune.template.TemplateOptions;
import io.github.drprune.tensorboard.TensorBoardWriter;
import io.github.drprune.tokenizer.Tokenizer;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Names and bytes of files do not follow the locale of Java, which may have other digits. */
class OtherDigitsTest {
  private static final Locale ARABIC = Locale.forLanguageTag("ar-EG");

  @TempDir private Path folder;

  @Test
  void filesAreTheSameInEveryLocale() throws IOException {
    assertThat(String.format(ARABIC, "%d", 1)).isNotEqualTo("1");
    Path text = folder.resolve("text");
    DemoCorpus.write(text, 20_000, 5);
    Map<String, String> expected = written(Locale.ROOT, text);
    assertThat(expected)
        .containsKeys(
            "data/code/train-00000.npy",
            "model/model-00001-of-00002.safetensors",
            "board/events.out.tfevents.0000000007.000000000.drprune");
    assertThat(written(ARABIC, text)).isEqualTo(expected);
  }

  /** What is written in a locale: each file with its hash. */
  private Map<String, String> written(Locale locale, Path text) throws IOException {
    Path out = Files.createDirectory(folder.resolve(locale.toLanguageTag()));
    Locale before = Locale.getDefault();
    Locale.setDefault(locale);
    try {
      write(out, text);
    } finally {
      Locale.setDefault(before);
    }
    var hashes = new TreeMap<String, String>();
    try (var files = Files.walk(out)) {
      for (Path file : (Iterable<Path>) files.filter(Files::isRegularFile)::iterator) {
        hashes.put(out.relativize(file).toString(), Sha256.of(file));
      }
    }
    return hashes;
  }

  private static void write(Path out, Path text) throws IOException {
    DemoCorpus.write(out.resolve("corpus"), 5_000, 5);
    Path model = Files.createDirectory(out.resolve("model"));
    DemoTokenizer.write(model);
    try (var tokenizer = Tokenizer.load(model)) {
      var config = PrepareConfig.of("seq_len=16", "eval_fraction=0.1");
      new Prepare(CorpusFinder.in(text), tokenizer, config, PrepareListener.SILENT)
          .into(out.resolve("data"));
    }
    ModelSpec spec = NewModel.of("llama", new ModelShape(8, 1, 2, 2, 8), 260, 16);
    Files.writeString(model.resolve("config.json"), spec.toJson().toString());
    SafetensorsWriter.writeCheckpoint(
        model,
        spec.tensors().values().stream()
            .map(tensor -> TensorSpec.of(tensor.name(), Dtype.F32, tensor.sizes()))
            .toList(),
        ByteSize.parse("10kB"),
        (tensor, sink) -> sink.write(MemorySegment.ofArray(new byte[(int) tensor.byteSize()])));
    new GgufExport(model, out.resolve("model.gguf"), TensorType.F32).write(_ -> {});
    new TensorBoardWriter(
            out.resolve("board"), Clock.fixed(Instant.ofEpochSecond(7), ZoneOffset.UTC))
        .close();
    Files.writeString(
        out.resolve("template"),
        Template.compile("{{ 1e300 }} {{ range(1, 7, 2) }}", TemplateOptions.chat())
            .render(Map.of()));
  }
}
