package io.github.drprune.cli;

import static io.github.drprune.cli.Console.count;

import io.github.drprune.data.PreparedData;
import io.github.drprune.vocabulary.DomainCost;
import io.github.drprune.vocabulary.VocabularyTrim;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code drprune trim-vocabulary}. */
@Command(
    name = "trim-vocabulary",
    description =
        "Cuts a model's vocabulary to the tokens that a corpus uses; any text can still be"
            + " encoded.",
    mixinStandardHelpOptions = true,
    footer = {
      "",
      "Example:",
      "  drprune trim-vocabulary models/smollm2 --corpus text --keep 16384 --out models/smollm2-16k"
    })
final class TrimVocabularyCommand implements Callable<Integer> {
  @Parameters(paramLabel = "MODEL", description = "The folder of the checkpoint to cut.")
  private Path model;

  @Option(
      names = "--corpus",
      required = true,
      paramLabel = "PATH",
      description =
          "Prepared data, a folder with a sub-folder or file for each domain, or a text file.")
  private Path corpus;

  @Option(
      names = "--text-field",
      paramLabel = "NAME",
      defaultValue = "text",
      description = "JSON field or Parquet column of the text (default: ${DEFAULT-VALUE}).")
  private String textField;

  @ArgGroup(multiplicity = "1")
  private Amount amount;

  /** How many tokens stay. */
  static final class Amount {
    @Option(
        names = "--keep",
        paramLabel = "N",
        description = "Tokens to keep: bytes and special tokens, and the most frequent ones.")
    private Integer keep;

    @Option(
        names = "--coverage",
        paramLabel = "SHARE",
        description =
            "Share of the corpus's tokens that kept ones make up at least, such as 0.999.")
    private Double coverage;
  }

  @Option(
      names = "--multiple",
      paramLabel = "N",
      defaultValue = "1",
      description = "Round the number up to a multiple of N (default: ${DEFAULT-VALUE}).")
  private int multiple;

  @Mixin private NewCheckpointOption out;

  @Mixin private JsonOption json;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws IOException {
    if (PreparedData.isIn(corpus)) {
      Unheeded.refuse(spec, "on prepared data", "--text-field");
    }
    var trim =
        new VocabularyTrim(
            model,
            corpus,
            textField,
            amount.keep == null ? OptionalInt.empty() : OptionalInt.of(amount.keep),
            amount.coverage == null ? OptionalDouble.empty() : OptionalDouble.of(amount.coverage),
            multiple,
            out.folder());
    PrintWriter err = spec.commandLine().getErr();
    var result = trim.write(Console.lines(err), Console.warnings(err));
    print(result, spec.commandLine().getOut());
    json.write(result);
    return 0;
  }

  private void print(VocabularyTrim.Result result, PrintWriter out) {
    out.printf(
        "%s: %s of %s tokens, %s of %s parameters (%.1f%% less); %.3f%% of the corpus's tokens"
            + " kept%n%n",
        this.out.folder(),
        count(result.tokensAfter()),
        count(result.tokensBefore()),
        count(result.parametersAfter()),
        count(result.parametersBefore()),
        100 - 100.0 * result.parametersAfter() / result.parametersBefore(),
        100 * result.coverage());
    Stream<DomainCost> all =
        result.domains().size() > 1 ? Stream.of(DomainCost.all(result.domains())) : Stream.of();
    List<List<String>> rows =
        Stream.concat(result.domains().stream(), all).map(TrimVocabularyCommand::row).toList();
    Console.table(
            List.of("domain", "texts", "unchanged", "tokens before", "tokens after", "more"), rows)
        .forEach(out::println);
    out.flush();
  }

  private static List<String> row(DomainCost cost) {
    return List.of(
        cost.domain(),
        count(cost.texts()),
        count(cost.unchanged()),
        count(cost.tokensBefore()),
        count(cost.tokensAfter()),
        "%.2f%%".formatted(100 * cost.growth()));
  }
}
