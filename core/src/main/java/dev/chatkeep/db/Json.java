package dev.chatkeep.db;

import tools.jackson.core.json.JsonReadFeature;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.annotation.JsonDeserialize;
import tools.jackson.databind.annotation.JsonSerialize;
import tools.jackson.databind.json.JsonMapper;

/// A JSON value as text, carried from PostgreSQL to the socket without being parsed.
///
/// The text is taken as it is: whoever makes one vouches that it is one valid JSON value.
@JsonSerialize(using = JsonWriter.class)
@JsonDeserialize(using = JsonReader.class)
public record Json(String text) {

    /// The one mapper of this code base: strict JSON, no trailing tokens, decimals kept exact.
    public static final JsonMapper MAPPER = JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .disable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
            .build();

    public static final Json EMPTY_OBJECT = new Json("{}");
    public static final Json EMPTY_ARRAY = new Json("[]");

    public static Json of(JsonNode node) {
        return new Json(MAPPER.writeValueAsString(node));
    }

    public JsonNode tree() {
        return MAPPER.readTree(text);
    }

    /// How many bytes the text has in UTF-8.
    public long utf8Length() {
        long bytes = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            // A pair of surrogates is four bytes.
            bytes += c < 0x80 ? 1 : c < 0x800 || Character.isSurrogate(c) ? 2 : 3;
        }
        return bytes;
    }

    @Override
    public String toString() {
        return text;
    }
}
