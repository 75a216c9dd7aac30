/// Chats: their rows, lists and counters.
@NullMarked
package dev.chatkeep.chat;

import org.jspecify.annotations.NullMarked;
