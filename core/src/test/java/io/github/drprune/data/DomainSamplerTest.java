package io.github.drprune.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.drprune.json.Json;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.LongStream;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.constraints.Size;

class DomainSamplerTest {
  private static final double[] EVEN = {1, 1, 1};

  private static DomainSampler sampler(long seed, long... sizes) {
    return new DomainSampler(sizes, SamplerState.start(seed, sizes.length));
  }

  @Property(tries = 200)
  void permutationIsABijection(
      @ForAll @LongRange(min = 1, max = 3000) long size, @ForAll long key) {
    var permutation = new Permutation(size, key);
    var images = new TreeSet<Long>();
    for (long i = 0; i < size; i++) {
      images.add(permutation.apply(i));
    }
    assertThat(images).hasSize((int) size);
    assertThat(images.first()).isZero();
    assertThat(images.last()).isEqualTo(size - 1);
  }

  @Example
  void permutationOfFourTakesEveryOrderAboutEquallyOften() {
    Map<List<Long>, Integer> orders = new HashMap<>();
    for (int key = 0; key < 24_000; key++) {
      var permutation = new Permutation(4, CounterRandom.bits(7, key));
      orders.merge(
          LongStream.range(0, 4).map(permutation::apply).boxed().toList(), 1, Integer::sum);
    }
    // 4! orders, 1,000 expected of each, standard deviation 31; a Feistel network over two bits
    // reaches even permutations only, half of them: then each of those is expected twice as often.
    assertThat(orders.size()).isIn(12, 24);
    int expected = 24_000 / orders.size();
    assertThat(orders.values()).allMatch(count -> Math.abs(count - expected) < 0.2 * expected);
  }

  @Property(tries = 50)
  void everySequenceOncePerEpoch(
      @ForAll @Size(min = 1, max = 4) List<@IntRange(min = 1, max = 60) Integer> sizes,
      @ForAll long seed) {
    long[] counts = sizes.stream().mapToLong(Integer::longValue).toArray();
    var weights = new double[counts.length];
    java.util.Arrays.fill(weights, 1.0);
    var drawn = new ArrayList<List<Long>>();
    sizes.forEach(size -> drawn.add(new ArrayList<>()));
    for (var draw : sampler(seed, counts).next(600, weights)) {
      drawn.get(draw.domain()).add(draw.row());
    }
    for (int d = 0; d < counts.length; d++) {
      int size = (int) counts[d];
      for (int start = 0; start + size <= drawn.get(d).size(); start += size) {
        assertThat(new TreeSet<>(drawn.get(d).subList(start, start + size))).hasSize(size);
      }
    }
  }

  @Example
  void epochsDifferInOrder() {
    var rows = sampler(1, 50).next(100, new double[] {1}).stream().map(Draw::row).toList();
    assertThat(rows.subList(0, 50)).isNotEqualTo(rows.subList(50, 100));
    assertThat(rows.subList(0, 50)).isNotEqualTo(LongStream.range(0, 50).boxed().toList());
  }

  @Property(tries = 30)
  void sharesFollowTheWeights(
      @ForAll @Size(min = 2, max = 6) List<@IntRange(min = 0, max = 20) Integer> raw,
      @ForAll long seed) {
    double total = raw.stream().mapToInt(Integer::intValue).sum();
    if (total == 0) {
      return;
    }
    double[] weights = raw.stream().mapToDouble(Integer::doubleValue).toArray();
    long[] sizes = LongStream.range(0, weights.length).map(i -> 10).toArray();
    int n = 20_000;
    var counts = new int[weights.length];
    sampler(seed, sizes).next(n, weights).forEach(draw -> counts[draw.domain()]++);
    for (int d = 0; d < counts.length; d++) {
      double p = weights[d] / total;
      // Five standard deviations of a binomial: one failure in millions.
      assertThat((double) counts[d])
          .isBetween(
              n * p - 5 * Math.sqrt(n * p * (1 - p)) - 1e-9,
              n * p + 5 * Math.sqrt(n * p * (1 - p)) + 1e-9);
    }
  }

  @Property(tries = 50)
  void stoppingAndResumingChangesNothing(
      @ForAll @Size(min = 1, max = 8) List<@IntRange(min = 1, max = 40) Integer> portions,
      @ForAll long seed) {
    int total = portions.stream().mapToInt(Integer::intValue).sum();
    var whole = sampler(seed, 5, 1, 17).next(total, EVEN);
    var parts = new ArrayList<Draw>();
    var state = SamplerState.start(seed, 3);
    for (int portion : portions) {
      var resumed = new DomainSampler(new long[] {5, 1, 17}, state);
      parts.addAll(resumed.next(portion, EVEN));
      // Through JSON, as a checkpoint carries it.
      state = Json.read(Json.line(resumed.state()), SamplerState.class, "state");
    }
    assertThat(parts).isEqualTo(whole);
  }

  @Example
  void changedWeightsTakeEffectAtOnceAndLeaveTheDomainsPlacesAlone() {
    var sampler = sampler(3, 100, 100, 100);
    sampler.next(10, EVEN);
    assertThat(sampler.next(50, new double[] {0, 0, 2})).allMatch(draw -> draw.domain() == 2);
    assertThat(sampler.next(50, new double[] {0.5, 0, 0})).allMatch(draw -> draw.domain() == 0);
    assertThat(sampler.state().sequence()).isEqualTo(110);
    assertThat(sampler.epochs()[2]).isBetween(0.5, 0.6);
  }

  @Example
  void aSingleSequenceIsDrawnAgainAndAgain() {
    var sampler = sampler(3, 1);
    assertThat(sampler.next(5, new double[] {1})).allMatch(draw -> draw.row() == 0);
    assertThat(sampler.epochs()).containsExactly(5.0);
  }

  @Example
  void differentSeedsDrawDifferently() {
    assertThat(sampler(1, 100, 100, 100).next(20, EVEN))
        .isNotEqualTo(sampler(2, 100, 100, 100).next(20, EVEN));
  }

  @Example
  void refusesImpossibleWeightsAndStates() {
    var sampler = sampler(1, 2, 2);
    for (double[] weights :
        List.of(
            new double[] {0, 0},
            new double[] {1},
            new double[] {-1, 2},
            new double[] {Double.NaN, 1})) {
      assertThatThrownBy(() -> sampler.next(1, weights))
          .isInstanceOf(IllegalArgumentException.class);
    }
    assertThatThrownBy(() -> new DomainSampler(new long[] {2}, SamplerState.start(0, 3)))
        .hasMessageContaining("3 domains, the data 1");
    assertThatThrownBy(() -> new SamplerState(0, 5, List.of(1L, 2L)))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
