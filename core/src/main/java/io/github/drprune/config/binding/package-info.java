/** Binds YAML files and assignments to records, with errors that name file, line and key. */
package io.github.drprune.config.binding;
