package dev.chatkeep.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.chatkeep.db.Json;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.Collection;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.springframework.web.method.HandlerMethod;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// The records that controllers answer with, down to the last one, and what their types say of their fields.
final class AnswerRecords {

    private final TreeMap<String, Class<?>> byName = new TreeMap<>();

    private AnswerRecords() {}

    static Collection<Class<?>> of(Collection<HandlerMethod> handlers) {
        AnswerRecords records = new AnswerRecords();
        handlers.forEach(handler -> records.add(handler.getMethod().getGenericReturnType()));
        return records.byName.values();
    }

    private void add(Type type) {
        if (type instanceof ParameterizedType generic) {
            for (Type argument : generic.getActualTypeArguments()) {
                add(argument);
            }
        } else if (type instanceof Class<?> record && record.isRecord() && record != Json.class) {
            Class<?> known = byName.put(record.getSimpleName(), record);
            assertThat(known == null || known == record)
                    .as("one schema name, two records: %s, %s", known, record)
                    .isTrue();
            if (known == null) {
                for (RecordComponent component : record.getRecordComponents()) {
                    add(component.getGenericType());
                }
            }
        }
    }

    /// Says of a record's schema that each field is there unless its type is nullable.
    ///
    /// @param text what `openapi.yaml` says of it: whoever answers raw JSON says there what it looks like
    static void mark(Class<?> record, ObjectNode schema, JsonNode text) {
        ArrayNode required = Json.MAPPER.createArrayNode();
        for (RecordComponent component : record.getRecordComponents()) {
            String name = component.getName();
            boolean isNullable = component.getAnnotatedType().isAnnotationPresent(Nullable.class);
            if (schema.path("properties").has(name) && !isNullable) {
                required.add(name);
            }
            JsonNode said = text.path("properties").path(name);
            assertThat(component.getType() != Json.class || said.has("type") || said.has("$ref") || said.has("x-json"))
                    .as("%s.%s is raw JSON: openapi.yaml says of which type", record.getSimpleName(), name)
                    .isTrue();
        }
        schema.set("required", required);
    }
}
