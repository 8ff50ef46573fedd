package io.github.drprune.data.prepare;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.drprune.data.Split;
import io.github.drprune.error.Printable;
import io.github.drprune.error.UserException;
import io.github.drprune.io.InputFiles;
import io.github.drprune.io.ReadErrors;
import io.github.drprune.json.Json;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/** Finds the domains, splits and files of a corpus, always in the same order. */
public final class CorpusFinder {
  private static final String MDS_INDEX = "index.json";
  private static final Set<String> NOTES =
      Set.of("README", "LICENSE", "LICENCE", "NOTICE", "CHANGELOG", "CITATION");
  private static final Pattern SPLIT_NAME =
      Pattern.compile("(train|eval|validation|val|test)([-_.].*)?");

  private final Storage storage;
  private final Map<String, List<InputFile>> domains = new LinkedHashMap<>();
  private final List<Path> ignored = new ArrayList<>();
  private final Map<Path, Path> seen = new HashMap<>();

  private CorpusFinder(Storage storage) {
    this.storage = storage;
  }

  /**
   * A folder with a sub-folder or a file for each domain. Inside a sub-folder, files (or folders)
   * called train, eval or test, alone or before a dash, dot or underscore, are the splits.
   */
  public static Corpus in(Path folder) {
    return in(folder, Storage.LOCAL);
  }

  /** As {@link #in(Path)}, of a folder in {@code storage}. */
  public static Corpus in(Path folder, Storage storage) {
    if (!storage.isFolder(folder)) {
      throw new UserException(
          "%s: not a folder; name one that holds a sub-folder or file for each domain"
              .formatted(folder));
    }
    var finder = new CorpusFinder(storage);
    finder.once(folder);
    for (Path child : finder.children(folder)) {
      if (storage.isFolder(child)) {
        finder.add(child.getFileName().toString(), null, child);
      } else if (Format.of(child).filter(format -> !tellsOfFolder(child, format)).isPresent()) {
        String name = stem(child);
        if (child.getFileName().toString().equals(MDS_INDEX) || splitNamed(name).isPresent()) {
          throw new UserException(
              "%s: this folder looks like a single domain; name the folder above it, or give the domain a name: NAME=%s"
                  .formatted(child, folder));
        }
        finder.add(name, null, child);
      } else {
        finder.ignored.add(child);
      }
    }
    return finder.corpus(folder.toString());
  }

  /**
   * Domains named one by one: {@code name=path}, or {@code name:eval=path} for a split, each any
   * number of times.
   */
  public static Corpus of(List<String> assignments) {
    return of(assignments, Storage.LOCAL);
  }

  /** As {@link #of(List)}, of files and folders in {@code storage}. */
  public static Corpus of(List<String> assignments, Storage storage) {
    var finder = new CorpusFinder(storage);
    for (String assignment : assignments) {
      int equals = assignment.indexOf('=');
      if (equals < 1 || equals == assignment.length() - 1) {
        throw new UserException(
            "domain '%s': write NAME=PATH or NAME:SPLIT=PATH".formatted(assignment));
      }
      String[] target = assignment.substring(0, equals).split(":", 2);
      Split split = null;
      if (target.length == 2) {
        split =
            splitNamed(target[1])
                .orElseThrow(
                    () ->
                        new UserException(
                            "domain '%s': no split '%s'; use train, eval or test"
                                .formatted(assignment, target[1])));
      }
      finder.add(target[0], split, Path.of(assignment.substring(equals + 1)));
    }
    return finder.corpus("the domains named");
  }

  /**
   * Files whose records name their domains, in a folder or a single one. Files or folders called
   * train, eval or test, as in a domain's folder, are the splits.
   */
  static Corpus mixed(Path path, Storage storage) {
    var finder = new CorpusFinder(storage);
    List<InputFile> files = new ArrayList<>();
    finder.collect(path, null, null, files);
    files.removeIf(
        file -> {
          boolean notes = tellsOfFolder(file.path(), file.format());
          if (notes) {
            finder.ignored.add(file.path());
          }
          return notes;
        });
    for (InputFile file : files) {
      if (!file.format().hasFields()) {
        throw new UserException(
            "%s: has no records with fields to name domains; remove it or convert it to .jsonl"
                .formatted(file.path()));
      }
    }
    finder.domains.put(null, files);
    return finder.corpus(path.toString());
  }

  private void add(String domain, Split split, Path path) {
    if (!DomainName.isFit(domain)) {
      throw new UserException(
          "%s: '%s' cannot name a domain (%s); rename it or name it as NAME=PATH"
              .formatted(path, domain, DomainName.RULE));
    }
    if (domains.containsKey(domain) && split == null) {
      throw new UserException(
          "%s: a second input for domain '%s'; rename one of them".formatted(path, domain));
    }
    collect(path, domain, split, domains.computeIfAbsent(domain, name -> new ArrayList<>()));
  }

  /** Adds a file, or all files of a folder. */
  private void collect(Path path, String domain, Split split, List<InputFile> files) {
    if (storage.isFolder(path)) {
      once(path);
      collect(path, path, domain, split, files);
    } else if (storage.isFile(path)) {
      var format =
          Format.of(path)
              .orElseThrow(
                  () ->
                      new UserException(
                          path
                              + ": unknown format; .jsonl, .txt or .parquet is read, the first two"
                              + " also as .gz, .zst and .bz2"));
      files.add(file(once(path), path.getFileName().toString(), format, domain, split));
    } else {
      throw new UserException(path + ": no such file or folder");
    }
  }

  /** Notes that lie beside the domains, as in every published data set, are no domain. */
  private static boolean tellsOfFolder(Path file, Format format) {
    return format == Format.TEXT && NOTES.contains(stem(file).toUpperCase(Locale.ROOT));
  }

  /**
   * Refuses what a link leads to a second time: its text would count twice, and links that lead
   * back would never end.
   */
  private Path once(Path path) {
    try {
      Path earlier = seen.putIfAbsent(storage.real(path), path);
      if (earlier != null) {
        throw new UserException(
            "%s: the same as %s; remove the link or leave one of them out"
                .formatted(path, earlier));
      }
      return path;
    } catch (IOException e) {
      throw ReadErrors.of(path, e);
    }
  }

  private void collect(Path root, Path folder, String domain, Split given, List<InputFile> files) {
    Path index = folder.resolve(MDS_INDEX);
    if (storage.isFile(index)) {
      files.addAll(mdsShards(root, index, domain, given));
      return;
    }
    for (Path child : children(folder)) {
      // The first name below the domain's folder tells the split, whatever lies below it.
      var split =
          given != null || !folder.equals(root) ? given : splitNamed(stem(child)).orElse(null);
      if (storage.isFolder(child)) {
        collect(root, once(child), domain, split, files);
      } else if (Format.of(child).isPresent()) {
        files.add(file(once(child), relative(root, child), Format.of(child).get(), domain, split));
      } else {
        ignored.add(child);
      }
    }
  }

  private List<InputFile> mdsShards(Path root, Path index, String domain, Split split) {
    try {
      var files = new ArrayList<InputFile>();
      for (JsonNode shard : Json.tree(text(index), index.toString()).path("shards")) {
        files.add(mdsShard(root, index, shard, domain, split));
      }
      if (files.isEmpty()) {
        throw new UserException(index + ": lists no shards; is it the index of an MDS folder?");
      }
      return files;
    } catch (IOException e) {
      throw ReadErrors.of(index, e);
    }
  }

  private InputFile mdsShard(Path root, Path index, JsonNode shard, String domain, Split split) {
    for (String kind : List.of("raw_data", "zip_data")) {
      String name = shard.path(kind).path("basename").asText("");
      if (name.indexOf('/') >= 0 || name.indexOf('\0') >= 0 || name.equals("..")) {
        throw new UserException(
            "%s: lists the shard '%s', which is no file of its folder; fetch the index again"
                .formatted(index, Printable.line(name)));
      }
      Path path = index.resolveSibling(name);
      if (!name.isEmpty() && storage.isFile(path)) {
        var file = file(once(path), relative(root, path), Format.MDS, domain, split);
        long expected = shard.path(kind).path("bytes").asLong(file.bytes());
        if (file.bytes() != expected) {
          throw new UserException(
              "%s: %,d bytes, %s says %,d; fetch the shard again"
                  .formatted(path, file.bytes(), MDS_INDEX, expected));
        }
        return file;
      }
    }
    throw new UserException(
        "%s: the shard %s that it lists is missing; fetch it again"
            .formatted(index, Printable.line(shard.path("raw_data").path("basename").asText("?"))));
  }

  private Corpus corpus(String source) {
    if (domains.isEmpty()) {
      throw new UserException(
          "%s: no domains there; each needs a sub-folder or a .jsonl, .txt or .parquet file"
              .formatted(source));
    }
    var found = new ArrayList<Corpus.Domain>();
    domains.forEach((name, files) -> found.add(new Corpus.Domain(name, withSplits(name, files))));
    return new Corpus(found, ignored);
  }

  /** Decides which files hold whole splits: with a held-out file, all the others must be train. */
  private List<InputFile> withSplits(String domain, List<InputFile> files) {
    if (files.isEmpty()) {
      throw new UserException(
          "%s: no .jsonl, .txt or .parquet files there%s; add text or remove the folder"
              .formatted(
                  called(domain),
                  ignored.isEmpty()
                      ? ""
                      : " (%s is of no format that is read)".formatted(ignored.getLast())));
    }
    var splits = EnumSet.noneOf(Split.class);
    files.stream().map(InputFile::split).filter(split -> split != null).forEach(splits::add);
    Predicate<InputFile> unnamed = file -> file.split() == null;
    if (!splits.isEmpty() && files.stream().anyMatch(unnamed)) {
      throw new UserException(
          "%s: has files for %s and others, for example %s; name all by split or none"
              .formatted(
                  called(domain), splits, files.stream().filter(unnamed).findFirst().get().name()));
    }
    if (splits.contains(Split.EVAL)) {
      return files;
    }
    return files.stream()
        .map(file -> file.split() == Split.TRAIN ? withoutSplit(file) : file)
        .toList();
  }

  private static String called(String domain) {
    return domain == null ? "the input" : "domain '%s'".formatted(domain);
  }

  private static InputFile withoutSplit(InputFile file) {
    return new InputFile(
        file.path(),
        file.name(),
        file.format(),
        file.domain(),
        null,
        file.bytes(),
        file.modified());
  }

  private static Optional<Split> splitNamed(String name) {
    var matcher = SPLIT_NAME.matcher(name);
    if (!matcher.matches()) {
      return Optional.empty();
    }
    return Optional.of(
        switch (matcher.group(1)) {
          case "train" -> Split.TRAIN;
          case "test" -> Split.TEST;
          default -> Split.EVAL;
        });
  }

  private String text(Path file) throws IOException {
    try (var in = Channels.newInputStream(storage.open(file))) {
      return InputFiles.text(file, in);
    }
  }

  private InputFile file(Path path, String name, Format format, String domain, Split split) {
    if (!storage.isFile(path)) {
      throw new UserException(path + ": not a file that can be read; remove it");
    }
    format.requireReadable(path);
    try {
      return new InputFile(
          path, name, format, domain, split, storage.bytes(path), storage.modified(path));
    } catch (IOException e) {
      throw ReadErrors.of(path, e);
    }
  }

  private List<Path> children(Path folder) {
    try {
      return storage.children(folder).stream()
          .filter(child -> !child.getFileName().toString().startsWith("."))
          .sorted((a, b) -> a.getFileName().toString().compareTo(b.getFileName().toString()))
          .toList();
    } catch (IOException e) {
      throw ReadErrors.of(folder, e);
    }
  }

  private static String relative(Path root, Path file) {
    Path folder = root.toAbsolutePath().normalize();
    Path parent = folder.getParent() == null ? folder : folder.getParent(); // of "/" there is none
    return parent.relativize(file.toAbsolutePath().normalize()).toString();
  }

  /** A file's name up to the suffixes of its format and compression. */
  private static String stem(Path file) {
    String name = file.getFileName().toString();
    if (Format.of(file).isEmpty()) {
      return name;
    }
    String plain = Compression.of(file).strip(name);
    return plain.substring(0, plain.lastIndexOf('.'));
  }
}
