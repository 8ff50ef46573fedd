/** Domain weights from losses, by the strategies of the literature. */
package io.github.drprune.weighting;
