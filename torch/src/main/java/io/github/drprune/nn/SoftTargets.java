package io.github.drprune.nn;

import org.bytedeco.pytorch.Tensor;

/**
 * A teacher's distribution over each token, which a student learns beside the token itself (Hinton
 * et al. 2015, arXiv 1503.02531). It is kept as what the teacher's head reads: its logits would
 * take as much memory as all else together.
 *
 * @param hidden [B, T, hidden] of the teacher, its final norm's output
 * @param head the teacher's, of the student's vocabulary
 * @param weight share of the divergence in the loss; the rest is the cross entropy's
 * @param temperature that divides both models' logits; the divergence is multiplied by its square,
 *     so that gradients keep their size
 */
public record SoftTargets(Tensor hidden, Head head, double weight, double temperature) {}
