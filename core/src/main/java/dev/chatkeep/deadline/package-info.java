/// How long something is waited for, when very many wait and few wait in vain.
@NullMarked
package dev.chatkeep.deadline;

import org.jspecify.annotations.NullMarked;
