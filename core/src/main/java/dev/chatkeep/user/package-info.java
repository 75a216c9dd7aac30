/// Who a chat belongs to, and the sessions that prove it.
@NullMarked
package dev.chatkeep.user;

import org.jspecify.annotations.NullMarked;
