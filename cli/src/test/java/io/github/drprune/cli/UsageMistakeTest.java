package io.github.drprune.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class UsageMistakeTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "prepare | missing: --tokenizer MODEL, --out DATA, --seq-len N",
        "evaluate --batch x | --batch: 'x' is not a whole number",
        "evaluate --batch 99999999999 | --batch: '99999999999' is too large a number",
        "cut m --masks a --masks b | --masks: given twice",
        "generate --temperature y | --temperature: 'y' is not a number",
        "evaluate --precision fp3 | --precision: 'fp3' is not possible (valid: FP32, BF16)",
        "prepare --tokenizer a --input b --domain c=d --seq-len 3 --out e "
            + "| --input=FOLDER, --domain=NAME[:SPLIT]=PATH: give only one of them",
        "evaluate m --data | missing: --data DATA",
        "inspect | missing: MODEL",
        "inspect --jsom=x | unknown option '--jsom' (did you mean '--json'?)",
        "inspect a b | 'b': one argument too many",
        "plan shape | no command 'shape' (did you mean 'shapes'?)",
        "prun | no command 'prun' (did you mean 'prune'?)",
      })
  void inWordsForPeople(String arguments, String message) {
    var err = new StringWriter();
    int code =
        Main.commandLine().setErr(new PrintWriter(err)).execute(arguments.strip().split(" "));
    assertThat(err.toString()).startsWith("drprune: " + message + "; see 'drprune");
    assertThat(err.toString().lines()).hasSize(1);
    assertThat(code).isEqualTo(2);
  }

  /** Names come out of files: a terminal must show them, not obey them. */
  @Test
  void tablesEscapeWhatATerminalWouldObey() {
    var table =
        Console.table(List.of("domain", "loss"), List.of(List.of("a\u001b[2J\nb\u202e", "1")));
    assertThat(table)
        .containsExactly("domain                   loss", "a\\u001b[2J\\u000ab\\u202e     1");
  }
}
