package io.github.drprune.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.DoubleNode;
import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.github.drprune.config.binding.ConfigLoader;
import io.github.drprune.data.Manifest;
import io.github.drprune.error.UserException;
import io.github.drprune.io.SuffixedNumber;
import io.github.drprune.model.ConfigReader;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What a number of training tokens is best spent on. The rules follow the measurements in {@code
 * docs/method-benchmark.md}: a cut in one shot whose weights are fitted to the source takes no
 * tokens and is ahead of masks that are learned, so all of them go to training, most of whose loss
 * is distilled from the source.
 *
 * @param tokens to spend over all
 * @param isTrial whether they stand for a time, which may pay for more or less
 * @param seqLen tokens of a sequence
 * @param parameters of the source
 */
record Budget(long tokens, boolean isTrial, int seqLen, long parameters) {
  /** A number of tokens, or a time in hours or minutes. */
  static final String PATTERN = "[0-9]{1,12}([.][0-9]{1,9})?([kKmMbBgG]?|h|min)";

  /** What a time is completed as until it is known how many tokens it pays for. */
  private static final long TRIAL_TOKENS = 1_000_000;

  /** Tokens of a step at {@link #MEASURED_TOKENS}; they grow with the root of the budget. */
  private static final double STEP_TOKENS = 512;

  private static final double MEASURED_TOKENS = 410_000;

  /** The learning rate that was measured, and the parameters of the source that it was best for. */
  private static final double LEARNING_RATE = 1e-3;

  private static final double MEASURED_PARAMETERS = 8.5e6;

  /** Larger models take smaller steps; none was measured to need less than this. */
  private static final double LEAST_LEARNING_RATE = 1e-4;

  /** Share of the tokens that masks are learned with, where they are asked for. */
  private static final double MASKS_SHARE = 0.4;

  /** Share of the loss that is distilled: better than a half, and text itself still counts. */
  private static final double DISTILLATION_WEIGHT = 0.9;

  /**
   * How far the domains' weights may go from their proportion. A run with a teacher knows what each
   * domain should reach, so they may go farther than with references that it predicts: at 0.1 the
   * worst domain was held back.
   */
  private static final double RHO = 0.3;

  /**
   * Weights that answer each evaluation alone jump to and fro once all domains are equally far
   * behind; their averages do not.
   */
  private static final double SMOOTHING = 0.5;

  /** Of each domain: more would take a small run longer than its training. */
  private static final int EVALUATION_SEQUENCES = 32;

  /** Evaluations of a run, at each of which the domains' weights follow the losses. */
  private static final int EVALUATIONS = 15;

  /** Of a run without a teacher, which has to predict its reference losses from the first ones. */
  private static final int EVALUATIONS_ALONE = 50;

  /** Sequences of a step of training. */
  private int globalBatch() {
    double wanted = STEP_TOKENS * Math.sqrt(Math.max(1, tokens / MEASURED_TOKENS)) / seqLen;
    int batch = Integer.highestOneBit((int) Math.max(1, Math.round(wanted * Math.sqrt(0.5))));
    return batch * Math.sqrt(2) < wanted ? 2 * batch : batch; // the nearest power of two
  }

  private double learningRate() {
    double rate = LEARNING_RATE * Math.pow(Math.min(1, MEASURED_PARAMETERS / parameters), 0.3);
    return Math.max(LEAST_LEARNING_RATE, rate);
  }

  /** A number of tokens such as 400M, 1.5B or 250000; of a time a trial's. */
  static long tokens(String text) {
    return time(text).isPresent()
        ? TRIAL_TOKENS
        : Math.round(SuffixedNumber.parse(text.replaceFirst("[gG]$", "B")).doubleValue());
  }

  /** A time such as 8h, 1.5h or 90min; empty of a number of tokens. */
  static Optional<Duration> time(String text) {
    long unit = text.endsWith("h") ? 3600 : text.endsWith("min") ? 60 : 0;
    return unit == 0
        ? Optional.empty()
        : Optional.of(
            Duration.ofMillis(
                Math.round(1000 * unit * Double.parseDouble(text.replaceAll("[a-z]+$", "")))));
  }

  /**
   * Puts into a pipeline's tree what its budget asks for, where it is not given.
   *
   * @throws UserException where the budget cannot be spent
   */
  static void complete(ObjectNode tree) throws IOException {
    if (tree.get("budget").isNumber()) { // tokens without a suffix, which YAML reads as a number
      tree.put("budget", tree.get("budget").decimalValue().toPlainString());
    }
    if (!(tree.get("prune") instanceof ObjectNode prune)
        || !(tree.get("train") instanceof ObjectNode train)
        || !prune.path("model").isTextual()) {
      throw UserException.at(
          "budget", "it is spent on the stages prune, with its model, and train", "name both");
    }
    if (!tree.get("budget").asText().matches(PATTERN)) {
      return; // refused where keys are checked
    }
    OptionalInt seqLen = seqLen(tree);
    if (seqLen.isEmpty()) {
      return; // likewise
    }
    Path model = Path.of(prune.get("model").textValue());
    String text = tree.get("budget").asText();
    if (time(text).filter(Duration::isZero).isPresent()) {
      throw UserException.at("budget", text + " is no time", "raise it");
    }
    var budget =
        new Budget(
            tokens(text),
            time(text).isPresent(),
            seqLen.getAsInt(),
            ConfigReader.read(model).parameters());
    long pruning = budget.completePruning(prune);
    long rest = budget.tokens - pruning;
    if (rest <= 0 && !budget.isTrial) {
      throw UserException.at(
          "budget",
          "the steps of prune take %d of its %d tokens".formatted(pruning, budget.tokens),
          "raise it or lower prune.steps");
    }
    completeTeaching(train, tree.path("cut").path("model").asText(model.toString()));
    budget.completeSteps(train, rest, budget.globalBatch());
  }

  /** Gives the tokens that pruning takes. */
  private long completePruning(ObjectNode prune) {
    choose(prune, "method", new TextNode("importance"));
    if (!prune.get("method").asText().equals("masks")) {
      choose(prune, "steps", new IntNode(1)); // none are taken; a wrong method is told later
      return 0;
    }
    return completeSteps(prune, Math.round(MASKS_SHARE * tokens), 2 * globalBatch());
  }

  /**
   * Chooses a stage's steps, with what goes by them; gives the tokens that they take.
   *
   * @param rest tokens that it may take
   * @param batch sequences of a step, where that is not given
   */
  private long completeSteps(ObjectNode stage, long rest, int batch) {
    choose(stage, "global_batch", new IntNode(batch));
    long tokensOfStep = stage.get("global_batch").asLong() * seqLen;
    if (tokensOfStep <= 0) {
      return 0; // refused where keys are checked
    }
    if (!ConfigLoader.isGiven(stage, "steps")) {
      if (rest < tokensOfStep && !isTrial) {
        throw UserException.at(
            "budget",
            "%d tokens are less than one step of %d sequences of %d tokens"
                .formatted(rest, tokensOfStep / seqLen, seqLen),
            "raise it");
      }
      stage.put("steps", Math.clamp(rest / tokensOfStep, 1, Integer.MAX_VALUE));
    }
    int steps = stage.get("steps").asInt();
    choose(stage, "learning_rate", new DoubleNode(learningRate()));
    boolean isTaught = stage.get("distillation") instanceof ObjectNode;
    int evaluations = isTaught ? EVALUATIONS : EVALUATIONS_ALONE;
    int interval = Math.max(1, Math.round((float) steps / evaluations));
    choose(stage, "evaluation_interval", new IntNode(interval));
    choose(stage, "evaluation_sequences", new IntNode(EVALUATION_SEQUENCES));
    return steps * tokensOfStep;
  }

  /** The source teaches, unless {@code distillation: null} says that nothing does. */
  private static void completeTeaching(ObjectNode train, String model) {
    if (!train.has("distillation")) {
      train.putObject("distillation");
    }
    if (!(train.get("distillation") instanceof ObjectNode distillation)) {
      return;
    }
    choose(distillation, "teacher", new TextNode(model));
    choose(distillation, "weight", new DoubleNode(DISTILLATION_WEIGHT));
    if (!ConfigLoader.isGiven(train, "domains")) {
      train.putObject("domains");
    }
    if (train.get("domains") instanceof ObjectNode domains) { // else refused where keys are checked
      choose(domains, "rho", new DoubleNode(RHO));
      choose(domains, "smoothing", new DoubleNode(SMOOTHING));
    }
  }

  private static void choose(ObjectNode keys, String key, JsonNode value) {
    if (!ConfigLoader.isGiven(keys, key)) {
      keys.set(key, value);
    }
  }

  /** Empty where it is given but cannot be one. */
  private static OptionalInt seqLen(ObjectNode tree) {
    if (tree.path("prepare").has("seq_len")) {
      int given = tree.path("prepare").get("seq_len").asInt();
      return given < 1 ? OptionalInt.empty() : OptionalInt.of(given);
    }
    String data = tree.path("train").path("data").asText();
    if (data.isEmpty()) {
      throw UserException.at(
          "budget", "how long sequences are is not known", "name the stage prepare or prune.data");
    }
    return OptionalInt.of(Manifest.read(Path.of(data)).seqLen());
  }
}
