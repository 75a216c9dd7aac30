package dev.chatkeep.message;

import static org.assertj.core.api.Assertions.assertThat;

import dev.chatkeep.db.Json;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PartTest {

    private static Part part(String json) {
        List<Part> parts = Part.list(new Json("[" + json + "]"));
        assertThat(parts).hasSize(1);
        return parts.getFirst();
    }

    @Test
    void textIsRead() {
        assertThat(part("""
                {"type":"text","text":"hi","state":"done"}""")).isEqualTo(new Part.Text("hi"));
        assertThat(part("""
                {"type":"text","text":""}""")).isEqualTo(new Part.Text(""));
    }

    @Test
    void reasoningKeepsWhatTheProviderWantsBack() {
        assertThat(part("""
                {"type":"reasoning","text":"hm","providerMetadata":{"anthropic":{"signature":"s"}}}""")).isEqualTo(new Part.Reasoning("hm", new Json("{\"anthropic\":{\"signature\":\"s\"}}")));
        assertThat(part("""
                {"type":"reasoning","text":"hm"}""")).isEqualTo(new Part.Reasoning("hm", null));
    }

    @Test
    void aFileIsItsTypeItsUrlAndPerhapsItsName() {
        assertThat(part("""
                {"type":"file","mediaType":"image/png","url":"data:,x","filename":"x.png"}""")).isEqualTo(new Part.File("image/png", "data:,x", "x.png"));
        assertThat(part("""
                {"type":"file","mediaType":"image/png","url":"data:,x","filename":7}""")).isEqualTo(new Part.File("image/png", "data:,x", null));
    }

    @Test
    void aToolIsReadByEitherOfItsTypes() {
        assertThat(part("""
                {"type":"dynamic-tool","toolName":"sum","toolCallId":"c1","state":"output-available",
                 "input":{"a":1},"output":null}"""))
                .isEqualTo(
                        new Part.Tool("c1", "sum", "output-available", new Json("{\"a\":1}"), new Json("null"), null));
        assertThat(part("""
                {"type":"tool-get-sum","toolCallId":"c1","state":"output-error","errorText":"no"}""")).isEqualTo(new Part.Tool("c1", "get-sum", "output-error", null, null, "no"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"type\":\"step-start\"}",
                "{\"type\":\"source-url\",\"sourceId\":\"s\",\"url\":\"https://a.example/\"}",
                "{\"type\":\"data-weather\",\"id\":\"w\",\"data\":{\"n\":1.50,\"deep\":[[{}]]}}",
                "{\"type\":\"of-tomorrow\",\"text\":\"t\",\"toolCallId\":\"c\",\"state\":\"s\"}"
            })
    void aKindThatIsNotKnownIsKeptWhole(String json) {
        assertThat(part(json)).isInstanceOfSatisfying(Part.Unknown.class, unknown -> {
            assertThat(json).startsWith("{\"type\":\"" + unknown.type() + "\"");
            assertThat(unknown.json().text()).isEqualTo(json);
        });
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"type\":\"text\"}",
                "{\"type\":\"text\",\"text\":null}",
                "{\"type\":\"text\",\"text\":1}",
                "{\"type\":\"reasoning\",\"providerMetadata\":{}}",
                "{\"type\":\"file\",\"url\":\"data:,x\"}",
                "{\"type\":\"file\",\"mediaType\":\"image/png\"}",
                "{\"type\":\"dynamic-tool\",\"toolCallId\":\"c\",\"state\":\"s\"}",
                "{\"type\":\"dynamic-tool\",\"toolName\":\"n\",\"state\":\"s\"}",
                "{\"type\":\"dynamic-tool\",\"toolName\":\"n\",\"toolCallId\":\"c\"}",
                "{\"type\":\"tool-n\",\"toolCallId\":\"c\"}",
                "{\"type\":\"tool-n\",\"state\":\"s\"}",
                "{\"text\":\"no type\"}",
                "{}",
                "\"text\"",
                "null",
                "[]"
            })
    void aPartThatLacksWhatItsKindNeedsIsUnknownAndKeptWhole(String json) {
        assertThat(part(json))
                .isInstanceOfSatisfying(
                        Part.Unknown.class,
                        unknown -> assertThat(unknown.json().text()).isEqualTo(json));
    }

    @Test
    void partsKeepTheirOrderAndNoneIsLost() {
        List<Part> parts = Part.list(new Json("""
                [{"type":"text","text":"a"},{"type":"x"},{"type":"text","text":"b"},{"type":"reasoning","text":"c"}]"""));
        assertThat(parts)
                .containsExactly(
                        new Part.Text("a"),
                        new Part.Unknown("x", new Json("{\"type\":\"x\"}")),
                        new Part.Text("b"),
                        new Part.Reasoning("c", null));
        assertThat(Part.list(Json.EMPTY_ARRAY)).isEmpty();
    }
}
