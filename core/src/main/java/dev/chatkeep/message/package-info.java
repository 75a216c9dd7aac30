/// Messages and the parts they are made of.
@NullMarked
package dev.chatkeep.message;

import org.jspecify.annotations.NullMarked;
