package io.github.drprune.tasks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.drprune.error.UserException;
import io.github.drprune.tasks.documents.DatasetFinder;
import io.github.drprune.tasks.file.TaskLibrary;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Mistakes in task files are told with file and key. */
class TaskMistakesTest {
  private static final String GOOD =
      """
      task: mine
      dataset_path: json
      dataset_kwargs: {data_files: {test: d.jsonl}}
      test_split: test
      output_type: multiple_choice
      doc_to_text: "{{q}}"
      doc_to_choice: c
      doc_to_target: g
      """;

  @TempDir private Path folder;

  @BeforeEach
  void writeDocuments() throws Exception {
    Files.writeString(
        folder.resolve("d.jsonl"), "{\"q\": \"a\", \"c\": [\"x\", \"y\"], \"g\": 1}\n");
  }

  private Task task(String yaml) throws Exception {
    Path file = Files.writeString(folder.resolve("mine.yaml"), yaml);
    var tasks = TaskLibrary.of(List.of()).select(List.of(file.toString())).tasks();
    var setting = new Task.Setting(Optional.empty(), 10, Optional.empty());
    return Task.load(tasks.getFirst(), new DatasetFinder(List.of()), setting);
  }

  private List<Question> questions(String yaml) throws Exception {
    return task(yaml).questions();
  }

  private void writeLabels(Object... labels) throws Exception {
    var lines = new StringBuilder();
    for (Object label : labels) {
      lines.append("{\"q\": \"a\", \"c\": [\"x\", \"y\"], \"g\": %s}\n".formatted(label));
    }
    Files.writeString(folder.resolve("d.jsonl"), lines);
  }

  /** One of them makes the whole column real numbers. */
  @Test
  void aLabelMayBeAWholeRealNumber() throws Exception {
    writeLabels(1, 1.0);
    Task task = task(GOOD);
    assertThat(task.withoutRightAnswer()).isEmpty();
    var likelihoods =
        List.<Response>of(new Response.Likelihood(-2, false), new Response.Likelihood(-1, false));
    assertThat(task.answer(task.questions().getFirst(), likelihoods).byFilter().get("none"))
        .hasEntrySatisfying("acc", acc -> assertThat(acc).containsExactly(1));
  }

  @Test
  void labelsThatNoChoiceHasAreTold() throws Exception {
    writeLabels(1, -1, 2, 0);
    assertThat(task(GOOD).withoutRightAnswer()).containsExactly(1, 2);
    writeLabels("\"x\"", "\"z\"");
    assertThat(task(GOOD).withoutRightAnswer()).containsExactly(1);
  }

  /** As Python counts: -1 is the last one. */
  @Test
  void aNegativeLabelOfAGeneratedAnswerCountsFromTheEnd() throws Exception {
    writeLabels(-1);
    Task task = task(GOOD.replace("multiple_choice", "generate_until"));
    var answer = task.answer(task.questions().getFirst(), List.of(new Response.Text("y")));
    assertThat(answer.byFilter().get("none"))
        .hasEntrySatisfying("exact_match", match -> assertThat(match).containsExactly(1));
  }

  @Test
  void aDocumentWithoutChoicesIsTold() throws Exception {
    Files.writeString(
        folder.resolve("d.jsonl"),
        """
        {"q": "a", "c": ["x", "y"], "g": 1}
        {"q": "a", "c": null, "g": 1}
        """);
    assertThatThrownBy(() -> questions(GOOD))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("doc_to_choice: must give a list of texts, not null");
  }

  /** They are made into values without end. */
  @ParameterizedTest
  @ValueSource(strings = {"x: &a [*a]", "x: &a {b: *a}", "x: &a\n  b: [1, *a]"})
  void anAnchorInItselfIsTold(String line) {
    assertThatThrownBy(() -> questions(GOOD + line + "\n"))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("mine.yaml:9: an anchor holds itself; write the value out");
  }

  /** The file has a timestamp, a decimal number and a map, and a timestamp beside a text. */
  private List<Question> questionsOfTyped(String text) throws Exception {
    try (var rows = TaskMistakesTest.class.getResourceAsStream("/data/typed.parquet")) {
      Files.copy(rows, folder.resolve("d.parquet"), StandardCopyOption.REPLACE_EXISTING);
    }
    return questions(
        """
        task: mine
        dataset_path: parquet
        dataset_kwargs: {data_files: {test: d.parquet}}
        test_split: test
        output_type: multiple_choice
        doc_to_text: %s
        doc_to_choice: [a, b]
        doc_to_target: 0
        """
            .formatted(text));
  }

  @Test
  void columnsThatAreNotReadMayLieBesideThoseThatAreAsked() throws Exception {
    assertThat(
            questionsOfTyped("'{{meta.set}}'").stream()
                .map(question -> question.requests().getFirst().prompt()))
        .containsExactly("x", "y");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "price",
        "'{{price}}'",
        "'{{created}}'",
        "'{{labels.a}}'",
        "'{{meta.seen}}'",
        "'{{meta[\"seen\"] is defined}}'",
        "'{{meta}}'",
        "'{{meta|tojson}}'",
        "'{% for key, value in meta.items() %}{{value}}{% endfor %}'"
      })
  void columnsThatAreNotReadAreRefusedWhereTheyAreUsed(String text) throws Exception {
    assertThatThrownBy(() -> questionsOfTyped(text))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("doc_to_text: ")
        .hasMessageContaining("d.parquet: column ")
        .hasMessageContaining("which is not read; leave it out or convert it to text");
  }

  @Test
  void theFileThatTheMistakesAreMadeInIsGood() throws Exception {
    assertThat(questions(GOOD)).hasSize(1);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          doc_to_tex: q                     | unknown key 'doc_to_tex' (did you mean 'doc_to_text'?)
          output_type: choice               | output_type: must be one of
          num_fewshot: -1                   | num_fewshot: must be a whole number of at least 0
          num_fewshot: 3                    | 3 examples are drawn, and the split has 1 documents
          doc_to_text: "{{nothing}}"        | doc_to_text: line 1
          doc_to_text: "{% if %}"           | doc_to_text: line 1
          doc_to_choice: "{{q}}"            | doc_to_choice: must give a list as Python writes it
          doc_to_choice: !function my.own   | the Python function my.own is not built in
          test_split: dev                   | the data have no split 'dev', only test
          metric_list: [{metric: accu}]     | no metric 'accu' of multiple_choice (did you mean 'acc'?)
          metric_list: [{metric: acc, aggregation: men}] | aggregation: unknown 'men' (did you mean 'mean'?)
          dataset_kwargs: {data_files: x}   | data_files: no file x
          dataset_path: some/set            | dataset_path: no folder with the data set some/set
          include: other                    | include: no file
          filter_list: [{name: a, filter: [{function: regx}]}] | no filter 'regx' (did you mean 'regex'?)
          generation_kwargs: {do_sample: true} | only do_sample: false gives one answer
          unsafe_code: true                 | unsafe_code: is not supported
          """)
  void aMistakeIsToldWithItsKey(String line, String message) {
    String key = line.substring(0, line.indexOf(':') + 1);
    String others = GOOD.replaceAll("(?m)^" + key + ".*\\R", "");

    assertThatThrownBy(() -> questions(others + line + "\n"))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("mine.yaml")
        .hasMessageContaining(message);
  }

  @Test
  void aCycleOfIncludesAndAGroupInItselfAreTold() throws Exception {
    Files.writeString(folder.resolve("a.yaml"), "include: b.yaml\ntask: a\n");
    Files.writeString(folder.resolve("b.yaml"), "include: a.yaml\n");
    Files.writeString(folder.resolve("g.yaml"), "group: g\ntask: [g]\n");
    var library = TaskLibrary.of(List.of(folder));

    assertThatThrownBy(() -> library.select(List.of("a")))
        .hasMessageContaining("a.yaml: includes itself");
    assertThatThrownBy(() -> library.select(List.of("g")))
        .hasMessageContaining("group g contains itself");
  }

  @Test
  void whatIsBuiltInCanBeSelected() throws Exception {
    var library = TaskLibrary.withBuiltIn(List.of());

    assertThat(library.select(List.of("drpruning")).tasks()).hasSize(17 + 57);
    assertThat(library.select(List.of("drpruning-multilingual")).tasks()).hasSize(18);
    assertThat(library.select(List.of("mmlu_stem*")).groups()).hasSize(1);
  }

  @Test
  void missingDataOfABuiltInTaskAreToldWithoutPathsInsideTheProgram() throws Exception {
    var task = TaskLibrary.withBuiltIn(List.of()).select(List.of("arc_easy")).tasks().getFirst();
    var setting = new Task.Setting(Optional.empty(), 10, Optional.empty());

    assertThatThrownBy(() -> Task.load(task, new DatasetFinder(List.of()), setting))
        .isInstanceOf(UserException.class)
        .hasMessage(
            "task arc_easy: built-in file arc_easy.yaml: dataset_path: no folder with the data set"
                + " allenai/ai2_arc; download it and name the folder it is in with --data");
    assertThatThrownBy(() -> Task.load(task, new DatasetFinder(List.of(folder)), setting))
        .hasMessageEndingWith("%s])", folder.resolve("ai2_arc"));
  }
}
