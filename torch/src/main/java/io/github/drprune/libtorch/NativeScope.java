package io.github.drprune.libtorch;

import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerScope;

/**
 * Frees, when it closes, the native memory of every tensor made in it by its thread. JavaCPP counts
 * only its handles, so the garbage collector never feels tensor memory: work outside a scope leaks
 * gigabytes. Scopes nest; numbers leave a scope, tensors leave only through {@link #pass} or {@link
 * #keep}.
 */
public final class NativeScope implements AutoCloseable {
  static {
    NativeLibraries.removeCeilings();
  }

  private final PointerScope outer = PointerScope.getInnerScope();
  private final PointerScope pointers = new PointerScope();

  private NativeScope() {}

  public static NativeScope open() {
    return new NativeScope();
  }

  /** Hands {@code pointer} to the enclosing scope, or to the caller as by {@link #keep}. */
  public <P extends Pointer> P pass(P pointer) {
    if (outer == null) {
      return keep(pointer);
    }
    outer.attach(pointer);
    return pointer;
  }

  /** Lets {@code pointer} outlive every scope: whoever calls this owes it a {@code close()}. */
  public static <P extends Pointer> P keep(P pointer) {
    pointer.retainReference();
    return pointer;
  }

  @Override
  public void close() {
    pointers.close();
  }
}
