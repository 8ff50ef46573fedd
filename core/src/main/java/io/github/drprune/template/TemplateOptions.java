package io.github.drprune.template;

import java.time.Clock;

/**
 * The setting of a template: which of Jinja's options are on, and what it may cost.
 *
 * @param trimBlocks the line feed after a block's tag is not part of the text
 * @param lstripBlocks spaces before a block's tag that begins its line are not part of the text
 * @param keepTrailingNewline the source's last line feed is part of the text
 * @param strictUndefined a value that is not there cannot be printed, compared or looped over
 * @param immutable methods that change a list or a dict are refused
 * @param chatExtensions what transformers adds for conversations: {@code {% generation %}}, {@code
 *     break} and {@code continue}, {@code raise_exception}, {@code strftime_now}, its own {@code
 *     tojson}
 * @param limits how far a rendering may go
 * @param clock the time that {@code strftime_now} tells
 */
public record TemplateOptions(
    boolean trimBlocks,
    boolean lstripBlocks,
    boolean keepTrailingNewline,
    boolean strictUndefined,
    boolean immutable,
    boolean chatExtensions,
    TemplateLimits limits,
    Clock clock) {

  /** The setting in which transformers renders chat templates. */
  public static TemplateOptions chat() {
    return new TemplateOptions(
        true, true, false, false, true, true, TemplateLimits.USUAL, Clock.systemDefaultZone());
  }

  /** The setting in which lm-evaluation-harness renders the prompts of task files. */
  public static TemplateOptions prompts() {
    return new TemplateOptions(
        false, false, true, true, false, false, TemplateLimits.USUAL, Clock.systemDefaultZone());
  }

  /** The same setting with other limits. */
  public TemplateOptions with(TemplateLimits other) {
    return new TemplateOptions(
        trimBlocks,
        lstripBlocks,
        keepTrailingNewline,
        strictUndefined,
        immutable,
        chatExtensions,
        other,
        clock);
  }

  /** The same setting at another time. */
  public TemplateOptions at(Clock other) {
    return new TemplateOptions(
        trimBlocks,
        lstripBlocks,
        keepTrailingNewline,
        strictUndefined,
        immutable,
        chatExtensions,
        limits,
        other);
  }
}
