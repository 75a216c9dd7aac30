package dev.chatkeep.user;

import dev.chatkeep.ChatkeepException.Invalid;
import dev.chatkeep.ChatkeepException.Unauthenticated;
import dev.chatkeep.JsonInput;
import dev.chatkeep.db.Database;
import dev.chatkeep.db.Json;
import dev.chatkeep.db.VisibleText;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/// What users say of themselves: `displayName`, `avatarUrl`, and `preferences`, an object of their client's
/// own.
public final class Profiles {

    public static final int NAME_LENGTH = 100;
    public static final int URL_LENGTH = 2048;

    /// Characters of the preferences' JSON.
    public static final int PREFERENCES_LENGTH = 16 << 10;

    private static final Set<String> FIELDS = Set.of("displayName", "avatarUrl", "preferences");

    private final Database database;

    public Profiles(Database database) {
        this.database = database;
    }

    /// @throws Unauthenticated when the user was deleted meanwhile
    public Json get(UUID userId) {
        return database.sql("select profile from chatkeep.app_user where user_id = :user")
                .param("user", userId)
                .query((row, n) -> new Json(row.getString("profile")))
                .optional()
                .orElseThrow(Unauthenticated::noUser);
    }

    /// Changes the profile by a JSON merge patch (RFC 7396): null removes, objects merge, all else replaces. NUL in
    /// a text becomes U+FFFD.
    ///
    /// @throws Invalid naming the field that is wrong
    /// @throws Unauthenticated when there is no such user
    public Json patch(UUID userId, JsonNode patch) {
        if (!patch.isObject() || patch.isEmpty()) {
            throw new Invalid("empty_patch", null, "A patch is an object that changes something.");
        }
        patch.propertyNames().stream()
                .filter(name -> !FIELDS.contains(name))
                .findFirst()
                .ifPresent(name -> {
                    throw Invalid.field(name, "There is no such field to set.");
                });
        ObjectNode changes = JsonNodeFactory.instance.objectNode();
        patch.properties()
                .forEach(change ->
                        changes.set(change.getKey(), JsonInput.read(change.getKey(), Json.of(change.getValue()))));
        return database.inTransaction(() -> {
            JsonNode profile = database.sql("select profile from chatkeep.app_user where user_id = :user for update")
                    .param("user", userId)
                    .query((row, n) -> new Json(row.getString("profile")))
                    .optional()
                    .orElseThrow(Unauthenticated::noUser)
                    .tree();
            JsonNode merged = merge(profile, changes);
            check(merged);
            Json changed = Json.of(merged);
            database.sql("update chatkeep.app_user set profile = :profile::jsonb where user_id = :user")
                    .param("profile", changed.text())
                    .param("user", userId)
                    .update();
            return changed;
        });
    }

    private static JsonNode merge(JsonNode target, JsonNode patch) {
        if (!patch.isObject()) {
            return patch;
        }
        ObjectNode merged = JsonNodeFactory.instance.objectNode();
        if (target.isObject()) {
            merged.setAll((ObjectNode) target);
        }
        for (Map.Entry<String, JsonNode> change : patch.properties()) {
            if (change.getValue().isNull()) {
                merged.remove(change.getKey());
            } else {
                merged.set(change.getKey(), merge(merged.path(change.getKey()), change.getValue()));
            }
        }
        return merged;
    }

    private static void check(JsonNode profile) {
        if (profile.has("displayName")) {
            String name = text("displayName", profile.path("displayName"), NAME_LENGTH);
            if (!VisibleText.isVisible(name)) {
                throw Invalid.field("displayName", "A name has at least one visible character; null removes it.");
            }
        }
        if (profile.has("avatarUrl") && !isWebAddress(text("avatarUrl", profile.path("avatarUrl"), URL_LENGTH))) {
            throw Invalid.field("avatarUrl", "An https URL.");
        }
        JsonNode preferences = profile.path("preferences");
        if (profile.has("preferences") && !preferences.isObject()) {
            throw Invalid.field("preferences", "An object.");
        }
        if (preferences.toString().length() > PREFERENCES_LENGTH) {
            throw Invalid.field("preferences", "At most " + PREFERENCES_LENGTH + " characters of JSON, all together.");
        }
    }

    private static String text(String field, JsonNode value, int length) {
        if (!value.isString()
                || value.stringValue().codePointCount(0, value.stringValue().length()) > length) {
            throw Invalid.field(field, "A string of at most " + length + " characters.");
        }
        return value.stringValue();
    }

    private static boolean isWebAddress(String text) {
        try {
            URI url = new URI(text);
            return "https".equals(url.getScheme()) && url.getHost() != null;
        } catch (URISyntaxException notAUrl) {
            return false;
        }
    }
}
