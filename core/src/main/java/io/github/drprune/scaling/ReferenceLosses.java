package io.github.drprune.scaling;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.drprune.error.UserException;
import io.github.drprune.io.InputFiles;
import io.github.drprune.io.SuffixedNumber;
import io.github.drprune.json.Json;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Reference losses of a model of {@code parameters} parameters, predicted for each domain by a
 * {@link PowerLaw} through the losses of other models of its family.
 */
public record ReferenceLosses(
    long parameters, Map<String, Double> referenceLoss, Map<String, PowerLaw> curves) {
  private static final String FORM =
      "expected losses by parameters and domain, as {\"6.7B\": {\"wiki\": 1.48, \"web\": 1.92},"
          + " ...}";

  public ReferenceLosses {
    referenceLoss = Collections.unmodifiableMap(new LinkedHashMap<>(referenceLoss));
    curves = Collections.unmodifiableMap(new LinkedHashMap<>(curves));
  }

  /** Reads {@code points}, JSON or YAML of the form parameters to domain to loss, and predicts. */
  public static ReferenceLosses predict(Path points, long parameters) throws IOException {
    InputFiles.requireFile(points, FORM);
    JsonNode tree = Json.yamlTree(InputFiles.text(points), points.toString());
    if (!tree.isObject() || tree.isEmpty()) {
      throw new UserException(points + ": " + FORM);
    }
    var bySize = new TreeMap<Long, JsonNode>();
    for (var entry : tree.properties()) {
      long size = SuffixedNumber.count(entry.getKey(), points + ": ", "parameters");
      if (bySize.put(size, entry.getValue()) != null) {
        throw new UserException("%s: has %s parameters twice".formatted(points, entry.getKey()));
      }
    }
    Set<String> domains = domains(bySize, points);
    double[] sizes = bySize.keySet().stream().mapToDouble(Long::doubleValue).toArray();
    var losses = new LinkedHashMap<String, Double>();
    var curves = new LinkedHashMap<String, PowerLaw>();
    for (String domain : domains) {
      double[] values =
          bySize.values().stream().mapToDouble(node -> node.get(domain).doubleValue()).toArray();
      var curve = fit(points, sizes, values);
      curves.put(domain, curve);
      losses.put(domain, curve.loss(parameters));
    }
    return new ReferenceLosses(parameters, losses, curves);
  }

  private static PowerLaw fit(Path points, double[] sizes, double[] losses) {
    try {
      return PowerLaw.fit(sizes, losses);
    } catch (UserException e) {
      throw new UserException(points + ": " + e.getMessage(), e);
    }
  }

  private static Set<String> domains(Map<Long, JsonNode> bySize, Path points) {
    Set<String> domains = null;
    for (var size : bySize.entrySet()) {
      var names = new LinkedHashSet<String>();
      for (var entry : size.getValue().properties()) {
        double loss = entry.getValue().isNumber() ? entry.getValue().doubleValue() : Double.NaN;
        if (!(loss > 0 && loss < Double.POSITIVE_INFINITY)) {
          throw new UserException(
              "%s: the loss of '%s' at %d parameters must be a number above 0, is %s"
                  .formatted(points, entry.getKey(), size.getKey(), entry.getValue()));
        }
        names.add(entry.getKey());
      }
      if (names.isEmpty()) {
        throw new UserException(points + ": " + FORM);
      }
      if (domains != null && !domains.equals(names)) {
        throw new UserException(
            "%s: the domains at %d parameters are %s, elsewhere %s; give every size the same"
                .formatted(points, size.getKey(), names, domains));
      }
      domains = domains == null ? names : domains;
    }
    return domains;
  }
}
