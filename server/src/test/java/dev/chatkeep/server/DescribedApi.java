package dev.chatkeep.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.chatkeep.db.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;

/// docs/api/openapi.json, as someone reads it who knows nothing else of the API.
final class DescribedApi {

    private static final JsonNode ROOT = read();

    private DescribedApi() {}

    private static JsonNode read() {
        try {
            return Json.MAPPER.readTree(Files.readString(Path.of("..", "docs", "api", "openapi.json")));
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    record Operation(String method, String path, JsonNode json) {

        /// The name, type and bounds of each query parameter.
        List<JsonNode> query() {
            return parameters("query");
        }

        boolean takesHeader(String name) {
            return parameters("header").stream()
                    .anyMatch(parameter -> parameter.path("name").stringValue().equals(name));
        }

        private List<JsonNode> parameters(String in) {
            return json.path("parameters")
                    .valueStream()
                    .filter(parameter -> parameter.path("in").stringValue().equals(in))
                    .toList();
        }

        /// The bodies it is shown with; one empty text when it takes none.
        List<String> bodies() {
            JsonNode content = json.path("requestBody").path("content").path("application/json");
            if (content.isMissingNode()) {
                return List.of("");
            }
            Stream<JsonNode> bodies = content.has("example")
                    ? Stream.of(content.path("example"))
                    : content.path("examples").valueStream().map(example -> example.path("value"));
            return bodies.map(JsonNode::toString).toList();
        }

        boolean hasBody() {
            return json.has("requestBody");
        }

        Set<Integer> statuses() {
            var statuses = new TreeSet<Integer>();
            json.path("responses").propertyNames().forEach(status -> statuses.add(Integer.valueOf(status)));
            return statuses;
        }

        /// Fails unless this answer is one of those described.
        void check(Api.Answer answer) {
            assertThat(statuses()).as("%s answered %s", this, answer).contains(answer.status());
            JsonNode response = resolved(json.path("responses").path(Integer.toString(answer.status())));
            if (response.path("content").isEmpty()) {
                assertThat(answer.text()).as("%s answered %s", this, answer).isEmpty();
                return;
            }
            String type = response.path("content").propertyNames().iterator().next();
            JsonNode schema = response.path("content").path(type).path("schema");
            if (type.endsWith("json")) {
                assertThat(misfits(schema, answer.json(), ""))
                        .as("%s answered %s", this, answer)
                        .isEmpty();
            }
        }

        @Override
        public String toString() {
            return method + " " + path;
        }
    }

    static Stream<Operation> operations() {
        return ROOT.path("paths").properties().stream()
                .flatMap(path -> path.getValue().properties().stream()
                        .map(method -> new Operation(
                                method.getKey().toUpperCase(Locale.ROOT), path.getKey(), method.getValue())));
    }

    static Stream<JsonNode> references() {
        return ROOT.findValues("$ref").stream();
    }

    static JsonNode resolved(JsonNode node) {
        return node.has("$ref") ? target(node.path("$ref").stringValue()) : node;
    }

    static JsonNode target(String reference) {
        return ROOT.at(reference.substring(1));
    }

    /// Where a value does not fit a schema, in the part of JSON Schema that the answers are described with. A
    /// field that is not described does not fit either, though clients are not told so: later servers add fields.
    private static List<String> misfits(JsonNode schemaOrReference, JsonNode value, String at) {
        JsonNode schema = resolved(schemaOrReference);
        var misfits = new ArrayList<String>();
        if (schema.has("type") && !isOfType(schema.path("type"), value)) {
            return List.of(at + " is not of type " + schema.path("type"));
        }
        if (schema.has("enum") && schema.path("enum").valueStream().noneMatch(value::equals)) {
            misfits.add(at + " is none of " + schema.path("enum"));
        }
        if (schema.has("const") && !schema.path("const").equals(value)) {
            misfits.add(at + " is not " + schema.path("const"));
        }
        if (schema.has("pattern")
                && value.isString()
                && !Pattern.compile(schema.path("pattern").stringValue())
                        .matcher(value.stringValue())
                        .find()) {
            misfits.add(at + " does not match " + schema.path("pattern"));
        }
        schema.path("required")
                .valueStream()
                .map(JsonNode::stringValue)
                .filter(field -> !value.has(field))
                .forEach(field -> misfits.add(at + "/" + field + " is missing"));
        value.properties().forEach(property -> {
            JsonNode described = schema.path("properties").path(property.getKey());
            String place = at + "/" + property.getKey();
            if (!described.isMissingNode()) {
                misfits.addAll(misfits(described, property.getValue(), place));
            } else if (value.isObject() && !schema.path("additionalProperties").asBoolean(!schema.has("properties"))) {
                misfits.add(place + " is not described");
            }
        });
        if (value.isArray()) {
            value.forEach(item -> misfits.addAll(misfits(schema.path("items"), item, at + "[]")));
        }
        return misfits;
    }

    private static boolean isOfType(JsonNode type, JsonNode value) {
        return type.isArray()
                ? type.valueStream().anyMatch(one -> isOfType(one, value))
                : switch (type.stringValue()) {
                    case "object" -> value.isObject();
                    case "array" -> value.isArray();
                    case "string" -> value.isString();
                    case "integer" -> value.isIntegralNumber();
                    case "number" -> value.isNumber();
                    case "boolean" -> value.isBoolean();
                    case "null" -> value.isNull();
                    default -> throw new AssertionError("no such type: " + type);
                };
    }
}
