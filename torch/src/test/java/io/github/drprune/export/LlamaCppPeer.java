package io.github.drprune.export;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.drprune.json.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Assumptions;

/**
 * llama.cpp, as node-llama-cpp brings it, where a machine has it: {@code
 * build-tools/install-llama-cpp.sh FOLDER}, then {@code -Dnode.llama=FOLDER}.
 */
record LlamaCppPeer(Path folder) {
  /** Skips the test that asks where it is absent. */
  static LlamaCppPeer orSkip() {
    String folder = System.getProperty("node.llama", "");
    Assumptions.assumeFalse(folder.isBlank(), "no -Dnode.llama with node-llama-cpp");
    return new LlamaCppPeer(Path.of(folder));
  }

  /**
   * What to ask of a file.
   *
   * @param context room for so many tokens
   * @param prompts to continue greedily, by {@code tokens} tokens each
   * @param texts to turn into ids
   * @param scored texts, as ids, to say the mean negative log likelihood of
   */
  record Request(
      String file,
      int context,
      List<int[]> prompts,
      int tokens,
      List<String> texts,
      List<int[]> scored) {
    static Request continuing(Path file, int context, List<int[]> prompts, int tokens) {
      return new Request(file.toString(), context, prompts, tokens, List.of(), List.of());
    }
  }

  /** What it said; {@code error} where it could not. */
  record Answer(
      List<List<Integer>> continuations, List<List<Integer>> ids, double[] losses, String error) {}

  List<Answer> ask(List<Request> requests, Path scratch) throws IOException, InterruptedException {
    Path script = scratch.resolve("peer.mjs");
    try (var resource = LlamaCppPeer.class.getResourceAsStream("/llama-cpp/peer.mjs")) {
      Files.write(script, resource.readAllBytes());
    }
    Path file = scratch.resolve("requests.jsonl");
    Files.write(file, requests.stream().map(Json::line).toList());
    Path errors = scratch.resolve("peer-errors.txt");
    Process process =
        new ProcessBuilder("node", script.toString(), folder.toString(), file.toString())
            .redirectError(errors.toFile())
            .start();
    List<Answer> answers = new ArrayList<>();
    try (var reader = process.inputReader()) {
      for (String line : reader.readAllLines()) {
        if (line.startsWith("{")) {
          answers.add(answer(Json.tree(line, "peer")));
        }
      }
    }
    assertThat(process.waitFor()).as(Files.readString(errors)).isZero();
    assertThat(answers).as(Files.readString(errors)).hasSameSizeAs(requests);
    return answers;
  }

  private static Answer answer(JsonNode json) {
    return new Answer(
        lists(json.path("continuations")),
        lists(json.path("ids")),
        StreamSupport.stream(json.path("losses").spliterator(), false)
            .mapToDouble(JsonNode::asDouble)
            .toArray(),
        json.path("error").asText(null));
  }

  private static List<List<Integer>> lists(JsonNode json) {
    return StreamSupport.stream(json.spliterator(), false)
        .map(list -> StreamSupport.stream(list.spliterator(), false).map(JsonNode::asInt).toList())
        .toList();
  }

  static List<Integer> boxed(int[] ids) {
    return Arrays.stream(ids).boxed().toList();
  }
}
