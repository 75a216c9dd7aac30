/// The server: what starts, and with which settings.
@NullMarked
package dev.chatkeep.server;

import org.jspecify.annotations.NullMarked;
