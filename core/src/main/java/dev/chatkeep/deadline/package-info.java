/// Waits that may end in vain, and threads that never end by themselves.
@NullMarked
package dev.chatkeep.deadline;

import org.jspecify.annotations.NullMarked;
