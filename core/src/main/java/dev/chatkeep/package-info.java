/// The front door of Chatkeep: what every part of it shares.
@NullMarked
package dev.chatkeep;

import org.jspecify.annotations.NullMarked;
