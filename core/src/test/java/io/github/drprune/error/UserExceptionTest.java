package io.github.drprune.error;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class UserExceptionTest {
  @Test
  void theMessageIsMadeOfKeyProblemAndHint() {
    var mistake = UserException.at("steps", "0 is too few", "take 1 or more").in("run.yaml: ");
    assertThat(mistake).hasMessage("run.yaml: steps: 0 is too few; take 1 or more");
    assertThat(mistake.key()).contains("steps");
    assertThat(mistake.hint()).contains("take 1 or more");

    assertThat(UserException.at("steps", "0 is too few")).hasMessage("steps: 0 is too few");
    assertThat(new UserException("steps: 0 is too few").key()).isEmpty();
  }
}
