/** Text generation: sampling, end tokens, the key/value cache at work. */
package io.github.drprune.generate;
