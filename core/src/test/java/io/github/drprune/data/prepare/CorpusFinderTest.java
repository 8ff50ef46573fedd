package io.github.drprune.data.prepare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.drprune.error.UserException;
import java.io.IOException;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CorpusFinderTest {
  @TempDir private Path folder;

  private void touch(String... names) throws IOException {
    for (String name : names) {
      Path file = folder.resolve(name);
      Files.createDirectories(file.getParent());
      Files.writeString(file, "x");
    }
  }

  private static List<String> describe(Corpus corpus) {
    return corpus.domains().stream()
        .flatMap(
            domain ->
                domain.files().stream()
                    .map(file -> domain.name() + " " + file.name() + " " + file.split()))
        .toList();
  }

  @Test
  void domainsFilesAndSplitsInOrder() throws IOException {
    touch(
        "wiki.jsonl.zst",
        "code/train-00001.parquet",
        "code/train-00000.parquet",
        "code/validation-00000.parquet",
        "code/test/x.jsonl",
        "books/b/2.txt.gz",
        "books/a/1.txt",
        "books/cover.png",
        "notes.pdf",
        ".hidden/x.jsonl");
    var corpus = CorpusFinder.in(folder);
    assertThat(describe(corpus))
        .containsExactly(
            "books books/a/1.txt null",
            "books books/b/2.txt.gz null",
            "code code/test/x.jsonl test",
            "code code/train-00000.parquet train",
            "code code/train-00001.parquet train",
            "code code/validation-00000.parquet eval",
            "wiki wiki.jsonl.zst null");
    assertThat(corpus.ignored())
        .containsExactly(folder.resolve("books/cover.png"), folder.resolve("notes.pdf"));
  }

  @Test
  void trainWithoutEvalIsDividedByDocument() throws IOException {
    touch("a/train.jsonl", "a/test.jsonl");
    assertThat(describe(CorpusFinder.in(folder)))
        .containsExactly("a a/test.jsonl test", "a a/train.jsonl null");
  }

  /** A bucket of an object store is a root: what lies in the test's folder. */
  private final class Bucket implements Storage {
    private Path here(Path path) {
      return folder.resolve(path.toString().substring(1));
    }

    @Override
    public boolean isFolder(Path path) {
      return LOCAL.isFolder(here(path));
    }

    @Override
    public boolean isFile(Path path) {
      return LOCAL.isFile(here(path));
    }

    @Override
    public List<Path> children(Path path) throws IOException {
      return LOCAL.children(here(path)).stream()
          .map(child -> path.resolve(child.getFileName()))
          .toList();
    }

    @Override
    public Path real(Path path) {
      return path;
    }

    @Override
    public long bytes(Path file) throws IOException {
      return LOCAL.bytes(here(file));
    }

    @Override
    public long modified(Path file) throws IOException {
      return LOCAL.modified(here(file));
    }

    @Override
    public SeekableByteChannel open(Path file) throws IOException {
      return LOCAL.open(here(file));
    }
  }

  @Test
  void theRootOfAFileSystemIsAFolderAsAnyOther() throws IOException {
    touch("a/1.jsonl", "b.jsonl");
    assertThat(describe(CorpusFinder.of(List.of("web=/"), new Bucket())))
        .containsExactly("web a/1.jsonl null", "web b.jsonl null");
    assertThat(describe(CorpusFinder.mixed(Path.of("/"), new Bucket())))
        .containsExactly("null a/1.jsonl null", "null b.jsonl null");
    assertThat(describe(CorpusFinder.in(Path.of("/"), new Bucket())))
        .containsExactly("a a/1.jsonl null", "b b.jsonl null");
  }

  @Test
  void domainsNamedOneByOne() throws IOException {
    touch("x/1.jsonl", "held.jsonl");
    assertThat(
            describe(
                CorpusFinder.of(
                    List.of(
                        "cc:train=" + folder.resolve("x"),
                        "cc:eval=" + folder.resolve("held.jsonl")))))
        .containsExactly("cc x/1.jsonl train", "cc held.jsonl eval");
    for (String wrong : List.of("cc", "=x", "cc=", "cc:dev=x")) {
      assertThatThrownBy(() -> CorpusFinder.of(List.of(wrong)))
          .isInstanceOf(UserException.class)
          .hasMessageContaining("'" + wrong + "'");
    }
  }

  @Test
  void aDomainMayBeALinkButNothingIsReadTwice() throws IOException {
    Path elsewhere = Files.createDirectories(folder.resolve("elsewhere/wiki"));
    Files.createFile(elsewhere.resolve("1.jsonl"));
    Path corpus = Files.createDirectories(folder.resolve("corpus/code"));
    Files.createFile(corpus.resolve("2.jsonl"));
    Path root = corpus.getParent();
    Files.createSymbolicLink(root.resolve("wiki"), elsewhere);
    assertThat(describe(CorpusFinder.in(root)))
        .containsExactly("code code/2.jsonl null", "wiki wiki/1.jsonl null");
    for (Path target : List.of(root, corpus, corpus.resolve("2.jsonl"), elsewhere)) {
      Path link = Files.createSymbolicLink(corpus.resolve("again.jsonl"), target);
      assertThatThrownBy(() -> CorpusFinder.in(root))
          .isInstanceOf(UserException.class)
          .hasMessageContaining("the same as");
      Files.delete(link);
    }
    Files.createSymbolicLink(corpus.resolve("none.jsonl"), folder.resolve("none"));
    assertThatThrownBy(() -> CorpusFinder.in(root))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("none.jsonl");
  }

  @Test
  void notesBesideTheDomainsAreNoDomain() throws IOException {
    touch("README.md", "License.txt", "code/README.md", "wiki.jsonl");
    var corpus = CorpusFinder.in(folder);
    assertThat(describe(corpus))
        .containsExactly("code code/README.md null", "wiki wiki.jsonl null");
    assertThat(corpus.ignored())
        .containsExactly(folder.resolve("License.txt"), folder.resolve("README.md"));
  }

  @Test
  void formatsThatAreNotReadAreNamed() throws IOException {
    touch("a/part.jsonl.xz");
    assertThatThrownBy(() -> CorpusFinder.in(folder))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("part.jsonl.xz is of no format that is read");
  }

  @Test
  void explainsUnclearFolders() throws IOException {
    assertThatThrownBy(() -> CorpusFinder.in(folder)).hasMessageContaining("no domains there");
    touch("a/train.jsonl", "a/eval.jsonl", "a/more.jsonl");
    assertThatThrownBy(() -> CorpusFinder.in(folder))
        .hasMessageContaining("name all by split or none");
    assertThatThrownBy(() -> CorpusFinder.in(folder.resolve("a")))
        .hasMessageContaining("looks like a single domain");
    Files.delete(folder.resolve("a/more.jsonl"));
    touch("a.jsonl");
    assertThatThrownBy(() -> CorpusFinder.in(folder))
        .hasMessageContaining("a second input for domain 'a'");
  }
}
