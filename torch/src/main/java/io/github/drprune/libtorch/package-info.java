/** The seam to LibTorch and oneDNN: operations, scopes of native memory, devices, random state. */
package io.github.drprune.libtorch;
