package io.github.drprune.template;

import java.util.Iterator;

/** What Python calculates item by item: it can be looped over once, and has no length. */
record Generator(String name, Iterator<Object> items) {}
