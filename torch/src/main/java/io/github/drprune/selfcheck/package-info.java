/** Whether this machine computes what it should, found out on it. */
package io.github.drprune.selfcheck;
