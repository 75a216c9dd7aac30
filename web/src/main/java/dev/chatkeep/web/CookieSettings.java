package dev.chatkeep.web;

import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// How the session cookie is set.
///
/// @param secure whether browsers reach this server by https; null: as each request does
/// @param path of the site that the cookie is sent to, `/` for all of it
public record CookieSettings(@Nullable Boolean secure, String path) {

    private static final Pattern PATH = Pattern.compile("/[A-Za-z0-9._~/-]{0,255}");

    public CookieSettings {
        if (!PATH.matcher(path).matches()) {
            throw new IllegalArgumentException("a cookie's path begins with / and has letters, digits and ._~-/ only");
        }
    }
}
