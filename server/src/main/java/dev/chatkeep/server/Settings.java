package dev.chatkeep.server;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

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
/// @param trash what happens to deleted chats
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
        @DefaultValue Trash trash,
        @DefaultValue("60s") Duration shutdownPatience) {

    /// @param kept how long a deleted chat can be restored
    record Trash(@DefaultValue("30d") Duration kept) {}

    record Database(
            @Nullable String url,
            @Nullable String user,
            @Nullable String password,
            @DefaultValue("8") int connections) {

        boolean isEmbedded() {
            return url == null || url.isBlank();
        }
    }

    record Auth(@DefaultValue Guest guest) {}

    /// @param enabled whether anyone may sign in as a guest; unset: only on the embedded database
    record Guest(@Nullable Boolean enabled) {}

    /// Requests a minute; 0 means any number.
    ///
    /// @param perUser of a signed-in user
    /// @param perAddress from an address that nobody is signed in for
    /// @param signIns to sign in, from an address
    record Limits(
            @DefaultValue("600") int perUser,
            @DefaultValue("300") int perAddress,
            @DefaultValue("30") int signIns) {

        Limits {
            if (perUser < 0 || perAddress < 0 || signIns < 0) {
                throw new SettingsException("chatkeep.limits: a number of requests a minute, or 0 for any.", null);
            }
        }
    }

    record Cors(@DefaultValue List<String> origins) {}

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
            @DefaultValue("32000") int contextTokens) {

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

    static boolean isSet(@Nullable String text) {
        return text != null && !text.isBlank();
    }
}
