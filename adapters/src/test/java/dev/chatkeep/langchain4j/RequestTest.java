package dev.chatkeep.langchain4j;

import static dev.chatkeep.langchain4j.Asked.ask;
import static dev.chatkeep.langchain4j.Asked.assistant;
import static dev.chatkeep.langchain4j.Asked.called;
import static dev.chatkeep.langchain4j.Asked.prompt;
import static dev.chatkeep.langchain4j.Asked.stepStart;
import static dev.chatkeep.langchain4j.Asked.text;
import static dev.chatkeep.langchain4j.Asked.user;
import static dev.chatkeep.langchain4j.Provider.ANTHROPIC;
import static dev.chatkeep.langchain4j.Provider.GEMINI;
import static dev.chatkeep.langchain4j.Provider.OLLAMA;
import static dev.chatkeep.langchain4j.Provider.OPENAI;
import static org.assertj.core.api.Assertions.assertThat;

import dev.chatkeep.db.Json;
import dev.chatkeep.langchain4j.ScriptedProvider.Request;
import dev.chatkeep.message.Part;
import dev.chatkeep.message.Role;
import dev.chatkeep.run.Prompt;
import dev.chatkeep.run.ReasoningEffort;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.databind.JsonNode;

/// What providers are sent.
class RequestTest {

    static Request request(Provider provider, Prompt prompt) throws IOException {
        Wires wires = Wires.of(provider);
        try (ScriptedProvider server = new ScriptedProvider(exchange -> {
            exchange.ok();
            exchange.send(wires.open() + wires.text() + wires.end());
            exchange.end();
        })) {
            assertThat(ask(provider, server, prompt).failure()).isNull();
            return server.requests.getFirst();
        }
    }

    /// The messages, of whatever name, with what only fills the protocol left out.
    static String messages(Provider provider, Prompt prompt) throws IOException {
        JsonNode json = request(provider, prompt).json();
        return json.path(provider == GEMINI ? "contents" : "messages").toString();
    }

    @Nested
    class Basics {

        private final Prompt prompt = new Prompt("Be brief.", List.of(user(text("Hi"))), null);

        @Test
        void openAiIsAskedForItsUsage() throws IOException {
            Request request = request(OPENAI, prompt);

            assertThat(request.head())
                    .startsWith("POST /chat/completions HTTP/1.1")
                    .containsIgnoringCase("authorization: Bearer " + Asked.KEY);
            assertThat(request.json().toString())
                    .contains("\"model\":\"a-model\"", "\"stream\":true", "\"include_usage\":true")
                    .doesNotContain("reasoning_effort", "max_tokens");
            assertThat(messages(OPENAI, prompt))
                    .isEqualTo(
                            "[{\"role\":\"system\",\"content\":\"Be brief.\"},{\"role\":\"user\",\"content\":\"Hi\"}]");
        }

        @Test
        void anthropicIsGivenALimitAndNoThinking() throws IOException {
            Request request = request(ANTHROPIC, prompt);

            assertThat(request.head())
                    .startsWith("POST /messages HTTP/1.1")
                    .containsIgnoringCase("x-api-key: " + Asked.KEY);
            assertThat(request.json().path("max_tokens").intValue()).isEqualTo(8192);
            assertThat(request.json().path("system").toString()).contains("Be brief.");
            assertThat(request.json().has("thinking")).isFalse();
        }

        @Test
        void geminiIsGivenTheKeyInAHeaderNotInTheUrl() throws IOException {
            Request request = request(GEMINI, prompt);

            assertThat(request.head())
                    .startsWith("POST /models/a-model:streamGenerateContent?alt=sse HTTP/1.1")
                    .containsIgnoringCase("x-goog-api-key: " + Asked.KEY);
            assertThat(request.json().path("systemInstruction").toString()).contains("Be brief.");
            assertThat(request.body()).doesNotContain("thinkingConfig");
        }

        @Test
        void ollamaIsGivenTheKeyAsBearer() throws IOException {
            Request request = request(OLLAMA, prompt);

            assertThat(request.head())
                    .startsWith("POST /api/chat HTTP/1.1")
                    .containsIgnoringCase("authorization: Bearer " + Asked.KEY);
            assertThat(request.json().has("think")).isFalse();
        }

        @Test
        void anEffortIsPassedOnInTheProvidersTerms() throws IOException {
            Prompt hard = prompt(ReasoningEffort.MEDIUM, user(text("Hi")));

            assertThat(request(OPENAI, hard).json().path("reasoning_effort").stringValue())
                    .isEqualTo("medium");
            JsonNode anthropic = request(ANTHROPIC, hard).json();
            assertThat(anthropic.path("thinking").toString())
                    .isEqualTo("{\"type\":\"enabled\",\"budget_tokens\":8192}");
            assertThat(anthropic.path("max_tokens").intValue()).isEqualTo(8192 + 8192);
            assertThat(request(GEMINI, hard)
                            .json()
                            .path("generationConfig")
                            .path("thinkingConfig")
                            .toString())
                    .isEqualTo("{\"includeThoughts\":true,\"thinkingBudget\":8192}");
            assertThat(request(OLLAMA, hard).json().path("think").booleanValue())
                    .isTrue();
        }
    }

    @Nested
    class Steps {

        private static Part reasoning(String text, String metadata) {
            return new Part.Reasoning(text, new Json(metadata));
        }

        private final Prompt twoSteps = prompt(
                user(text("Weather?")),
                assistant(
                        stepStart(),
                        text("Looking."),
                        called("c1", "weather", "{\"city\":\"Rome\"}", "{\"t\":20}"),
                        called("c2", "time", "{}", "\"noon\""),
                        stepStart(),
                        text("20 degrees.")),
                user(text("Thanks")));

        @Test
        void openAiSeesTheResultsBetweenTheSteps() throws IOException {
            JsonNode messages = Json.MAPPER.readTree(messages(OPENAI, twoSteps));

            assertThat(messages.valueStream().map(m -> m.path("role").stringValue()))
                    .containsExactly("user", "assistant", "tool", "tool", "assistant", "user");
            assertThat(messages.get(1)
                            .path("tool_calls")
                            .get(0)
                            .path("function")
                            .toString())
                    .isEqualTo("{\"name\":\"weather\",\"arguments\":\"{\\\"city\\\":\\\"Rome\\\"}\"}");
            assertThat(messages.get(2).toString()).contains("\"tool_call_id\":\"c1\"", "{\\\"t\\\":20}");
            assertThat(messages.get(3).toString()).contains("\"tool_call_id\":\"c2\"", "\"content\":\"noon\"");
        }

        @Test
        void anthropicSeesTheResultsBetweenTheStepsAndTheToolsItCalled() throws IOException {
            JsonNode request = request(ANTHROPIC, twoSteps).json();

            assertThat(request.path("messages")
                            .valueStream()
                            .map(m -> m.path("role").stringValue()))
                    .containsExactly("user", "assistant", "user", "assistant", "user");
            assertThat(request.path("messages").get(1).toString())
                    .contains("\"type\":\"tool_use\",\"id\":\"c1\",\"name\":\"weather\",\"input\":{\"city\":\"Rome\"}");
            assertThat(request.path("messages").get(2).toString())
                    .contains("\"tool_use_id\":\"c1\"", "\"tool_use_id\":\"c2\"");
            assertThat(request.path("tools")
                            .valueStream()
                            .map(t -> t.path("name").stringValue()))
                    .containsExactly("weather", "time");
            assertThat(request.path("tool_choice").toString()).contains("none");
        }

        @Test
        void geminiAndOllamaSeeTheResultsToo() throws IOException {
            assertThat(messages(GEMINI, twoSteps))
                    .contains("\"functionCall\":{\"id\":\"c1\",\"name\":\"weather\",\"args\":{\"city\":\"Rome\"}}")
                    .contains("\"functionResponse\":{\"id\":\"c1\",\"name\":\"weather\"");
            assertThat(messages(OLLAMA, twoSteps))
                    .contains("\"name\":\"weather\",\"arguments\":{\"city\":\"Rome\"}", "\"role\":\"tool\"", "noon");
        }

        @ParameterizedTest
        @EnumSource
        void aCallWithoutAResultIsAnsweredAllTheSame(Provider provider) throws IOException {
            String messages = messages(
                    provider,
                    prompt(
                            user(text("Weather?")),
                            assistant(
                                    new Part.Tool("c1", "w", "input-available", new Json("{}"), null, null),
                                    new Part.Tool("c2", "w", "input-streaming", null, null, null),
                                    new Part.Tool("c3", "w", "output-error", new Json("[1]"), null, "no such city"),
                                    new Part.Tool(
                                            "c4",
                                            "w",
                                            "output-available",
                                            new Json("\"{bad\""),
                                            new Json("\"\""),
                                            null)),
                            user(text("And?"))));

            assertThat(messages.split("no result", -1)).hasSize(3);
            assertThat(messages).contains("no such city", "(empty)");
        }

        @Test
        void errorsAreMarkedForAnthropic() throws IOException {
            String messages = messages(
                    ANTHROPIC,
                    prompt(
                            user(text("Hi")),
                            assistant(new Part.Tool("a.b:0", "w", "output-error", null, null, "bad")),
                            user(text("And?"))));

            assertThat(messages).contains("\"tool_use_id\":\"a_b_0\"", "\"id\":\"a_b_0\"", "\"is_error\":true");
        }

        @ParameterizedTest
        @EnumSource
        void emptyMessagesAreLeftOutAndTheSameRoleMayRepeat(Provider provider) throws IOException {
            JsonNode messages = Json.MAPPER.readTree(messages(
                    provider,
                    prompt(
                            user(text("One")),
                            user(text("Two")),
                            assistant(stepStart(), text("")),
                            assistant(new Part.Reasoning("unsigned", null)),
                            user(new Part.Unknown("data-x", new Json("{\"type\":\"data-x\"}"))),
                            user(text("Three")))));

            assertThat(messages.size()).isEqualTo(3);
        }

        @ParameterizedTest
        @EnumSource
        void aWindowThatBeginsWithAnAnswerIsGivenAQuestion(Provider provider) throws IOException {
            JsonNode messages =
                    Json.MAPPER.readTree(messages(provider, prompt(assistant(text("Yes.")), user(text("Why?")))));

            assertThat(messages.get(0).path("role").stringValue()).isEqualTo("user");
            assertThat(messages.size()).isEqualTo(3);
        }

        @Test
        void textAfterAToolBeginsAStepEvenWithoutAMark() throws IOException {
            JsonNode messages = Json.MAPPER.readTree(messages(
                    OPENAI, prompt(user(text("Hi")), assistant(called("c1", "w", "{}", "1"), text("So.")))));

            assertThat(messages.valueStream().map(m -> m.path("role").stringValue()))
                    .containsExactly("user", "assistant", "tool", "assistant");
        }

        @Test
        void systemTurnsAreKept() throws IOException {
            assertThat(messages(
                            OPENAI, prompt(user(text("Hi")), new Prompt.Turn(Role.SYSTEM, List.of(text("Be kind."))))))
                    .contains("{\"role\":\"system\",\"content\":\"Be kind.\"}");
        }

        @Test
        void interleavedThinkingGoesBackToAnthropicBlockByBlock() throws IOException {
            JsonNode messages = Json.MAPPER.readTree(messages(
                    ANTHROPIC,
                    prompt(
                            user(text("Hi")),
                            assistant(
                                    stepStart(),
                                    reasoning("T1", "{\"anthropic\":{\"signature\":\"SIG-1\"}}"),
                                    text("Hello"),
                                    reasoning("T2", "{\"anthropic\":{\"signature\":\"SIG-2\"}}"),
                                    reasoning("", "{\"anthropic\":{\"redactedData\":\"HIDDEN\"}}"),
                                    reasoning("not Anthropic's", "{\"google\":{\"thoughtSignature\":\"X\"}}"),
                                    called("c1", "w", "{}", "1")))));

            List<String> blocks = messages.valueStream()
                    .filter(m -> m.path("role").stringValue().equals("assistant"))
                    .flatMap(m -> m.path("content").valueStream())
                    .map(JsonNode::toString)
                    .toList();
            assertThat(blocks).hasSize(5);
            assertThat(blocks.get(0)).contains("\"thinking\":\"T1\"", "\"signature\":\"SIG-1\"");
            assertThat(blocks.get(1)).contains("Hello");
            assertThat(blocks.get(2)).contains("\"thinking\":\"T2\"", "\"signature\":\"SIG-2\"");
            assertThat(blocks.get(3)).contains("redacted_thinking", "HIDDEN");
            assertThat(blocks.get(4)).contains("tool_use");
        }

        @Test
        void geminisSignatureGoesBackOnTheFirstCallOfItsStep() throws IOException {
            String messages = messages(
                    GEMINI,
                    prompt(
                            user(text("Hi")),
                            assistant(
                                    stepStart(),
                                    reasoning("hm", "{\"google\":{\"thoughtSignature\":\"SIG-1\"}}"),
                                    called("c1", "w", "{}", "1"),
                                    called("c2", "w", "{}", "2"),
                                    stepStart(),
                                    reasoning("", "{\"google\":{\"thoughtSignature\":\"SIG-2\"}}"),
                                    called("c3", "w", "{}", "3"))));

            assertThat(messages.split("thoughtSignature", -1)).hasSize(3);
            assertThat(messages)
                    .containsSubsequence("\"c1\"", "SIG-1", "\"c2\"", "\"c3\"", "SIG-2")
                    .doesNotContain("hm");
        }

        @ParameterizedTest
        @EnumSource(names = {"OPENAI", "OLLAMA"})
        void reasoningIsNotSentBackWhereItIsNotSigned(Provider provider) throws IOException {
            assertThat(messages(
                            provider,
                            prompt(
                                    user(text("Hi")),
                                    assistant(new Part.Reasoning("secret thoughts", null), text("Hello")),
                                    user(text("And?")))))
                    .doesNotContain("secret thoughts");
        }

        @ParameterizedTest
        @EnumSource
        void aFileThatTheModelMadeIsMentioned(Provider provider) throws IOException {
            String messages = messages(
                    provider,
                    prompt(
                            user(text("Draw a cat")),
                            assistant(stepStart(), new Part.File("image/png", "data:image/png;base64,iVBO", null)),
                            user(text("Bluer"))));

            assertThat(Json.MAPPER.readTree(messages).size()).isEqualTo(3);
            assertThat(messages)
                    .contains("(A file of type image/png that is not shown to you again.)")
                    .doesNotContain("iVBO");
        }
    }
}
