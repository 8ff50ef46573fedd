package io.github.drprune.report;

import io.github.drprune.json.Json;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.List;
import java.util.stream.Collectors;

/**
 * The page as one HTML text that loads nothing: style, scripts and chart library are inside, and
 * its content security policy lets no other script run.
 */
public final class Page {
  private static final List<String> STYLES = List.of("page.css");
  private static final List<String> SCRIPTS =
      List.of("text.js", "theme.js", "figure.js", "curves.js", "masks.js", "tables.js", "page.js");
  private static final String LIBRARY = "echarts/echarts.min.js";

  private Page() {}

  /** The page of one or more runs; {@code model.live} decides whether it follows them. */
  public static String of(PageModel model) {
    String library = resource(LIBRARY);
    String program = "'use strict';\n" + joined(SCRIPTS);
    String sentences =
        model.runs().stream()
            .flatMap(run -> run.summary().stream().map(sentence -> run.name() + ": " + sentence))
            .map(sentence -> "<li>" + escaped(sentence) + "</li>")
            .collect(Collectors.joining());
    return resource("page.html")
        .replace("@policy@", policy(library, program))
        .replace("@style@", joined(STYLES))
        .replace("@title@", escaped(model.title()))
        .replace("@summary@", sentences)
        .replace("@library@", library)
        .replace("@program@", program)
        .replace("@model@", data(model));
  }

  /** The page that lists the runs of a folder and follows their state. */
  public static String ofRunList(Object model) {
    String program = "'use strict';\n" + joined(List.of("text.js", "runs.js"));
    return resource("runs.html")
        .replace("@policy@", policy(program))
        .replace("@style@", joined(STYLES))
        .replace("@program@", program)
        .replace("@model@", data(model));
  }

  /** JSON that cannot end the element it stands in. */
  private static String data(Object model) {
    return Json.line(model)
        .replace("<", "\\u003c")
        .replace("\u2028", "\\u2028")
        .replace("\u2029", "\\u2029");
  }

  private static String policy(String... scripts) {
    var hashes = new StringBuilder();
    for (String script : scripts) {
      hashes.append(" 'sha256-").append(sha256(script)).append("'");
    }
    return "default-src 'none'; base-uri 'none'; form-action 'self'; connect-src 'self'; "
        + "img-src data: blob:; style-src 'unsafe-inline'; script-src"
        + hashes;
  }

  private static String sha256(String text) {
    try {
      var digest = MessageDigest.getInstance("SHA-256");
      return Base64.getEncoder()
          .encodeToString(digest.digest(text.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  private static String escaped(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;")
        .replace("'", "&#39;")
        // A name that looks like a slot of the template must not be filled.
        .replace("@", "&#64;");
  }

  private static String joined(List<String> names) {
    return names.stream().map(Page::resource).collect(Collectors.joining("\n"));
  }

  private static String resource(String name) {
    try (InputStream in = Page.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException("the program lacks its file " + name);
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
