/// Signing in with a wallet: the message it signs (EIP-4361, Sign-In-With-Solana), its signature, and the rules
/// for both. No HTTP and no database.
@NullMarked
package dev.chatkeep.signin;

import org.jspecify.annotations.NullMarked;
