package io.github.drprune.model;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.stream.LongStream;

/**
 * What a dimension of a weight counts: spans, one after the other, of units that take {@code width}
 * places each. Fused matrices have several spans, or units that hold a part of each.
 */
public record Axis(List<Span> spans) {
  /** A thing that a cut keeps or removes. */
  public enum Unit {
    VOCABULARY,
    /** Of the residual stream. */
    HIDDEN,
    QUERY_HEAD,
    KEY_VALUE_HEAD,
    /** Of the MLP. */
    INTERMEDIATE,
    /** A place within each head, which no cut removes. */
    HEAD_DIM
  }

  /**
   * All units of a kind in their order.
   *
   * @param width places of one unit
   */
  public record Span(Unit unit, int width) {
    private long size(ModelSpec spec) {
      return (long) spec.count(unit) * width;
    }
  }

  public Axis {
    spans = List.copyOf(spans);
  }

  /** One span. */
  static Axis of(Unit unit, int width) {
    return of(new Span(unit, width));
  }

  /** Spans one after the other. */
  static Axis of(Span... spans) {
    return new Axis(List.of(spans));
  }

  /** The dimension's length. */
  long size(ModelSpec spec) {
    return spans.stream().mapToLong(span -> span.size(spec)).sum();
  }

  /** The share of the dimension's places that units of this kind take. */
  public double share(Unit unit, ModelSpec spec) {
    long places =
        spans.stream().filter(span -> span.unit() == unit).mapToLong(span -> span.size(spec)).sum();
    return (double) places / size(spec);
  }

  /** The places of the units that {@code kept} lists of all units of a kind, ascending. */
  public long[] places(Function<Unit, int[]> kept, ModelSpec spec) {
    List<LongStream> places = new ArrayList<>();
    long from = 0;
    for (Span span : spans) {
      long start = from;
      places.add(
          Arrays.stream(kept.apply(span.unit()))
              .asLongStream()
              .map(unit -> start + unit * span.width())
              .flatMap(place -> LongStream.range(place, place + span.width())));
      from += span.size(spec);
    }
    return places.stream().flatMapToLong(Function.identity()).toArray();
  }
}
