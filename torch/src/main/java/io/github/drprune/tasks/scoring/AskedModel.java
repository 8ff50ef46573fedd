package io.github.drprune.tasks.scoring;

import io.github.drprune.error.UserException;
import io.github.drprune.model.CausalLm;
import io.github.drprune.model.ModelLoader;
import io.github.drprune.model.ModelOptions;
import io.github.drprune.tasks.Question;
import io.github.drprune.tasks.Request;
import io.github.drprune.tasks.Response;
import io.github.drprune.tasks.Response.Likelihood;
import io.github.drprune.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.OptionalInt;

/** A checkpoint with its tokenizer that answers requests. */
public final class AskedModel implements AutoCloseable {
  private final ModelTokens tokens;
  private final CausalLm model;
  private final PromptTokens prompts;
  private final LikelihoodScorer scorer;
  private final GeneratedText generated;

  private AskedModel(ModelTokens tokens, CausalLm model) {
    this.tokens = tokens;
    this.model = model;
    this.prompts = tokens.prompts();
    this.scorer = new LikelihoodScorer(model);
    Tokenizer tokenizer = tokens.tokenizer();
    Integer last = tokenizer.specialTokens().eos();
    String endText = last == null ? "" : tokenizer.decode(last);
    this.generated = new GeneratedText(model, tokenizer, prompts, tokens.end(), endText);
  }

  /**
   * Loads the checkpoint in {@code folder}.
   *
   * @param maxLength tokens that it reads at once; empty for as many as it can
   */
  public static AskedModel load(Path folder, OptionalInt maxLength, ModelOptions options)
      throws IOException {
    CausalLm model = ModelLoader.load(folder, options);
    try {
      return new AskedModel(ModelTokens.load(folder, model.spec(), maxLength), model);
    } catch (IOException | RuntimeException | Error e) {
      model.close();
      throw e;
    }
  }

  /** The likelihoods of what {@code items} predict. */
  List<Likelihood> score(List<ScoredTokens> items) {
    return scorer.score(items);
  }

  /** How texts become its tokens. */
  PromptTokens prompts() {
    return prompts;
  }

  /** The responses to each question's requests. */
  public List<List<Response>> answer(List<Question> questions) {
    List<ScoredTokens> scored = new ArrayList<>();
    for (Question question : questions) {
      question.requests().forEach(request -> scored.addAll(scored(request, question)));
    }
    Iterator<Likelihood> likelihoods = scorer.score(scored).iterator();
    List<List<Response>> answers = new ArrayList<>();
    for (Question question : questions) {
      List<Response> responses = new ArrayList<>();
      for (Request request : question.requests()) {
        responses.add(response(request, question, likelihoods));
      }
      answers.add(responses);
    }
    return answers;
  }

  private List<ScoredTokens> scored(Request request, Question question) {
    try {
      return switch (request) {
        case Request.Continuation continuation -> List.of(prompts.of(continuation));
        case Request.Whole whole -> prompts.of(whole);
        case Request.Generated _ -> List.of();
      };
    } catch (UserException e) {
      throw e.in("document %d: ".formatted(question.id()));
    }
  }

  private Response response(Request request, Question question, Iterator<Likelihood> likelihoods) {
    return switch (request) {
      case Request.Continuation _ -> likelihoods.next();
      case Request.Whole whole -> {
        double sum = 0;
        boolean greedy = true;
        for (int i = prompts.of(whole).size(); i > 0; i--) {
          Likelihood window = likelihoods.next();
          sum += window.logLikelihood();
          greedy &= window.greedy();
        }
        yield new Likelihood(sum, greedy);
      }
      case Request.Generated prompt -> {
        try {
          yield generated.of(prompt);
        } catch (UserException e) {
          throw e.in("document %d: ".formatted(question.id()));
        }
      }
    };
  }

  /** Characters of the longest of a question's prompts. */
  static int size(Question question) {
    return question.requests().stream()
        .mapToInt(request -> request.prompt().length())
        .max()
        .orElse(0);
  }

  @Override
  public void close() {
    model.close();
    tokens.close();
  }
}
