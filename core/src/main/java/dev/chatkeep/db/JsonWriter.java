package dev.chatkeep.db;

import tools.jackson.core.JsonGenerator;
import tools.jackson.databind.SerializationContext;
import tools.jackson.databind.ser.std.StdSerializer;

/// Writes a [Json] by copying its bytes. Jackson would write its text character by character, which is a tenth
/// of what a page of messages costs.
public final class JsonWriter extends StdSerializer<Json> {

    public JsonWriter() {
        super(Json.class);
    }

    @Override
    public void serialize(Json json, JsonGenerator output, SerializationContext context) {
        output.writeRawValue(new RawText(json.text()));
    }
}
