package dev.chatkeep.server;

import dev.chatkeep.payment.FreeMessagePolicy;
import dev.chatkeep.token.Issuer;
import dev.chatkeep.user.Identity;
import dev.chatkeep.web.CookieSettings;
import java.math.BigDecimal;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

/// What an operator sets under `chatkeep.*`; `CHATKEEP_DATABASE_URL` is `chatkeep.database.url`, and so on.
///
/// @param database where the data lives
/// @param dataDir the folder of the embedded PostgreSQL, used when no database is named
/// @param auth who may sign in
/// @param hosts names of this server, beside `localhost`, that its guests may reach it by
/// @param cors which web origins may call
/// @param limits how often someone may ask
/// @param model the name of the one model behind `openai`
/// @param openai one OpenAI-compatible provider, quickly
/// @param models the models, in full; the first one is the default
/// @param apiDocs whether the API's description is served
/// @param trash what happens to deleted chats
/// @param freeMessages how many messages a user has for nothing
/// @param payments how other messages are paid
/// @param shutdownPatience how long running answers may go on when the server is told to end
@ConfigurationProperties("chatkeep")
record Settings(
        @DefaultValue Database database,
        @DefaultValue("data") Path dataDir,
        @DefaultValue Auth auth,
        @DefaultValue List<String> hosts,
        @DefaultValue Cors cors,
        @DefaultValue Limits limits,
        @DefaultValue("gpt-5-mini") String model,
        @DefaultValue OpenAi openai,
        @DefaultValue List<ModelSettings> models,
        @DefaultValue ApiDocs apiDocs,
        @DefaultValue Trash trash,
        @DefaultValue FreeMessages freeMessages,
        @DefaultValue PaymentsSettings payments,
        @DefaultValue("60s") Duration shutdownPatience) {

    record ApiDocs(@DefaultValue("true") boolean enabled) {}

    /// @param kept how long a deleted chat can be restored
    record Trash(@DefaultValue("30d") Duration kept) {}

    /// @param limit in a window; unset: any number
    /// @param window begins with the first message in it; unset: it never ends
    /// @param perAddress of all guests and new accounts of a network address; unset: as `limit`
    /// @param newAccountAge an account younger than this is new; 0: none is
    record FreeMessages(
            @Nullable Integer limit,
            @Nullable Duration window,
            @Nullable Integer perAddress,
            @DefaultValue("24h") Duration newAccountAge) {

        FreeMessagePolicy checked() {
            try {
                return new FreeMessagePolicy(limit, window, perAddress, newAccountAge);
            } catch (IllegalArgumentException wrong) {
                throw new SettingsException("chatkeep.free-messages: " + wrong.getMessage(), wrong);
            }
        }
    }

    record Database(
            @Nullable String url,
            @Nullable String user,
            @Nullable String password,
            @DefaultValue("8") int connections) {

        boolean isEmbedded() {
            return url == null || url.isBlank();
        }
    }

    /// @param cookie how the session cookie is set
    /// @param domains that wallets may sign in for, with the port if it is not the usual one
    record Auth(
            @DefaultValue Cookie cookie,
            @DefaultValue Guest guest,
            @DefaultValue List<String> domains,
            @DefaultValue List<IssuerSettings> issuers,
            @DefaultValue List<AdminSettings> admins) {}

    /// @param secure whether browsers reach the server by https; unset: as each request does
    /// @param path of the site that the cookie is sent to
    record Cookie(
            @Nullable Boolean secure, @DefaultValue("/") String path) {

        CookieSettings checked() {
            try {
                return new CookieSettings(secure, path);
            } catch (IllegalArgumentException wrong) {
                throw new SettingsException("chatkeep.auth.cookie.path: " + wrong.getMessage(), wrong);
            }
        }
    }

    /// @param issuer `solana` or `eip155` for a wallet, else an issuer of tokens
    /// @param subject the wallet's address, or the subject of the admin's tokens
    record AdminSettings(String issuer, String subject) {

        Identity checked() {
            if (!isSet(issuer) || !isSet(subject)) {
                throw new SettingsException("chatkeep.auth.admins: every admin needs an issuer and a subject.", null);
            }
            return new Identity(issuer, issuer.equals(Identity.EIP155) ? subject.toLowerCase(Locale.ROOT) : subject);
        }
    }

    /// @param issuer what its tokens have as `iss`
    /// @param audience of which a token must have one
    /// @param authorizedParties of which a token must have one as `azp`
    /// @param jwkSetUri where its keys are; found by its OpenID configuration when unset
    record IssuerSettings(
            String issuer,
            @DefaultValue List<String> audience,
            @DefaultValue List<String> authorizedParties,
            @Nullable URI jwkSetUri,
            @Nullable List<String> algorithms) {

        Issuer checked() {
            if (!isSet(issuer)) {
                throw new SettingsException("chatkeep.auth.issuers: every issuer needs its name (issuer).", null);
            }
            try {
                return new Issuer(
                        issuer,
                        audience,
                        authorizedParties,
                        jwkSetUri,
                        algorithms == null ? Issuer.ALGORITHMS : algorithms);
            } catch (IllegalArgumentException wrong) {
                throw new SettingsException("chatkeep.auth.issuers: " + wrong.getMessage(), wrong);
            }
        }
    }

    /// @param enabled whether anyone may sign in as a guest; unset: only on the embedded database
    record Guest(@Nullable Boolean enabled) {}

    /// Requests a minute, but for `streams` and `guests`; 0 means any number.
    ///
    /// @param perUser of a signed-in user
    /// @param perAddress from an address that nobody is signed in for
    /// @param signIns to sign in, from an address
    /// @param streams that a user reads at once
    /// @param answer what an answer may hold, in bytes of its parts as JSON
    /// @param guests that become new ones in a day, from an address
    /// @param connections at once, from an address; unset: 1024, or any number behind a proxy
    /// @param requestTimeout of a request's head, and of all of it while nobody is signed in
    /// @param bodyTimeout of the body of someone who is signed in
    record Limits(
            @DefaultValue("600") int perUser,
            @DefaultValue("300") int perAddress,
            @DefaultValue("30") int signIns,
            @DefaultValue("100") int streams,
            @DefaultValue("16MB") DataSize answer,
            @DefaultValue("1000") int guests,
            @Nullable Integer connections,
            @DefaultValue("30s") Duration requestTimeout,
            @DefaultValue("5m") Duration bodyTimeout) {

        Limits {
            if (perUser < 0 || perAddress < 0 || signIns < 0 || streams < 0 || guests < 0) {
                throw new SettingsException("chatkeep.limits: a number, or 0 for any.", null);
            }
            if (connections != null && connections < 0) {
                throw new SettingsException("chatkeep.limits.connections: a number, or 0 for any.", null);
            }
            if (!requestTimeout.isPositive() || !bodyTimeout.isPositive()) {
                throw new SettingsException(
                        "chatkeep.limits: request-timeout and body-timeout must be longer than 0.", null);
            }
        }
    }

    /// @param headers that a page of such an origin may send, beside those that clients of Chatkeep use
    record Cors(
            @DefaultValue List<String> origins,
            @DefaultValue List<String> headers) {

        private static final Pattern ORIGIN = Pattern.compile("\\*|[a-z][a-z0-9+.-]*://[^/\\s]+");

        Cors {
            for (String origin : origins) {
                if (!ORIGIN.matcher(origin).matches()) {
                    throw new SettingsException(
                            "chatkeep.cors.origins: \"" + origin
                                    + "\" is not an origin. An origin is a scheme, a host and a port, such as"
                                    + " http://localhost:3000, without a path.",
                            null);
                }
            }
        }
    }

    record OpenAi(@Nullable String apiKey, @Nullable String baseUrl) {

        boolean isConfigured() {
            return isSet(apiKey) || isSet(baseUrl);
        }
    }

    /// @param id what clients call the model
    /// @param provider openai, anthropic, gemini, ollama or demo
    /// @param name what the provider calls it; the id when unset
    record ModelSettings(
            String id,
            String provider,
            @Nullable String name,
            @Nullable String baseUrl,
            @Nullable String apiKey,
            @Nullable String system,
            @DefaultValue("32000") int contextTokens,
            @Nullable BigDecimal price) {

        /// Binding leaves out what is not set, whatever the types say.
        @SuppressWarnings("NullAway")
        ModelSettings {
            if (!isSet(id) || !isSet(provider)) {
                throw new SettingsException("chatkeep.models: every model needs an id and a provider.", null);
            }
        }
    }

    boolean guestsAllowed() {
        Boolean enabled = auth.guest().enabled();
        return enabled == null ? database.isEmbedded() : enabled;
    }

    List<Identity> admins() {
        return auth.admins().stream().map(AdminSettings::checked).toList();
    }

    /// @throws SettingsException for one that is not usable, or is there twice
    List<Issuer> issuers() {
        List<Issuer> issuers =
                auth.issuers().stream().map(IssuerSettings::checked).toList();
        if (issuers.stream().map(Issuer::name).distinct().count() < issuers.size()) {
            throw new SettingsException("chatkeep.auth.issuers: an issuer is there twice.", null);
        }
        return issuers;
    }

    static boolean isSet(@Nullable String text) {
        return text != null && !text.isBlank();
    }
}
