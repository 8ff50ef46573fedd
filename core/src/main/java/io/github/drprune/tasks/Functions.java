package io.github.drprune.tasks;

import io.github.drprune.error.UserException;
import io.github.drprune.io.ReadErrors;
import io.github.drprune.io.Sha256;
import io.github.drprune.tasks.documents.Table;
import io.github.drprune.tasks.file.FunctionName;
import io.github.drprune.tasks.file.TaskConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/**
 * The Python functions of the harness's own tasks, written anew. A file names them by module and
 * function; where such a name is a common one, the task must be recognisable too.
 */
record Functions(TaskConfig task) {
  /** Makes a value of a document. */
  interface OfDocument extends Function<Map<String, Object>, Object> {}

  /** Changes the documents of a split. */
  interface OfTable extends UnaryOperator<Table> {}

  /** Makes metrics of the answers about a document. */
  @FunctionalInterface
  interface OfResults {
    Map<String, double[]> metrics(Map<String, Object> document, List<Response> responses);
  }

  /**
   * One that is built in.
   *
   * @param word that must be in the name of the task, of its folder or of its data; empty where the
   *     function's own name is enough
   * @param module SHA-256 of the harness's module, which is as good as the word
   */
  private record BuiltIn(String name, String word, String module, Object function) {
    BuiltIn(String name, Object function) {
      this(name, "", "", function);
    }

    boolean is(FunctionName wanted, TaskConfig task) {
      return name.equals(wanted.name())
          && (word.isEmpty()
              || isIn(task.name())
              || isIn(task.source().path())
              || isIn(String.valueOf(wanted.folder().getFileName()))
              || isModule(wanted.module()));
    }

    private boolean isModule(Path file) {
      try {
        return Files.isRegularFile(file) && Sha256.of(Files.readAllBytes(file)).equals(module);
      } catch (IOException e) {
        throw ReadErrors.of(file, e);
      }
    }

    private boolean isIn(String text) {
      return text.toLowerCase(Locale.ROOT).contains(word);
    }
  }

  private static final String HELLASWAG =
      "07d23b60b28f2a4f658dcf8440623a63fe6644854ce9b846a114dde980dc1214";
  private static final String XWINOGRAD =
      "ec32f0bfecb45d80220279522ac046ef2ac3f7890444798b56ac29348b27355d";

  private static final List<BuiltIn> ALL =
      List.of(
          new BuiltIn(
              "utils.process_docs", "hellaswag", HELLASWAG, (OfTable) TaskFunctions::hellaswag),
          new BuiltIn("utils_logiqa.doc_to_text", (OfDocument) TaskFunctions::logiqaText),
          new BuiltIn("utils_logiqa.doc_to_target", (OfDocument) TaskFunctions::logiqaTarget),
          new BuiltIn("preprocess_winogrande.doc_to_text", (OfDocument) TaskFunctions::blankAnswer),
          new BuiltIn(
              "preprocess_winogrande.doc_to_target", (OfDocument) TaskFunctions::afterBlank),
          new BuiltIn(
              "preprocess_winogrande.doc_to_choice", (OfDocument) TaskFunctions::filledBlanks),
          new BuiltIn(
              "utils.doc_to_text", "xwinograd", XWINOGRAD, (OfDocument) TaskFunctions::blankAnswer),
          new BuiltIn(
              "utils.doc_to_target",
              "xwinograd",
              XWINOGRAD,
              (OfDocument) TaskFunctions::afterBlank),
          new BuiltIn(
              "utils.doc_to_choice",
              "xwinograd",
              XWINOGRAD,
              (OfDocument) TaskFunctions::filledBlanks),
          new BuiltIn("preprocess_wsc.default_doc_to_text", (OfDocument) TaskFunctions::wscText),
          new BuiltIn("utils.process_results_mc2", (OfResults) TaskFunctions::probabilityOfTruth),
          new BuiltIn("utils.process_docs_paraphrases", (OfTable) TaskFunctions::paraphrases));

  OfDocument document(FunctionName name, String key) {
    return find(name, key, OfDocument.class);
  }

  OfTable table(FunctionName name, String key) {
    return find(name, key, OfTable.class);
  }

  OfResults results(FunctionName name, String key) {
    return find(name, key, OfResults.class);
  }

  private <T> T find(FunctionName name, String key, Class<T> type) {
    Path file = task.file();
    return ALL.stream()
        .filter(builtIn -> builtIn.is(name, task) && type.isInstance(builtIn.function()))
        .findFirst()
        .map(builtIn -> type.cast(builtIn.function()))
        .orElseThrow(
            () ->
                new UserException(
                    "%s: %s: the Python function %s is not built in; write a template or use one of %s"
                        .formatted(file, key, name.name(), names(type))));
  }

  private static String names(Class<?> type) {
    var names = new TreeSet<String>();
    for (BuiltIn builtIn : ALL) {
      if (type.isInstance(builtIn.function())) {
        names.add(
            builtIn.word().isEmpty()
                ? builtIn.name()
                : "%s of %s".formatted(builtIn.name(), builtIn.word()));
      }
    }
    return String.join(", ", names);
  }
}
