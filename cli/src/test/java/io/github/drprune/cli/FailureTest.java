package io.github.drprune.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.drprune.error.UserException;
import io.github.drprune.train.DivergedException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine.Command;

/** However a command ends, the user sees one line. */
class FailureTest {
  private static final String LIBTORCH =
      """
      [enforce fail at alloc_cpu.cpp:127] err == 0. DefaultCPUAllocator: can't allocate memory
      Exception raised from posix_memalign at alloc_cpu.cpp:127 (most recent call first):
      frame #0: c10::Error::Error\
      """;

  @Command(name = "fail")
  private record Fail(Throwable thrown) implements Callable<Integer> {
    @Override
    public Integer call() throws Exception {
      switch (thrown) {
        case Error e -> throw e;
        case Exception e -> throw e;
        case Throwable e -> throw new AssertionError(e);
      }
    }
  }

  static Stream<Arguments> failures() {
    var memory = new OutOfMemoryError("Java heap space");
    return Stream.of(
        Arguments.of(
            new UserException("here: this is wrong; do that"), 2, "here: this is wrong; do that"),
        Arguments.of(
            new DivergedException("step 2: no finite loss; repeat"),
            2,
            "drprune: step 2: no finite loss; repeat"),
        Arguments.of(memory, 1, "out of memory (OutOfMemoryError: Java heap space): the JVM may"),
        Arguments.of(
            new IllegalStateException("a batch could not be tokenized", memory),
            1,
            "out of memory (OutOfMemoryError: Java heap space)"),
        Arguments.of(new StackOverflowError(), 1, "the stack overflowed"),
        Arguments.of(
            new NoClassDefFoundError(
                "Could not initialize class org.bytedeco.pytorch.global.torch"),
            1,
            "a library cannot be loaded (NoClassDefFoundError: Could not initialize"),
        Arguments.of(
            new ExceptionInInitializerError(new UnsatisfiedLinkError("no jnitorch in\npath")),
            1,
            "a library cannot be loaded (UnsatisfiedLinkError: no jnitorch in)"),
        Arguments.of(
            new RuntimeException(LIBTORCH), 1, "DefaultCPUAllocator: can't allocate memory"),
        Arguments.of(new RuntimeException("\n \nx\n"), 1, "failed: RuntimeException: x;"),
        Arguments.of(new AssertionError(), 1, "failed: AssertionError;"),
        Arguments.of(new NullPointerException(), 1, "failed: NullPointerException;"));
  }

  @ParameterizedTest
  @MethodSource("failures")
  void isToldInOneLine(Throwable thrown, int code, String line) {
    var err = new StringWriter();
    var program = Main.commandLine().addSubcommand(new Fail(thrown)).setErr(new PrintWriter(err));

    assertThat(program.execute("fail")).isEqualTo(code);
    assertThat(err.toString()).startsWith("drprune: ").contains(line).hasLineCount(1);
  }
}
