package io.github.drprune.cli;

import picocli.CommandLine.IVersionProvider;

/** The version that the build wrote into the program's manifest. */
final class Version implements IVersionProvider {
  @Override
  public String[] getVersion() {
    return new String[] {"drprune " + current()};
  }

  static String current() {
    String version = Version.class.getPackage().getImplementationVersion();
    return version == null ? "development" : version;
  }
}
