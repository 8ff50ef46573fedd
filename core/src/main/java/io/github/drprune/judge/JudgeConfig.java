package io.github.drprune.judge;

import io.github.drprune.config.binding.Key;
import java.nio.file.Path;
import java.util.Optional;

/** How answers are judged. */
public record JudgeConfig(
    @Key(doc = "Base URL of an OpenAI-compatible server, such as http://localhost:8080/v1.")
        String endpoint,
    @Key(doc = "The judging model's name at the server.") String model,
    @Key(doc = "File of what was asked and replied; judging goes on behind what it holds.")
        Path transcript,
    @Key(
            doc =
                "Text file with instructions instead of the program's own; it must ask for the same"
                    + " JSON.")
        Optional<Path> rubric,
    @Key(
            doc =
                "Ask the server to hold replies to the form of a verdict (response_format with a"
                    + " JSON schema), where it can.",
            value = "false")
        boolean structured,
    @Key(
            doc = "Environment variable that holds the key, where the server wants one.",
            value = "OPENAI_API_KEY")
        String keyVariable,
    @Key(doc = "Requests a minute, at most.", value = "60", above = 0) double requestsPerMinute,
    @Key(doc = "Seconds to wait for a reply.", value = "120", above = 0) double timeout,
    @Key(
            doc = "Further tries of a request that failed or was not answered as asked.",
            value = "5",
            min = 0)
        int retries,
    @Key(
            doc = "Seconds before the first further try; each next waits twice as long.",
            value = "1",
            min = 0)
        double backOff,
    @Key(doc = "Price of a million tokens sent, for the estimate of the cost.", min = 0)
        Optional<Double> priceIn,
    @Key(doc = "Price of a million tokens received.", min = 0) Optional<Double> priceOut) {}
