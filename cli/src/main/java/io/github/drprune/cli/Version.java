package io.github.drprune.cli;

import io.github.drprune.error.UserException;
import io.github.drprune.libtorch.LibTorch;
import picocli.CommandLine.IVersionProvider;

/**
 * The version that the build wrote into the program's manifest, and what it computes with here:
 * what a report of a fault should begin with.
 */
final class Version implements IVersionProvider {
  @Override
  public String[] getVersion() {
    return new String[] {"drprune " + current(), computesWith(), "Java " + Runtime.version()};
  }

  static String current() {
    String version = Version.class.getPackage().getImplementationVersion();
    return version == null ? "development" : version;
  }

  private static String computesWith() {
    try {
      return "LibTorch %s: %s".formatted(LibTorch.version(), LibTorch.kernels());
    } catch (UserException e) {
      return e.getMessage();
    }
  }
}
