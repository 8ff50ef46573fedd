package io.github.drprune.model;

import io.github.drprune.model.Axis.Unit;
import java.util.List;

/** What a tensor does in a model; the part of the model that it belongs to follows from it. */
public enum TensorRole {
  EMBEDDING(Place.EMBEDDING),
  ATTENTION_NORM(Place.ATTENTION),
  QUERY(Place.ATTENTION),
  KEY(Place.ATTENTION),
  VALUE(Place.ATTENTION),
  /** One matrix whose rows are query, key and value of the first head, then of the next. */
  QUERY_KEY_VALUE_BY_HEAD(Place.ATTENTION),
  ATTENTION_OUTPUT(Place.ATTENTION),
  MLP_NORM(Place.MLP),
  GATE(Place.MLP),
  UP(Place.MLP),
  DOWN(Place.MLP),
  FINAL_NORM(Place.HEAD),
  HEAD(Place.HEAD);

  /** A part of a model. Attention and MLP are the two halves of each layer. */
  public enum Place {
    EMBEDDING,
    ATTENTION,
    MLP,
    HEAD
  }

  private final Place place;

  TensorRole(Place place) {
    this.place = place;
  }

  public Place place() {
    return place;
  }

  /** Whether every layer has such a tensor. */
  public boolean isInLayer() {
    return place == Place.ATTENTION || place == Place.MLP;
  }

  public boolean isNorm() {
    return this == ATTENTION_NORM || this == MLP_NORM || this == FINAL_NORM;
  }

  /** Whether it is the last linear stage of its half, whose output the residual stream takes up. */
  public boolean writesResidual() {
    return this == ATTENTION_OUTPUT || this == DOWN;
  }

  /** What the weight's dimensions count, [out, in] or [units]; a bias has the first of them. */
  List<Axis> axes(int headDim) {
    Axis hidden = Axis.of(Unit.HIDDEN, 1);
    Axis intermediate = Axis.of(Unit.INTERMEDIATE, 1);
    return switch (this) {
      case EMBEDDING, HEAD -> List.of(Axis.of(Unit.VOCABULARY, 1), hidden);
      case ATTENTION_NORM, MLP_NORM, FINAL_NORM -> List.of(hidden);
      case QUERY -> List.of(Axis.of(Unit.QUERY_HEAD, headDim), hidden);
      case KEY, VALUE -> List.of(Axis.of(Unit.KEY_VALUE_HEAD, headDim), hidden);
      case QUERY_KEY_VALUE_BY_HEAD -> List.of(Axis.of(Unit.QUERY_HEAD, 3 * headDim), hidden);
      case ATTENTION_OUTPUT -> List.of(hidden, Axis.of(Unit.QUERY_HEAD, headDim));
      case GATE, UP -> List.of(intermediate, hidden);
      case DOWN -> List.of(hidden, intermediate);
    };
  }
}
