package dev.chatkeep.web;

import dev.chatkeep.token.Issuer;
import dev.chatkeep.user.Identity;
import dev.chatkeep.x402.PaymentSettings;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What an operator decides about the API.
///
/// @param guestsAllowed whether anyone may sign in as a new guest
/// @param domains that a wallet may sign in for, such as `app.example.com`; none: wallets cannot sign in
/// @param issuers whose tokens sign their users in
/// @param admins who may operate this server through the API
/// @param hosts names of this server that a request may be sent to, beside `localhost` and literal addresses;
///     checked while guests are allowed
/// @param origins web origins that may call the API from a browser, such as `https://app.example.com`
/// @param headers that such a page may send, beside those that clients of Chatkeep use
/// @param limits how often someone may ask
/// @param cookie how the session cookie is set
/// @param payments how messages are paid that are not free; null: they are refused
public record ApiSettings(
        boolean guestsAllowed,
        List<String> domains,
        List<Issuer> issuers,
        List<Identity> admins,
        List<String> hosts,
        List<String> origins,
        List<String> headers,
        RateLimits limits,
        CookieSettings cookie,
        @Nullable PaymentSettings payments) {}
