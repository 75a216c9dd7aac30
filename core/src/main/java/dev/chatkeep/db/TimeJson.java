package dev.chatkeep.db;

import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import tools.jackson.core.JsonGenerator;
import tools.jackson.databind.SerializationContext;
import tools.jackson.databind.ser.std.StdSerializer;

/// Writes a time as JavaScript's `toISOString` does, always with three digits of milliseconds. A list of chats
/// is a hundred times and little else, and the JDK's formatter takes ten times as long for one.
public final class TimeJson extends StdSerializer<Instant> {

    private static final int LENGTH = "2026-11-23T10:15:30.123Z".length();
    private static final int LAST_YEAR = 9999;

    public TimeJson() {
        super(Instant.class);
    }

    @Override
    public void serialize(Instant time, JsonGenerator json, SerializationContext context) {
        OffsetDateTime utc = time.atOffset(ZoneOffset.UTC);
        if (utc.getYear() < 0 || utc.getYear() > LAST_YEAR) {
            json.writeString(time.toString());
            return;
        }
        char[] text = new char[LENGTH];
        put(text, 0, 4, utc.getYear(), '-');
        put(text, 5, 2, utc.getMonthValue(), '-');
        put(text, 8, 2, utc.getDayOfMonth(), 'T');
        put(text, 11, 2, utc.getHour(), ':');
        put(text, 14, 2, utc.getMinute(), ':');
        put(text, 17, 2, utc.getSecond(), '.');
        put(text, 20, 3, utc.getNano() / 1_000_000, 'Z');
        json.writeString(text, 0, LENGTH);
    }

    private static void put(char[] text, int at, int digits, int number, char end) {
        int rest = number;
        for (int i = at + digits - 1; i >= at; i--) {
            text[i] = (char) ('0' + rest % 10);
            rest /= 10;
        }
        text[at + digits] = end;
    }
}
