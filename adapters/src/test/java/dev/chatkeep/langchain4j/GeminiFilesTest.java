package dev.chatkeep.langchain4j;

import static dev.chatkeep.langchain4j.Provider.GEMINI;
import static org.assertj.core.api.Assertions.assertThat;

import dev.chatkeep.run.FinishReason;
import dev.chatkeep.run.ModelEvent.File;
import dev.chatkeep.run.ModelEvent.Finish;
import dev.chatkeep.run.ModelEvent.ReasoningDelta;
import dev.chatkeep.run.ModelEvent.ReasoningEnd;
import dev.chatkeep.run.ModelEvent.TextDelta;
import dev.chatkeep.run.ModelEvent.ToolInput;
import dev.chatkeep.run.ModelEvent.Usage;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Pictures and other bytes that Gemini says.
class GeminiFilesTest {

    private static Asked play(String parts) throws IOException {
        return Asked.play(
                GEMINI,
                "data: {\"candidates\":[{\"content\":{\"parts\":[" + parts + "]},\"finishReason\":\"STOP\"}]}\n\n");
    }

    @Test
    void aPictureStandsWhereItWasSaid() throws IOException {
        Asked asked = play("{\"text\":\"hm\",\"thought\":true},"
                + "{\"inlineData\":{\"mimeType\":\"image/png\",\"data\":\"iVBORw0KGgo=\"}},{\"text\":\"There.\"}");

        assertThat(asked.events())
                .containsExactly(
                        new ReasoningDelta("hm"),
                        new ReasoningEnd(null),
                        new File("image/png", "data:image/png;base64,iVBORw0KGgo="),
                        new TextDelta("There."),
                        new Finish(FinishReason.STOP, Usage.NONE));
    }

    @Test
    void aPictureAloneIsAnAnswer() throws IOException {
        Asked asked = play("{\"inlineData\":{\"mimeType\":\"image/jpeg\",\"data\":\"/9j_-A\"}}");

        assertThat(asked.failure()).isNull();
        assertThat(asked.files()).containsExactly(new File("image/jpeg", "data:image/jpeg;base64,/9j/+A"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            application/x-unheard-of | application/x-unheard-of
            audio/L16; rate=24000    | audio/L16;rate=24000
            image/svg+xml            | image/svg+xml
                                     | application/octet-stream
            image                    | application/octet-stream
            text/html,<script>       | application/octet-stream
            """)
    void bytesOfAnyKindAreKept(String given, String mediaType) throws IOException {
        String field = given == null ? "" : "\"mimeType\":\"" + given + "\",";
        Asked asked = play("{\"inlineData\":{" + field + "\"data\":\"AAAA\"}}");

        assertThat(asked.files()).containsExactly(new File(mediaType, "data:" + mediaType + ";base64,AAAA"));
    }

    @Test
    void aFileByItsAddressIsKeptWhereAPageMayGoThere() throws IOException {
        Asked asked = play("{\"fileData\":{\"mimeType\":\"image/png\",\"fileUri\":\"https://example.com/a\"}},"
                + "{\"fileData\":{\"mimeType\":\"image/png\",\"fileUri\":\"gs://bucket/a\"}}");

        assertThat(asked.failure()).isNull();
        assertThat(asked.files()).containsExactly(new File("image/png", "https://example.com/a"));
    }

    @Test
    void argumentsMayBeText() throws IOException {
        Asked asked = play("{\"functionCall\":{\"id\":\"a\",\"name\":\"w\",\"args\":\"{\\\"c\\\":1}\"}}");

        assertThat(asked.calls()).containsExactly(new ToolInput("a", "w", "{\"c\":1}"));
    }
}
