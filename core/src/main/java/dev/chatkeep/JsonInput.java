package dev.chatkeep;

import dev.chatkeep.db.CleanText;
import dev.chatkeep.db.Json;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.ErrorReportConfiguration;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.exc.StreamConstraintsException;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/// JSON from outside, made safe to store: NUL becomes U+FFFD, as PostgreSQL's jsonb refuses it; anything but strict
/// UTF-8, text that has no UTF-8 form, numbers no program could read back, nesting deeper than [#DEPTH], and more
/// tokens than [#MAX_TOKENS] are refused.
public final class JsonInput {

    /// Arrays and objects within each other.
    public static final int DEPTH = 64;

    /// Values, names and closing brackets. Three bytes of JSON may become a hundred in memory.
    public static final int MAX_TOKENS = 1 << 18;

    private static final int NUMBER_DIGITS = 350;

    /// Of a property's name, in characters.
    private static final int MAX_NAME = 1024;

    private static final StreamReadConstraints CONSTRAINTS = StreamReadConstraints.builder()
            .maxNestingDepth(DEPTH)
            .maxTokenCount(MAX_TOKENS)
            .maxNameLength(MAX_NAME)
            .build();

    /// What was said is no part of an error, which may end up in a log.
    private static final ErrorReportConfiguration ERRORS = ErrorReportConfiguration.builder()
            .maxErrorTokenLength(0)
            .maxRawContentLength(0)
            .build();

    private static final JsonMapper MAPPER = JsonMapper.builder()
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .build();

    private static final String TOO_MUCH = "JSON nested deeper than " + DEPTH + ", of more than " + MAX_TOKENS
            + " tokens, or with an oversized number or name.";

    private final String field;
    /// Where the cleaning is: names of properties, or indexes where there is no name.
    private final @Nullable String[] names = new String[DEPTH];
    private final int[] indexes = new int[DEPTH];
    private int depth;

    private JsonInput(String field) {
        this.field = field;
    }

    /// Reads one JSON value in UTF-8.
    ///
    /// @param field how the caller knows this value; an error names it, or something within it
    /// @throws ChatkeepException.Invalid for anything that is not JSON, or not storable
    public static JsonNode read(String field, byte[] json) {
        if (!Utf8Check.isWhole(json)) {
            throw notUtf8(field);
        }
        // A factory remembers thousands of names for the next parser, however long they are.
        JsonFactory factory = JsonFactory.builder()
                .streamReadConstraints(CONSTRAINTS)
                .errorReportConfiguration(ERRORS)
                .build();
        try (JsonParser parser = factory.createParser(ObjectReadContext.empty(), json)) {
            JsonNode tree = MAPPER.readTree(parser);
            if (tree == null || tree.isMissingNode()) {
                throw invalid(field, "There is no JSON.", null);
            }
            if (parser.nextToken() != null) {
                throw invalid(field, "Unexpected content after the JSON value.", null);
            }
            return new JsonInput(field).clean(tree);
        } catch (StreamConstraintsException tooMuch) {
            throw invalid(field, TOO_MUCH, tooMuch);
        } catch (JacksonException | NumberFormatException malformed) {
            // Jackson lets the latter through for an exponent beyond what a BigDecimal can have.
            throw invalid(field, "Malformed JSON.", malformed);
        }
    }

    /// Reads what a Java caller brings as JSON, by the same rules.
    ///
    /// @throws ChatkeepException.Invalid naming `field`, or something within it
    public static JsonNode read(String field, Json json) {
        refuseHalfPairs(field, json.text());
        return read(field, json.text().getBytes(StandardCharsets.UTF_8));
    }

    /// The refusal of bytes that are not UTF-8.
    public static ChatkeepException.Invalid notUtf8(String field) {
        return invalid(field, field.isEmpty() ? "The body is JSON in UTF-8." : "JSON in UTF-8.", null);
    }

    /// In place: a second tree would be as large as the first. Only an object with a name that changes is made anew.
    private JsonNode clean(JsonNode node) {
        if (node instanceof ObjectNode object) {
            return clean(object);
        }
        if (node instanceof ArrayNode array) {
            clean(array);
        } else if (node.isString()) {
            String text = node.stringValue();
            String clean = clean(text);
            return clean.equals(text) ? node : JsonNodeFactory.instance.stringNode(clean);
        } else if (node.isNumber()) {
            checkNumber(node.decimalValue());
        }
        return node;
    }

    private void clean(ArrayNode array) {
        for (int i = 0; i < array.size(); i++) {
            array.set(i, clean(null, i, array.get(i)));
        }
    }

    private ObjectNode clean(ObjectNode object) {
        boolean isRenamed = false;
        for (Map.Entry<String, JsonNode> property : object.properties()) {
            String name = clean(property.getKey());
            isRenamed |= !name.equals(property.getKey());
            property.setValue(clean(name, 0, property.getValue()));
        }
        return isRenamed ? renamed(object) : object;
    }

    private JsonNode clean(@Nullable String name, int index, JsonNode child) {
        names[depth] = name;
        indexes[depth] = index;
        depth++;
        JsonNode clean = clean(child);
        depth--;
        return clean;
    }

    /// Of names that become the same the last one counts.
    private static ObjectNode renamed(ObjectNode object) {
        ObjectNode renamed = JsonNodeFactory.instance.objectNode();
        object.properties().forEach(property -> renamed.set(CleanText.of(property.getKey()), property.getValue()));
        return renamed;
    }

    private String clean(String text) {
        refuseHalfPairs(path(), text);
        return CleanText.of(text);
    }

    private static void refuseHalfPairs(String field, String text) {
        if (CleanText.hasLoneSurrogate(text)) {
            throw ChatkeepException.Invalid.field(field, "Text with half a surrogate pair: it has no UTF-8 form.");
        }
    }

    private void checkNumber(BigDecimal number) {
        if (Math.abs((long) number.precision() - number.scale()) > NUMBER_DIGITS || number.scale() > NUMBER_DIGITS) {
            throw ChatkeepException.Invalid.field(path(), "A number of more than " + NUMBER_DIGITS + " digits.");
        }
    }

    private String path() {
        StringBuilder path = new StringBuilder(field);
        for (int i = 0; i < depth; i++) {
            String name = names[i];
            if (name == null) {
                path.append('[').append(indexes[i]).append(']');
            } else {
                path.append(path.isEmpty() ? "" : ".").append(name);
            }
        }
        return path.toString();
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
