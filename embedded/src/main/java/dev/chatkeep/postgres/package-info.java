/// A private PostgreSQL that lives and dies with this JVM.
@NullMarked
package dev.chatkeep.postgres;

import org.jspecify.annotations.NullMarked;
