package io.github.drprune.report;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/**
 * Takes the pictures of a page that the documentation shows: {@code Screenshots PAGE FOLDER NAME}
 * writes the whole page at 1280 and 390 points, light and dark.
 */
final class Screenshots {
  private static final int[] WIDTHS = {1280, 390};
  private static final int TALLEST = 15_000;

  private Screenshots() {}

  public static void main(String[] args) throws IOException, InterruptedException {
    String page = args[0].contains("://") ? args[0] : Path.of(args[0]).toUri().toString();
    Path folder = Files.createDirectories(Path.of(args[1]));
    try (var browser = Browser.start()) {
      for (int width : WIDTHS) {
        for (boolean dark : new boolean[] {false, true}) {
          browser.dark(dark);
          browser.size(width, 900);
          browser.open(page);
          browser.await("document.body.dataset.ready", Duration.ofSeconds(20));
          int height = browser.script("return document.documentElement.scrollHeight").asInt();
          browser.size(width, Math.min(TALLEST, height));
          Thread.sleep(1500);
          String name = "%s-%d-%s.png".formatted(args[2], width, dark ? "dark" : "light");
          Files.write(folder.resolve(name), browser.screenshot());
          boolean wide =
              browser
                  .script("return document.documentElement.scrollWidth > innerWidth")
                  .asBoolean();
          System.out.println(
              name
                  + " "
                  + height
                  + (wide ? " WIDER THAN THE WINDOW" : "")
                  + " "
                  + browser.consoleErrors());
        }
      }
    }
  }
}
