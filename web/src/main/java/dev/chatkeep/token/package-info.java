/// Tokens of other services, the issuers that an operator named: whose they are, by their signature and claims.
@NullMarked
package dev.chatkeep.token;

import org.jspecify.annotations.NullMarked;
