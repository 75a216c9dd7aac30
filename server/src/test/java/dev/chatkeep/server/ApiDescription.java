package dev.chatkeep.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.chatkeep.db.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.springframework.http.HttpStatus;
import org.yaml.snakeyaml.Yaml;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// The description of the API: what springdoc reads from the controllers, with `openapi.yaml` over it, which knows
/// the rest. It fails on whatever one of the two has and the other does not.
final class ApiDescription {

    private static final Path TEXTS = Path.of("src/test/resources/openapi.yaml");
    private static final List<Integer> REFUSED_EVERYWHERE = List.of(500, 503);
    private static final List<Integer> REFUSED_BODIES = List.of(408, 415);

    private final JsonNode generated;
    private final ObjectNode texts;

    private ApiDescription(JsonNode generated, ObjectNode texts) {
        this.generated = generated;
        this.texts = texts;
    }

    /// @param generated springdoc's
    /// @param records the records that answers are made of
    static ObjectNode of(JsonNode generated, Collection<Class<?>> records) {
        return new ApiDescription(generated, texts()).complete(records);
    }

    /// Routes that are mapped and not described.
    static List<String> leftOut() {
        return strings(texts().path("x-left-out"));
    }

    private static ObjectNode texts() {
        try {
            return Json.MAPPER.valueToTree(new Yaml().load(Files.readString(TEXTS)));
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    private ObjectNode complete(Collection<Class<?>> records) {
        ObjectNode whole = Json.MAPPER.createObjectNode();
        texts.properties().stream()
                .filter(property -> !property.getKey().startsWith("x-"))
                .forEach(property -> whole.set(property.getKey(), property.getValue()));
        whole.set("paths", paths());
        ObjectNode components = (ObjectNode) whole.path("components");
        components.set("schemas", schemas(records));
        components
                .path("responses")
                .forEach(response -> ((ObjectNode) response)
                        .putObject("content")
                        .putObject("application/problem+json")
                        .putObject("schema")
                        .put("$ref", "#/components/schemas/Problem"));
        dropWhatNothingRefersTo(whole);
        return whole;
    }

    private ObjectNode paths() {
        List<String> leftOut = leftOut();
        List<String> byHand = strings(texts.path("x-by-hand"));
        var expected = new TreeSet<>(generated.path("paths").propertyNames());
        expected.removeAll(leftOut);
        expected.addAll(byHand);
        assertThat(new TreeSet<>(texts.path("paths").propertyNames()))
                .as("paths in openapi.yaml, against the controllers'")
                .isEqualTo(expected);
        ObjectNode paths = Json.MAPPER.createObjectNode();
        for (Map.Entry<String, JsonNode> path : texts.path("paths").properties()) {
            JsonNode seen = generated.path("paths").path(path.getKey());
            if (!byHand.contains(path.getKey())) {
                assertThat(new TreeSet<>(path.getValue().propertyNames()))
                        .as("methods of %s in openapi.yaml, against the controllers'", path.getKey())
                        .isEqualTo(new TreeSet<>(seen.propertyNames()));
            }
            ObjectNode described = paths.putObject(path.getKey());
            path.getValue()
                    .properties()
                    .forEach(method -> described.set(
                            method.getKey(), operation(path.getKey(), seen.path(method.getKey()), method.getValue())));
        }
        return paths;
    }

    private ObjectNode operation(String path, JsonNode seen, JsonNode text) {
        ObjectNode operation = text.deepCopy().asObject();
        assertThat(operation.path("summary").isString())
                .as("summary of " + path)
                .isTrue();
        ArrayNode parameters = parameters(path, seen.path("parameters"), operation.path("parameters"));
        operation.remove(List.of("parameters", "responses", "x-refuses"));
        if (!parameters.isEmpty()) {
            operation.set("parameters", parameters);
        }
        boolean signedIn = !text.has("security");
        ObjectNode responses = operation.putObject("responses");
        text.path("responses")
                .properties()
                .forEach(answer -> responses.set(
                        answer.getKey(), over(seen.path("responses").path(answer.getKey()), answer.getValue())));
        var refusals = new TreeMap<Integer, String>();
        REFUSED_EVERYWHERE.forEach(status -> refusals.put(status, ""));
        if (signedIn) {
            refusals.put(401, "");
        }
        if (!strings(texts.path("x-lenient")).contains(path)) {
            refusals.put(400, "`invalid_field`");
        }
        if (text.has("requestBody")) {
            REFUSED_BODIES.forEach(status -> refusals.put(status, ""));
        }
        text.path("x-refuses")
                .properties()
                .forEach(refusal -> refusals.put(
                        Integer.valueOf(refusal.getKey()), refusal.getValue().stringValue()));
        refusals.forEach((status, codes) -> refuse(responses, status, codes));
        return operation;
    }

    private static void refuse(ObjectNode responses, int status, String codes) {
        String key = Integer.toString(status);
        if (responses.has(key)) {
            return;
        }
        String name = HttpStatus.valueOf(status).getReasonPhrase().replace(" ", "");
        ObjectNode refusal = responses.putObject(key).put("$ref", "#/components/responses/" + name);
        if (!codes.isEmpty()) {
            refusal.put("description", codes);
        }
    }

    private ArrayNode parameters(String path, JsonNode seen, JsonNode own) {
        ArrayNode parameters = Json.MAPPER.createArrayNode();
        var unknown = new TreeSet<>(own.propertyNames());
        for (JsonNode parameter : seen) {
            String name = parameter.path("name").stringValue();
            unknown.remove(name);
            JsonNode text = over(texts.path("x-parameters").path(name), own.path(name));
            assertThat(text.path("description").isString())
                    .as("description of parameter %s of %s", name, path)
                    .isTrue();
            ObjectNode described = over(parameter, text).asObject();
            parameters.add(
                    described.put("required", described.path("in").stringValue().equals("path")));
        }
        assertThat(unknown).as("parameters of %s that it does not take", path).isEmpty();
        return parameters;
    }

    private ObjectNode schemas(Collection<Class<?>> records) {
        JsonNode own = texts.path("components").path("schemas");
        JsonNode seen = generated.path("components").path("schemas");
        var schemas = new TreeMap<String, JsonNode>();
        seen.properties().forEach(schema -> schemas.put(schema.getKey(), schema.getValue()));
        for (Map.Entry<String, JsonNode> schema : own.properties()) {
            if (seen.has(schema.getKey())) {
                assertThat(seen.path(schema.getKey()).path("properties").propertyNames())
                        .as("fields of " + schema.getKey())
                        .containsAll(schema.getValue().path("properties").propertyNames());
            }
            schemas.put(schema.getKey(), over(seen.path(schema.getKey()), schema.getValue()));
        }
        for (Class<?> record : records) {
            JsonNode schema = schemas.get(record.getSimpleName());
            assertThat(schema).as("schema of " + record).isNotNull();
            AnswerRecords.mark(record, schema.asObject(), own.path(record.getSimpleName()));
        }
        ObjectNode sorted = Json.MAPPER.createObjectNode();
        sorted.setAll(schemas);
        sorted.findParents("x-json").forEach(schema -> ((ObjectNode) schema).remove("x-json"));
        return sorted;
    }

    /// springdoc describes what it meets on the way too: exceptions, the object behind a query.
    private static void dropWhatNothingRefersTo(ObjectNode whole) {
        ObjectNode schemas = (ObjectNode) whole.path("components").path("schemas");
        var unused = new TreeSet<String>();
        do {
            unused.clear();
            String text = whole.toString();
            schemas.propertyNames().stream()
                    .filter(name -> !text.contains("\"#/components/schemas/" + name + "\""))
                    .forEach(unused::add);
            schemas.remove(unused);
        } while (!unused.isEmpty());
    }

    /// `base` with `top` over it, member by member. What says its own type, or refers to another schema, stands
    /// alone.
    private static JsonNode over(JsonNode base, JsonNode top) {
        if (top.isMissingNode()) {
            return base;
        }
        boolean standsAlone =
                top.path("type").isString() || top.path("type").isArray() || top.has("$ref") || top.has("x-json");
        if (!base.isObject() || !top.isObject() || standsAlone) {
            return top.deepCopy();
        }
        ObjectNode merged = base.deepCopy().asObject();
        for (Map.Entry<String, JsonNode> member : top.properties()) {
            boolean isContent = member.getKey().equals("content");
            merged.set(
                    member.getKey(),
                    isContent ? member.getValue() : over(base.path(member.getKey()), member.getValue()));
        }
        return merged;
    }

    private static List<String> strings(JsonNode list) {
        return list.valueStream().map(JsonNode::stringValue).toList();
    }
}
