package io.github.drprune.cli;

import io.github.drprune.config.binding.ConfigKey;
import io.github.drprune.config.binding.ConfigLoader;
import io.github.drprune.config.binding.ValueType;
import java.util.List;
import java.util.stream.Stream;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** The keys of a configuration as options of a command: {@code seq_len} is {@code --seq-len}. */
final class KeyOptions<T extends Record> {
  private final CommandSpec command;
  private final Class<T> type;

  private KeyOptions(CommandSpec command, Class<T> type) {
    this.command = command;
    this.type = type;
  }

  /** Adds an option for each key of {@code type}. */
  static <T extends Record> KeyOptions<T> add(CommandSpec command, Class<T> type) {
    for (ConfigKey key : ConfigKey.of(type)) {
      command.addOption(option(key));
    }
    return new KeyOptions<>(command, type);
  }

  /** The option that gives a key its value. */
  static String name(String key) {
    return "--" + key.replace('_', '-');
  }

  private static OptionSpec option(ConfigKey key) {
    String doc = key.key().doc();
    String text =
        key.defaultText().isEmpty()
            ? doc
            : "%s (default: %s).".formatted(doc.substring(0, doc.length() - 1), key.defaultText());
    var option = OptionSpec.builder(name(key.path()));
    if (key.type().unwrapped() instanceof ValueType.Scalar(var scalar) && scalar == boolean.class) {
      option.arity("0..1").fallbackValue("true"); // the name alone says yes
    }
    return option
        .type(String.class)
        .required(key.required())
        .paramLabel(label(key.type().unwrapped()))
        .description(text)
        .build();
  }

  private static String label(ValueType type) {
    return switch (type) {
      case ValueType.Scalar(var scalar) when scalar.isEnum() ->
          String.join("|", ValueType.names(scalar));
      case ValueType.Scalar(var scalar) when scalar == int.class || scalar == long.class -> "N";
      case ValueType.Scalar(var scalar) when scalar == double.class -> "X";
      default -> "TEXT";
    };
  }

  /** What the user gave, over the defaults. */
  T load() {
    List<String> given =
        ConfigKey.of(type).stream().flatMap(key -> assignment(key.path())).toList();
    return ConfigLoader.load(given, type);
  }

  private Stream<String> assignment(String key) {
    String value = command.findOption(name(key)).getValue();
    return value == null ? Stream.empty() : Stream.of(key + "=" + value);
  }
}
