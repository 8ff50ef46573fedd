package io.github.drprune.model;

import io.github.drprune.model.Axis.Span;
import io.github.drprune.model.Axis.Unit;
import java.util.List;
import java.util.Set;

/** What a tensor does in a model; the part of the model that it belongs to follows from it. */
public enum TensorRole {
  EMBEDDING(Place.EMBEDDING),
  ATTENTION_NORM(Place.ATTENTION),
  QUERY(Place.ATTENTION),
  KEY(Place.ATTENTION),
  VALUE(Place.ATTENTION),
  /** One matrix whose rows are query, key and value of the first head, then of the next. */
  QUERY_KEY_VALUE_BY_HEAD(Place.ATTENTION),
  /** One matrix whose rows are the queries of all heads, then the keys, then the values. */
  QUERY_KEY_VALUE(Place.ATTENTION),
  /** Normalises each query head by itself, before the rotation. */
  QUERY_NORM(Place.ATTENTION),
  KEY_NORM(Place.ATTENTION),
  /** Normalises the queries of all heads together. */
  JOINT_QUERY_NORM(Place.ATTENTION),
  JOINT_KEY_NORM(Place.ATTENTION),
  ATTENTION_OUTPUT(Place.ATTENTION),
  /** Normalises what attention puts out, before the residual stream takes it up. */
  AFTER_ATTENTION_NORM(Place.ATTENTION),
  MLP_NORM(Place.MLP),
  GATE(Place.MLP),
  UP(Place.MLP),
  /** One matrix whose rows are all of the gate, then all of the up projection. */
  GATE_UP(Place.MLP),
  DOWN(Place.MLP),
  /** Normalises what the MLP puts out, before the residual stream takes it up. */
  AFTER_MLP_NORM(Place.MLP),
  FINAL_NORM(Place.HEAD),
  HEAD(Place.HEAD);

  /** The linear layers of a block with a gate and separate projections. */
  static final Set<TensorRole> ALL_LINEAR =
      Set.of(QUERY, KEY, VALUE, ATTENTION_OUTPUT, GATE, UP, DOWN);

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
    return switch (this) {
      case ATTENTION_NORM,
          AFTER_ATTENTION_NORM,
          QUERY_NORM,
          KEY_NORM,
          JOINT_QUERY_NORM,
          JOINT_KEY_NORM,
          MLP_NORM,
          AFTER_MLP_NORM,
          FINAL_NORM ->
          true;
      default -> false;
    };
  }

  /** Whether it has a row for each token of the vocabulary. */
  public boolean countsWords() {
    return this == EMBEDDING || this == HEAD;
  }

  /** Whether it is the last linear stage of its half, whose output the residual stream takes up. */
  public boolean writesResidual() {
    return this == ATTENTION_OUTPUT || this == DOWN;
  }

  /** Whether its matrix multiplies what is read of the residual stream. */
  boolean readsResidual() {
    return this != EMBEDDING && !isNorm() && !writesResidual();
  }

  /** What the weight's dimensions count, [out, in] or [units]; a bias has the first of them. */
  List<Axis> axes(int headDim) {
    Axis hidden = Axis.of(Unit.HIDDEN, 1);
    Axis intermediate = Axis.of(Unit.INTERMEDIATE, 1);
    var queries = new Span(Unit.QUERY_HEAD, headDim);
    var keys = new Span(Unit.KEY_VALUE_HEAD, headDim);
    return switch (this) {
      case EMBEDDING, HEAD -> List.of(Axis.of(Unit.VOCABULARY, 1), hidden);
      case ATTENTION_NORM, AFTER_ATTENTION_NORM, MLP_NORM, AFTER_MLP_NORM, FINAL_NORM ->
          List.of(hidden);
      case QUERY -> List.of(Axis.of(queries), hidden);
      case KEY, VALUE -> List.of(Axis.of(keys), hidden);
      case QUERY_KEY_VALUE_BY_HEAD -> List.of(Axis.of(Unit.QUERY_HEAD, 3 * headDim), hidden);
      case QUERY_KEY_VALUE -> List.of(Axis.of(queries, keys, keys), hidden);
      case QUERY_NORM, KEY_NORM -> List.of(Axis.of(Unit.HEAD_DIM, 1));
      case JOINT_QUERY_NORM -> List.of(Axis.of(queries));
      case JOINT_KEY_NORM -> List.of(Axis.of(keys));
      case ATTENTION_OUTPUT -> List.of(hidden, Axis.of(queries));
      case GATE, UP -> List.of(intermediate, hidden);
      case GATE_UP -> {
        var part = new Span(Unit.INTERMEDIATE, 1);
        yield List.of(Axis.of(part, part), hidden);
      }
      case DOWN -> List.of(hidden, intermediate);
    };
  }
}
