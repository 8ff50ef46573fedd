package io.github.drprune.tasks;

import java.util.List;
import java.util.Map;

/**
 * A document as a model is asked about it.
 *
 * @param id its place in the split, from 0
 * @param target the expected answer as the task file gives it: text, a number or a list
 */
public record Question(
    int id, Map<String, Object> document, Object target, List<Request> requests) {
  public Question {
    requests = List.copyOf(requests);
  }
}
