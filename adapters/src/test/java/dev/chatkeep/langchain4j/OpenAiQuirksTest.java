package dev.chatkeep.langchain4j;

import static dev.chatkeep.langchain4j.Provider.OPENAI;
import static org.assertj.core.api.Assertions.assertThat;

import dev.chatkeep.run.FinishReason;
import dev.chatkeep.run.GenerationException.Kind;
import dev.chatkeep.run.ModelEvent.File;
import dev.chatkeep.run.ModelEvent.ReasoningDelta;
import dev.chatkeep.run.ModelEvent.TextDelta;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What servers that are compatible with OpenAI's say in their own way.
class OpenAiQuirksTest {

    private static String delta(String delta) {
        return "data: {\"choices\":[{\"delta\":" + delta + "}]}\n\n";
    }

    private static Asked play(String frames) throws IOException {
        return Asked.play(
                OPENAI, frames + "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"reasoning_content\":\"hm\"}",
                "{\"reasoning\":\"hm\"}",
                "{\"reasoning_text\":\"hm\"}",
                "{\"thinking\":\"hm\"}",
                "{\"reasoning\":\"hm\",\"reasoning_content\":\"hm\"}",
                "{\"reasoning\":null,\"reasoning_details\":[{\"type\":\"reasoning.text\",\"text\":\"hm\"}]}",
                "{\"reasoning_details\":[{\"type\":\"reasoning.summary\",\"summary\":\"hm\"},{\"type\":\"reasoning.encrypted\",\"data\":\"x\"}]}",
                "{\"reasoning\":\"hm\",\"reasoning_details\":[{\"type\":\"reasoning.text\",\"text\":\"hm\"}]}",
                "{\"content\":[{\"type\":\"thinking\",\"thinking\":\"hm\"}]}"
            })
    void reasoningHasManyNamesAndIsSaidOnce(String delta) throws IOException {
        assertThat(play(delta(delta)).events())
                .filteredOn(ReasoningDelta.class::isInstance)
                .containsExactly(new ReasoningDelta("hm"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"content\":\"Hi\"}",
                "{\"content\":[{\"type\":\"text\",\"text\":\"Hi\"}]}",
                "{\"content\":[{\"type\":\"output_text\",\"text\":\"Hi\"}]}",
                "{\"content\":{\"type\":\"text\",\"text\":\"Hi\"}}",
                "{\"content\":[\"Hi\"]}",
                "{\"content\":null,\"refusal\":\"Hi\"}",
                "{\"audio\":{\"transcript\":\"Hi\",\"data\":\"UklG\"}}"
            })
    void textHasManyForms(String delta) throws IOException {
        assertThat(play(delta(delta)).text()).isEqualTo("Hi");
    }

    @Test
    void textMayStandBesideTheDelta() throws IOException {
        assertThat(play("data: {\"choices\":[{\"text\":\"Hi\",\"delta\":null}]}\n\n")
                        .text())
                .isEqualTo("Hi");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"choices\":[],\"prompt_filter_results\":[{\"prompt_index\":0}]}",
                "{\"choices\":[{\"index\":0,\"finish_reason\":null,\"content_filter_offsets\":{\"check_offset\":44}}]}",
                "{\"choices\":null}",
                "{\"id\":\"\",\"object\":\"\",\"model\":\"\"}",
                "{}"
            })
    void framesThatSayNothingSayNothing(String frame) throws IOException {
        Asked asked = play(delta("{\"content\":\"Hi\"}") + "data: " + frame + "\n\n");

        assertThat(asked.failure()).isNull();
        assertThat(asked.events()).hasSize(2).startsWith(new TextDelta("Hi"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"\"null\"", "\"\"", "\" \"", "null", "\"None\"", "false", "{\"type\":null}"})
    void aReasonThatSaysNothingIsNone(String reason) throws IOException {
        String piece = "data: {\"choices\":[{\"delta\":{\"content\":\"Hi\"},\"finish_reason\":" + reason + "}]}\n\n";

        assertThat(Asked.play(OPENAI, piece + "data: [DONE]\n\n").failed().kind())
                .isEqualTo(Kind.BROKEN);
        assertThat(play(piece).finish().reason()).isEqualTo(FinishReason.STOP);
    }

    @ParameterizedTest
    @CsvSource({
        "STOP, STOP",
        "eos, STOP",
        "eos_token, STOP",
        "stop_sequence, STOP",
        "end_turn, STOP",
        "MAX_TOKENS, LENGTH",
        "model_length, LENGTH",
        "sensitive, CONTENT_FILTER",
        "SAFETY, CONTENT_FILTER",
        "whatever, OTHER"
    })
    void reasonsOfOtherProtocolsAreUnderstood(String word, FinishReason reason) throws IOException {
        for (String form : new String[] {"\"" + word + "\"", "{\"type\":\"" + word + "\",\"matched\":2}"}) {
            Asked asked = Asked.play(
                    OPENAI,
                    "data: {\"choices\":[{\"delta\":{\"content\":\"Hi\"},\"finish_reason\":" + form + "}]}\n\n");

            assertThat(asked.finish().reason()).isEqualTo(reason);
        }
    }

    @ParameterizedTest
    @CsvSource({"error, BROKEN", "abort, BROKEN", "network_error, BROKEN", "insufficient_system_resource, UNAVAILABLE"})
    void aReasonThatSaysThatTheAnswerIsCutIsAFailure(String word, Kind kind) throws IOException {
        Asked asked = Asked.play(
                OPENAI,
                "data: {\"choices\":[{\"delta\":{\"content\":\"Hel\"},\"finish_reason\":\"" + word
                        + "\"}]}\n\ndata: [DONE]\n\n");

        assertThat(asked.events()).containsExactly(new TextDelta("Hel"));
        assertThat(asked.failed().kind()).isEqualTo(kind);
        assertThat(asked.failed()).hasMessageContaining(word);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            {"images":[{"type":"image_url","image_url":{"url":"URL"}}]}
            {"images":[{"image_url":"URL"}]}
            {"images":[{"url":"URL"}]}
            {"content":[{"type":"image_url","image_url":{"url":"URL"}}]}
            """)
    void picturesAreFiles(String delta) throws IOException {
        String picture = "data:image/png;base64,iVBORw0KGgo=";
        assertThat(play(delta(delta.replace("URL", picture))).files()).containsExactly(new File("image/png", picture));
        assertThat(play(delta(delta.replace("URL", "https://cdn.example.com/a.JPG?x=1")))
                        .files())
                .containsExactly(new File("image/jpeg", "https://cdn.example.com/a.JPG?x=1"));
        assertThat(play(delta(delta.replace("URL", "https://cdn.example.com/a")))
                        .files())
                .containsExactly(new File("image/*", "https://cdn.example.com/a"));
    }

    /// The address goes to a page.
    @ParameterizedTest
    @ValueSource(strings = {"javascript:alert(1)", "file:///etc/passwd", "/relative.png", "vbscript:x"})
    void aPictureByAnAddressOfAnotherKindIsLeftOut(String url) throws IOException {
        Asked asked = play(delta("{\"content\":\"Hi\",\"images\":[{\"image_url\":{\"url\":\"" + url + "\"}}]}"));

        assertThat(asked.failure()).isNull();
        assertThat(asked.files()).isEmpty();
        assertThat(asked.text()).isEqualTo("Hi");
    }
}
