package dev.chatkeep.langchain4j;

import static dev.chatkeep.langchain4j.Asked.prompt;
import static dev.chatkeep.langchain4j.Asked.text;
import static dev.chatkeep.langchain4j.Asked.user;
import static dev.chatkeep.langchain4j.Provider.ANTHROPIC;
import static dev.chatkeep.langchain4j.Provider.GEMINI;
import static dev.chatkeep.langchain4j.Provider.OLLAMA;
import static dev.chatkeep.langchain4j.Provider.OPENAI;
import static dev.chatkeep.langchain4j.RequestTest.messages;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_16BE;
import static java.nio.charset.StandardCharsets.UTF_16LE;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.chatkeep.db.Json;
import dev.chatkeep.message.Part;
import dev.chatkeep.run.Prompt;
import java.io.IOException;
import java.util.Base64;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/// The files that a model is shown.
class FilesTest {

    private static final String PNG = "iVBORw0KGgo=";
    private static final String PDF = "JVBERg==";

    private static Part file(String type, String url, @Nullable String name) {
        return new Part.File(type, url, name);
    }

    private static Prompt shown(String type, String url) {
        return shown(type, url, "a file");
    }

    private static Prompt shown(String type, String url, @Nullable String name) {
        return prompt(user(text("Look"), file(type, url, name)));
    }

    private static String base64(String text, java.nio.charset.Charset charset) {
        return Base64.getEncoder().encodeToString(text.getBytes(charset));
    }

    @Nested
    class OfEachKind {

        @Test
        void imagesGoAsBytes() throws IOException {
            Prompt image = shown("image/png", "data:image/png;base64," + PNG);

            assertThat(messages(OPENAI, image))
                    .contains("\"url\":\"data:image/png;base64," + PNG + "\"", "\"detail\":\"auto\"");
            assertThat(messages(ANTHROPIC, image))
                    .contains("\"type\":\"base64\"", "\"media_type\":\"image/png\"", "\"data\":\"" + PNG + "\"");
            assertThat(messages(GEMINI, image)).contains("\"mimeType\":\"image/png\"", "\"data\":\"" + PNG + "\"");
            assertThat(messages(OLLAMA, image)).contains("\"images\":[\"" + PNG + "\"]", "Look");
        }

        @Test
        void aPdfGoesAsBytesWhereItIsTaken() throws IOException {
            Prompt pdf = shown("application/pdf", "data:application/pdf;base64," + PDF);

            assertThat(messages(OPENAI, pdf)).contains("data:application/pdf;base64," + PDF);
            assertThat(messages(ANTHROPIC, pdf)).contains("\"type\":\"document\"", PDF);
            assertThat(messages(GEMINI, pdf)).contains("application/pdf", PDF);
            assertThat(messages(OLLAMA, pdf)).contains("was not shown").doesNotContain(PDF);
        }

        @Test
        void soundGoesAsBytesWhereItIsTaken() throws IOException {
            Prompt mp3 = shown("audio/mpeg", "data:audio/mpeg;base64,SUQz");

            assertThat(messages(OPENAI, mp3)).contains("\"format\":\"mp3\"", "SUQz");
            assertThat(messages(GEMINI, mp3)).contains("audio/mpeg", "SUQz");
            assertThat(messages(ANTHROPIC, mp3)).contains("was not shown").doesNotContain("SUQz");
            assertThat(messages(OLLAMA, mp3)).contains("was not shown").doesNotContain("SUQz");
        }

        @ParameterizedTest
        @EnumSource
        void aTextIsShownAsText(Provider provider) throws IOException {
            assertThat(messages(provider, shown("text/plain", "data:text/plain;base64,R3LDvMOfZQ==")))
                    .contains("Grüße");
            assertThat(messages(provider, shown("text/csv", "data:,a%2Cb+c"))).contains("a,b+c");
        }

        @ParameterizedTest
        @EnumSource
        void aUrlIsNeitherFetchedNorPassedOn(Provider provider) throws IOException {
            try (ScriptedProvider trap = ScriptedProvider.data()) {
                String messages = messages(
                        provider,
                        prompt(user(
                                text("Look"),
                                file("image/png", trap.url() + "/cat.png", "cat.png"),
                                file("application/pdf", trap.url() + "/a.pdf", null),
                                file("image/png", "file:///etc/hostname", "host"))));

                assertThat(messages)
                        .contains("(The file cat.png of type image/png was not shown to you.)")
                        .doesNotContain(trap.url(), "file:///");
                assertThat(trap.connections).hasValue(0);
            }
        }

        @ParameterizedTest
        @EnumSource
        void brokenOrUnknownBytesAreNotShown(Provider provider) throws IOException {
            assertThat(messages(provider, shown("image/png", "data:image/png;base64,@")))
                    .contains("was not shown");
            assertThat(messages(provider, shown("image/svg+xml", "data:image/svg+xml,<svg/>")))
                    .contains("was not shown");
        }
    }

    @Nested
    class TheType {

        @ParameterizedTest
        @CsvSource(
                nullValues = "-",
                value = {
                    "image/jpg, image/jpg, -",
                    "image/pjpeg, image/pjpeg, -",
                    "IMAGE/JPEG, Image/JPEG, -",
                    "image/jpeg, application/octet-stream, -",
                    "image/jpeg, binary/octet-stream, -",
                    "image/jpg, '', -",
                    "image/jpeg, image/*, -",
                    "application/octet-stream, application/octet-stream, photo.JPG",
                    "application/octet-stream, '', photo.jpeg",
                    "image/*, '', photo.jfif",
                    "nonsense, nonsense, a.b.jpg",
                    "application/octet-stream, image/jpeg, photo.png"
                })
        void ofAPictureIsTheUrlsThenThePartsThenTheNames(String ofPart, String ofUrl, @Nullable String name)
                throws IOException {
            String messages = messages(OPENAI, shown(ofPart, "data:" + ofUrl + ";base64," + PNG, name));

            assertThat(messages).contains("\"url\":\"data:image/jpeg;base64," + PNG + "\"");
        }

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "data:image/png;name=a%20cat.png;base64,",
                    "data:image/png; charset=utf-8 ;BASE64,",
                    "DATA:image/png;base64,"
                })
        void mayHaveParameters(String head) throws IOException {
            assertThat(messages(GEMINI, shown("image/png", head + PNG)))
                    .contains("\"mimeType\":\"image/png\"", "\"data\":\"" + PNG + "\"");
        }

        @ParameterizedTest
        @ValueSource(strings = {"iVBORw0KGgo%3D", "iVBORw0KGgo", "iVBO Rw0K\nGgo="})
        void mayStandBeforeBase64ThatIsWrittenAnotherWay(String data) throws IOException {
            assertThat(messages(GEMINI, shown("image/png", "data:image/png;base64," + data)))
                    .contains("\"data\":\"" + PNG + "\"");
        }

        @Test
        void mayStandBeforeTheOtherAlphabetOfBase64() throws IOException {
            assertThat(messages(GEMINI, shown("image/png", "data:image/png;base64,-_8=")))
                    .contains("\"data\":\"+/8=\"");
        }

        @Test
        void thatNobodyKnowsIsNotShown() throws IOException {
            assertThat(messages(OPENAI, shown("application/octet-stream", "data:;base64,AAAA", "data.bin")))
                    .contains("(The file data.bin of type application/octet-stream was not shown to you.)");
        }

        @Test
        void ofATextMayBeTheNames() throws IOException {
            assertThat(messages(
                            OPENAI,
                            shown("application/octet-stream", "data:application/octet-stream,a%20b", "notes.md")))
                    .contains("The file notes.md:\\na b");
        }
    }

    @Nested
    class Text {

        private static String shownAs(String head, byte[] bytes) throws IOException {
            return messages(
                    OPENAI,
                    shown(
                            "text/plain",
                            "data:" + head + ";base64," + Base64.getEncoder().encodeToString(bytes)));
        }

        @ParameterizedTest
        @ValueSource(strings = {"iso-8859-1", "ISO-8859-1", "latin1", "windows-1252", "\"iso-8859-1\""})
        void ofOneByteALetterIsDecoded(String charset) throws IOException {
            assertThat(shownAs("text/plain;charset=" + charset, "Grüße".getBytes(ISO_8859_1)))
                    .contains("Grüße");
        }

        @Test
        void ofTwoBytesALetterIsDecodedInEitherOrder() throws IOException {
            assertThat(shownAs("text/plain;charset=utf-16", "Grüße".getBytes(UTF_16BE)))
                    .contains("\\nGrüße\"");
            assertThat(shownAs("text/plain;charset=utf-16", "Grüße".getBytes(UTF_16LE)))
                    .contains("\\nGrüße\"");
            assertThat(shownAs("text/plain;charset=utf-16", "\uFEFFGrüße".getBytes(UTF_16LE)))
                    .contains("\\nGrüße\"");
            assertThat(shownAs("text/plain;charset=utf-16le", "Grüße".getBytes(UTF_16LE)))
                    .contains("\\nGrüße\"");
            assertThat(shownAs("text/plain", "\uFEFFGrüße".getBytes(UTF_16BE))).contains("\\nGrüße\"");
        }

        @Test
        void behindAByteOrderMarkIsShownWithoutIt() throws IOException {
            assertThat(shownAs("text/plain", "\uFEFFGrüße".getBytes(UTF_8))).contains("\\nGrüße\"");
        }

        @Test
        void mayHaveItsCharsetInThePartsType() throws IOException {
            assertThat(messages(
                            OPENAI,
                            shown(
                                    "text/plain; charset=iso-8859-1",
                                    "data:application/octet-stream;base64," + base64("Grüße", ISO_8859_1))))
                    .contains("Grüße");
        }

        @Test
        void mayBeEscapedByteByByte() throws IOException {
            assertThat(messages(OPENAI, shown("text/plain", "data:text/plain;charset=iso-8859-1,Gr%FC%DFe%2")))
                    .contains("Grüße%2");
            assertThat(messages(OPENAI, shown("", "data:;charset=utf-8,Gr%C3%BC%C3%9Fe", null)))
                    .contains("Grüße");
        }

        @ParameterizedTest
        @ValueSource(strings = {"klingon-8", "utf 8", "!"})
        void inACharsetThatNobodyKnowsIsNotShown(String charset) throws IOException {
            assertThat(shownAs("text/plain;charset=" + charset, "abc".getBytes(UTF_8)))
                    .contains("was not shown");
        }
    }

    @Nested
    class APdf {

        private final Prompt two = prompt(user(
                text("Compare"),
                file("application/pdf", "data:application/pdf;base64," + PDF, "first \"one\".pdf"),
                file("application/pdf", "data:;base64," + PDF, null),
                file("application/pdf", "https://example.com/a.pdf", "elsewhere.pdf"),
                file("application/x-pdf", "data:application/octet-stream;base64," + PDF, "third.pdf")));

        @Test
        void keepsItsNameForOpenAi() throws IOException {
            JsonNode content =
                    Json.MAPPER.readTree(messages(OPENAI, two)).path(0).path("content");

            assertThat(content.valueStream()
                            .filter(part -> part.has("file"))
                            .map(part -> part.path("file").path("filename").stringValue()))
                    .containsExactly("first \"one\".pdf", "pdf_file", "third.pdf");
        }

        @Test
        void keepsItsNameForAnthropic() throws IOException {
            JsonNode content =
                    Json.MAPPER.readTree(messages(ANTHROPIC, two)).path(0).path("content");

            assertThat(content.valueStream()
                            .filter(part -> part.path("type").stringValue().equals("document"))
                            .map(part -> part.path("title").asString("none")))
                    .containsExactly("first \"one\".pdf", "none", "third.pdf");
        }

        @Test
        void keepsItsNameForGemini() throws IOException {
            assertThat(messages(GEMINI, two))
                    .containsSubsequence("The file first \\\"one\\\".pdf:", PDF, PDF, "The file third.pdf:", PDF);
        }
    }
}
