package dev.chatkeep.db;

import tools.jackson.core.JsonParser;
import tools.jackson.databind.DeserializationContext;
import tools.jackson.databind.deser.std.StdDeserializer;

/// Reads any value as a [Json], whatever it is.
public final class JsonReader extends StdDeserializer<Json> {

    public JsonReader() {
        super(Json.class);
    }

    @Override
    public Json deserialize(JsonParser input, DeserializationContext context) {
        return Json.of(context.readTree(input));
    }

    @Override
    public Json getNullValue(DeserializationContext context) {
        return new Json("null");
    }

    /// For a field that is not there.
    @Override
    public @org.jspecify.annotations.Nullable Object getAbsentValue(DeserializationContext context) {
        return null;
    }
}
