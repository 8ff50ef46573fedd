package io.github.drprune.tasks;

import java.util.List;
import java.util.SequencedMap;

/**
 * A question with what a model answered.
 *
 * @param responses to its requests
 * @param byFilter the numbers of each metric, by what filtered the responses
 * @param filtered texts by filter, where texts were generated
 */
public record Answer(
    Question question,
    List<Response> responses,
    SequencedMap<String, SequencedMap<String, double[]>> byFilter,
    SequencedMap<String, List<String>> filtered) {}
