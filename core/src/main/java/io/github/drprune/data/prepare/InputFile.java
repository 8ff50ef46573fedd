package io.github.drprune.data.prepare;

import io.github.drprune.data.Split;
import java.nio.file.Path;

/**
 * One file of a corpus.
 *
 * @param name how messages call it
 * @param domain that all its documents belong to; null where each record names its own
 * @param split the split that all its documents belong to; null where each document's split is
 *     decided by its text
 * @param bytes on the disk
 * @param modified milliseconds since 1970
 */
public record InputFile(
    Path path, String name, Format format, String domain, Split split, long bytes, long modified) {}
