package dev.chatkeep;

import dev.chatkeep.ChatkeepException.Invalid;

/// Which rows of a list are asked for, held to what there can be.
public final class PageInput {

    private PageInput() {}

    /// @throws Invalid for less than one row, or an offset before the first
    public static void check(int limit, int offset) {
        if (limit < 1) {
            throw Invalid.field("limit", "At least 1.");
        }
        if (offset < 0) {
            throw Invalid.field("offset", "At least 0.");
        }
    }
}
