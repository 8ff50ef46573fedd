package io.github.drprune.model;

import io.github.drprune.libtorch.Precision;
import io.github.drprune.nn.Kernels;
import org.bytedeco.pytorch.Device;

/**
 * How a model is to be held.
 *
 * @param trainable whether weights are float32 leaves that gather gradients; otherwise they are
 *     kept in the compute type alone
 */
public record ModelOptions(
    Device device, Precision precision, boolean trainable, Kernels kernels) {}
