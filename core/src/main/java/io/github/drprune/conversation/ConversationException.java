package io.github.drprune.conversation;

/** A conversation that cannot be read, or that the template does not take. */
public final class ConversationException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  ConversationException(String message) {
    super(message);
  }

  ConversationException(String message, Throwable cause) {
    super(message, cause);
  }
}
