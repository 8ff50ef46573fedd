package io.github.drprune.template;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.drprune.json.Json;
import io.github.drprune.template.TemplateException.Reason;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class TemplateTest {
  /** Templates of our own, and what jinja2 3.1.6 makes of them ({@code jinja.py own}). */
  static Stream<JsonNode> cases() throws IOException {
    try (var in = TemplateTest.class.getResourceAsStream("/template/cases.jsonl")) {
      return new String(in.readAllBytes(), UTF_8)
          .lines().map(line -> Json.tree(line, "cases.jsonl")).toList().stream();
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void rendersAsJinja2(JsonNode one) {
    Map<String, Object> variables = PythonTemplates.variables(one.get("variables"));
    assertThat(PythonTemplates.difference(one, variables)).isNull();
  }

  private static String chat(String source, Map<String, ?> variables) {
    return Template.compile(source, TemplateOptions.chat()).render(variables);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
        "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
        "{% set ns = namespace(s='ab') %}{% for i in range(60) %}{% set ns.s = ns.s ~ ns.s %}{%"
            + " endfor %}",
        "{{ 'a' * 1000000000 }}",
        "{{ '%999999999d' % 1 }}",
        "{{ '{:>999999999}'.format(1) }}",
        "{{ 'a'.center(999999999) }}",
        "{{ 9 ** 999999 }}",
        "{{ [1] * 999999999 }}",
        "{{ 'a'.replace('', 'b' * 100000).replace('b', 'c' * 100000) }}",
        "{% set ns = namespace(l=[1]) %}{% for i in range(60) %}{% set ns.l = [ns.l, ns.l] %}{%"
            + " endfor %}{{ ns.l }}",
        "{% set ns = namespace(l=[1]) %}{% for i in range(60) %}{% set ns.l = [ns.l, ns.l] %}{%"
            + " endfor %}{{ ns.l | tojson }}",
        "{% for a in range(9999) %}{{ 'x' * 9999 }}{% endfor %}",
        "{{ range(100001) | list }}",
        "{% for a in [1] recursive %}{{ loop([1]) }}{% endfor %}"
      })
  void whatGoesTooFarIsStopped(String source) {
    long start = System.nanoTime();
    var stopped = catchThrowableOfType(TemplateException.class, () -> chat(source, Map.of()));

    assertThat(stopped).as(source).isNotNull();
    assertThat(stopped.reason()).as(stopped.getMessage()).isEqualTo(Reason.LIMIT);
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(20));
  }

  @Test
  void aPatternThatTakesForeverIsStopped() {
    var options =
        TemplateOptions.prompts()
            .with(new TemplateLimits(100_000, 1000, 10_000, 50, Duration.ofSeconds(5)));
    var template = Template.compile("{{ s | regex_replace(p, '') }}", options);
    assertThatThrownBy(() -> template.render(Map.of("s", "a".repeat(60), "p", "(a|aa)+x\\1")))
        .isInstanceOf(TemplateException.class)
        .hasMessageContaining("stopped");
  }

  /** As CPython's own tests have it. */
  @Test
  void theRestOfASplitKeepsItsBlanks() {
    Map<String, Object> text = Map.of("s", "  a    b   ");
    assertThat(chat("{{ s.split(none, 1) }}", text)).isEqualTo("['a', 'b   ']");
    assertThat(chat("{{ s.rsplit(none, 1) }}", text)).isEqualTo("['  a', 'b']");
    assertThat(chat("{{ s.split(none, 0) }}", text)).isEqualTo("['a    b   ']");
    assertThat(chat("{{ s.rsplit(none, 0) }}", text)).isEqualTo("['  a    b']");
    assertThat(chat("{{ s.split() }}{{ s.rsplit() }}", text)).isEqualTo("['a', 'b']['a', 'b']");
  }

  @Test
  void mistakesNameTheLine() {
    assertThatThrownBy(() -> chat("a\nb\n{{ x.y }}", Map.of()))
        .hasMessage("line 3: 'x' is undefined");
    assertThatThrownBy(() -> chat("a\n{% if %}", Map.of())).hasMessageContaining("line 2: ");
    assertThatThrownBy(() -> chat("{% for a in b %}", Map.of("b", List.of())))
        .hasMessageContaining("a block has no end");
    assertThatThrownBy(() -> chat("{% include 'x' %}", Map.of()))
        .hasMessageContaining("not supported");
    assertThatThrownBy(() -> chat("\n{{ raise_exception('no: ' ~ x) }}", Map.of("x", 1)))
        .isInstanceOfSatisfying(
            TemplateException.class,
            e -> {
              assertThat(e.reason()).isEqualTo(Reason.REFUSED);
              assertThat(e.problem()).isEqualTo("no: 1");
              assertThat(e.line()).isEqualTo(2);
            });
    assertThatThrownBy(() -> chat("{{ (".repeat(500), Map.of()))
        .isInstanceOf(TemplateException.class);
    assertThatThrownBy(() -> chat("{{ " + "(".repeat(5000) + ")".repeat(5000) + " }}", Map.of()))
        .hasMessageContaining("more than 200 deep");
  }

  @Test
  void variablesStayAsTheyAre() {
    Map<String, Object> variables = Map.of("l", List.of(1, 2));
    var template = Template.compile("{{ l.append(3) }}{{ l }}", TemplateOptions.prompts());
    assertThat(template.render(variables)).isEqualTo("None[1, 2, 3]");
    assertThat(template.render(variables)).isEqualTo("None[1, 2, 3]");
    assertThatThrownBy(() -> chat("{{ l.append(3) }}", variables)).hasMessageContaining("unsafe");
  }

  @Test
  void whatGenerationEnclosesIsTold() {
    String source =
        """
        {% for m in messages %}
        {{ m.role }}:{% if m.role == 'assistant' %}{% generation %} {{ m.content }}!{% endgeneration %}{% else %} {{ m.content }}{% endif %};
        {% endfor %}
        """;
    var rendered =
        Template.compile(source, TemplateOptions.chat())
            .renderMarked(
                Map.of(
                    "messages",
                    List.of(
                        Map.of("role", "user", "content", "hi"),
                        Map.of("role", "assistant", "content", "yes"),
                        Map.of("role", "assistant", "content", "no"))));
    assertThat(rendered.spansHold()).isTrue();
    assertThat(rendered.generated())
        .extracting(span -> rendered.text().substring(span.start(), span.end()))
        .containsExactly(" yes!", " no!");
    var inMacro =
        Template.compile(
                "{% macro m() %}a{% generation %}b{% endgeneration %}{% endmacro %}c{{ m() }}",
                TemplateOptions.chat())
            .renderMarked(Map.of());
    assertThat(inMacro.text()).isEqualTo("cab");
    assertThat(inMacro.spansHold()).isFalse();
  }
}
