/// Payments by x402, versions 2 and 1: what is asked for, what is offered for it, and the facilitator that verifies
/// and settles. Knows no web framework.
@NullMarked
package dev.chatkeep.x402;

import org.jspecify.annotations.NullMarked;
