package io.github.drprune.safetensors;

/** A name out of a file as an error message shows it: on one line and not endless. */
final class Quoted {
  private static final int LONGEST = 120;

  private Quoted() {}

  static String of(String name) {
    String shown = name.length() > LONGEST ? name.substring(0, LONGEST) + "..." : name;
    return "'" + shown.replaceAll("\\p{C}", "?") + "'";
  }
}
