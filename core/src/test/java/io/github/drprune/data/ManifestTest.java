package io.github.drprune.data;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.drprune.data.Manifest.Shard;
import io.github.drprune.data.Manifest.SplitData;
import io.github.drprune.json.Json;
import java.util.List;
import org.junit.jupiter.api.Test;

class ManifestTest {
  /** The same data must give the same bytes in every process. */
  @Test
  void theCountsOfASplitStandInAFixedOrder() {
    var split = new SplitData(3, 40, 10, 2, List.of(new Shard("wiki/train-00000.npy", 4, 16, "0")));
    assertThat(Json.line(split))
        .isEqualTo(
            "{\"documents\":3,\"characters\":40,\"tokens\":10,\"unused_tokens\":2,\"sequences\":4,"
                + "\"characters_per_token\":4.0,\"shards\":[{\"file\":\"wiki/train-00000.npy\","
                + "\"sequences\":4,\"bytes\":16,\"sha256\":\"0\"}]}");
  }
}
