/// What messages cost: the free ones, and payments by x402.
@NullMarked
package dev.chatkeep.payment;

import org.jspecify.annotations.NullMarked;
