/** JSON and YAML read strictly: unknown and misspelt keys are errors. */
package io.github.drprune.json;
