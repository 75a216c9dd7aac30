package dev.chatkeep;

import dev.chatkeep.db.CleanText;
import java.math.BigDecimal;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.exc.StreamConstraintsException;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/// JSON from outside, made safe to store: NUL becomes U+FFFD, as PostgreSQL's jsonb refuses it; text that has
/// no UTF-8 form, numbers no program could read back, and nesting deeper than [#DEPTH] are refused.
public final class JsonInput {

    /// Arrays and objects within each other.
    public static final int DEPTH = 64;

    private static final int NUMBER_DIGITS = 350;

    private static final JsonMapper MAPPER = JsonMapper.builder(JsonFactory.builder()
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxNestingDepth(DEPTH)
                            .build())
                    .build())
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .build();

    private JsonInput() {}

    /// Reads one JSON value in UTF-8.
    ///
    /// @param field how the caller knows this value; an error names it, or something within it
    /// @throws ChatkeepException.Invalid for anything that is not JSON, or not storable
    public static JsonNode read(String field, byte[] json) {
        try {
            JsonNode tree = MAPPER.readTree(json);
            if (tree.isMissingNode()) {
                throw invalid(field, "There is no JSON.", null);
            }
            return clean(field, tree);
        } catch (StreamConstraintsException tooMuch) {
            throw invalid(
                    field, "JSON nested deeper than " + DEPTH + ", or with an oversized number or name.", tooMuch);
        } catch (JacksonException | NumberFormatException malformed) {
            // Jackson lets the latter through for an exponent beyond what a BigDecimal can have.
            throw invalid(field, "Malformed JSON.", malformed);
        }
    }

    private static JsonNode clean(String field, JsonNode node) {
        return switch (node) {
            case ObjectNode object -> {
                ObjectNode clean = JsonNodeFactory.instance.objectNode();
                for (Map.Entry<String, JsonNode> property : object.properties()) {
                    String name = clean(field, property.getKey());
                    clean.set(name, clean(field.isEmpty() ? name : field + "." + name, property.getValue()));
                }
                yield clean;
            }
            case ArrayNode array -> {
                ArrayNode clean = JsonNodeFactory.instance.arrayNode(array.size());
                for (int i = 0; i < array.size(); i++) {
                    clean.add(clean(field + "[" + i + "]", array.get(i)));
                }
                yield clean;
            }
            default -> {
                if (node.isString()) {
                    yield JsonNodeFactory.instance.stringNode(clean(field, node.stringValue()));
                }
                if (node.isNumber()) {
                    checkNumber(field, node.decimalValue());
                }
                yield node;
            }
        };
    }

    private static String clean(String field, String text) {
        if (CleanText.hasLoneSurrogate(text)) {
            throw ChatkeepException.Invalid.field(field, "Text with half a surrogate pair: it has no UTF-8 form.");
        }
        return CleanText.of(text);
    }

    private static void checkNumber(String field, BigDecimal number) {
        if (Math.abs((long) number.precision() - number.scale()) > NUMBER_DIGITS || number.scale() > NUMBER_DIGITS) {
            throw ChatkeepException.Invalid.field(field, "A number of more than " + NUMBER_DIGITS + " digits.");
        }
    }

    private static ChatkeepException.Invalid invalid(String field, String message, @Nullable Throwable cause) {
        var invalid = field.isEmpty()
                ? new ChatkeepException.Invalid("malformed_json", null, message)
                : ChatkeepException.Invalid.field(field, message);
        if (cause != null) {
            invalid.initCause(cause);
        }
        return invalid;
    }
}
