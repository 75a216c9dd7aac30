/// An answer being written: from the model's events to the stored message.
@NullMarked
package dev.chatkeep.run;

import org.jspecify.annotations.NullMarked;
