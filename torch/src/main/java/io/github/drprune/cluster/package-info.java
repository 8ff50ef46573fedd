/** What can be done on a cluster by a module that need not be there. */
package io.github.drprune.cluster;
