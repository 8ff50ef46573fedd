package io.github.drprune.spark;

import io.github.drprune.error.UserException;
import java.io.IOException;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.spark.SparkException;

/** What ended a job. */
final class TaskFailure {
  /** How Spark quotes what a task threw, where it does not send it along. */
  private static final Pattern QUOTED =
      Pattern.compile(Pattern.quote(UserException.class.getName()) + ": (.*)");

  private TaskFailure() {}

  /** The user's mistake behind it, else a failure with Spark's words. */
  static IOException of(Exception thrown) {
    Optional<UserException> mistake =
        causes(thrown)
            .filter(UserException.class::isInstance)
            .map(UserException.class::cast)
            .findFirst()
            .or(() -> causes(thrown).flatMap(cause -> quoted(cause).stream()).findFirst());
    if (mistake.isPresent()) {
      throw mistake.get();
    }
    // What Spark threw is wrapped by what waited for it.
    String reason =
        causes(thrown)
            .filter(SparkException.class::isInstance)
            .map(Throwable::getMessage)
            .findFirst()
            .orElse(thrown.getMessage());
    return new IOException("a job failed on the cluster: " + reason, thrown);
  }

  private static Optional<UserException> quoted(Throwable thrown) {
    var matcher = QUOTED.matcher(String.valueOf(thrown.getMessage()));
    return matcher.find() ? Optional.of(new UserException(matcher.group(1))) : Optional.empty();
  }

  private static Stream<Throwable> causes(Throwable thrown) {
    return Stream.iterate(thrown, e -> e != null, Throwable::getCause).limit(100);
  }
}
