/** Files: written whole or not at all, read with clear errors, compressed, hashed. */
package io.github.drprune.io;
