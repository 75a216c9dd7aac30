package dev.chatkeep.langchain4j;

import static dev.chatkeep.langchain4j.Asked.ask;
import static dev.chatkeep.langchain4j.Asked.play;
import static org.assertj.core.api.Assertions.assertThat;

import dev.chatkeep.run.GenerationException.Kind;
import java.io.IOException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Errors in the body of an answer with HTTP 200, in the forms in which providers and gateways put them.
class ReportedErrorTest {

    private static void isEverywhere(Kind kind, String error) throws IOException {
        for (Provider provider : Provider.values()) {
            Asked frame = play(provider, provider == Provider.OLLAMA ? error + "\n" : "data: " + error + "\n\n");
            Asked named = play(provider, "text/event-stream", "event: error\ndata: " + error + "\n\n");
            Asked body = play(provider, "application/json", error);

            for (Asked asked : new Asked[] {frame, named, body}) {
                assertThat(asked.events()).isEmpty();
                assertThat(asked.failed().kind()).as("%s: %s", provider, error).isEqualTo(kind);
            }
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            RATE_LIMITED | {"error":{"message":"slow down","code":"rate_limit_exceeded"}}
            RATE_LIMITED | {"error":{"message":"slow down","code":"429"}}
            RATE_LIMITED | {"error":{"message":"slow down","code":429}}
            RATE_LIMITED | {"error":{"message":"slow down","type":"rate_limit_error"}}
            RATE_LIMITED | {"error":{"message":"slow down","type":"tokens","code":"rate_limit_exceeded"}}
            RATE_LIMITED | {"error":{"message":"slow down","type":"RateLimitError","code":null}}
            RATE_LIMITED | {"error":{"message":"slow down","code":"Throttling.RateQuota"}}
            RATE_LIMITED | {"error":{"message":"slow down","code":"ThrottlingException"}}
            RATE_LIMITED | {"error":{"message":"slow down","status":"RESOURCE_EXHAUSTED"}}
            RATE_LIMITED | {"error":{"message":"slow down","code":"too_many_requests"}}
            RATE_LIMITED | {"error":{"message":"slow down","status_code":429}}
            RATE_LIMITED | {"error":{"message":"Provider returned error","metadata":{"error_type":"rate_limit_exceeded"}}}
            RATE_LIMITED | {"error":{"message":"Worker local total request limit reached (33/32)"}}
            RATE_LIMITED | {"error":"Rate limit reached for this model"}
            RATE_LIMITED | {"error":"you have reached your session usage limit, please wait"}
            RATE_LIMITED | {"error":"slow down","status":"429 Too Many Requests"}
            RATE_LIMITED | {"error":"slow down","StatusCode":429}
            RATE_LIMITED | {"error":true,"code":429,"message":"slow down"}
            RATE_LIMITED | {"error":"Error code: 429 - {'error': {'message': 'slow'}}"}
            RATE_LIMITED | {"error":{"message":"{\\"error\\":{\\"code\\":429,\\"message\\":\\"slow\\"}}"}}
            RATE_LIMITED | {"error":"{\\"error\\":{\\"code\\":\\"rate_limit_exceeded\\"}}"}
            RATE_LIMITED | {"type":"error","error":{"type":"rate_limit_error","message":"slow down"}}
            RATE_LIMITED | {"object":"error","message":"slow down","type":"RateLimitError","code":429}
            RATE_LIMITED | {"errors":[{"code":"rate_limited","message":"slow down"}],"success":false}
            RATE_LIMITED | {"base_resp":{"status_code":1002,"status_msg":"rate limit"}}
            RATE_LIMITED | {"error_code":18,"error_msg":"Open api qps request limit reached"}
            RATE_LIMITED | {"message":"API rate limit exceeded"}
            RATE_LIMITED | {"detail":"Too many requests"}
            UNAVAILABLE  | {"error":{"message":"busy","code":"overloaded_error"}}
            UNAVAILABLE  | {"error":{"message":"busy","type":"engine_overloaded_error"}}
            UNAVAILABLE  | {"error":{"message":"busy","code":"503"}}
            UNAVAILABLE  | {"error":{"message":"busy","type":"server_error"}}
            UNAVAILABLE  | {"error":{"message":"busy","type":"InternalServerError"}}
            UNAVAILABLE  | {"error":"overloaded"}
            UNAVAILABLE  | {"error":"The server is busy, please try again later"}
            TIMEOUT      | {"error":{"message":"late","code":"408"}}
            TIMEOUT      | {"error":"the model timed out"}
            UNAUTHORIZED | {"error":{"message":"no","code":"invalid_api_key"}}
            UNAUTHORIZED | {"error":{"message":"no","code":401}}
            UNAUTHORIZED | {"error":{"message":"pay","code":"insufficient_quota"}}
            UNAUTHORIZED | {"error":{"message":"Insufficient Balance","code":"unknown_error"}}
            UNAUTHORIZED | {"base_resp":{"status_code":1008,"status_msg":"insufficient balance"}}
            REFUSED      | {"error":{"message":"too long","type":"invalid_request_error","code":"context_length_exceeded"}}
            REFUSED      | {"error":{"message":"no","code":"tool_use_failed","type":"invalid_request_error"}}
            REFUSED      | {"error":{"message":"no","code":404}}
            REFUSED      | {"object":"error","message":"no","type":"BadRequestError","param":null,"code":400}
            BROKEN       | {"error":{"message":"CUDA error","code":1234}}
            UNAUTHORIZED | {"error":{"message":"upstream said {\\"error\\":{\\"type\\":\\"permission_error\\"}}"}}
            BROKEN       | {"error":"out of memory"}
            """)
    void isReportedAsItsKindWhetherFrameOrBody(Kind kind, String error) throws IOException {
        isEverywhere(kind, error);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            RATE_LIMITED | Rate limit exceeded
            RATE_LIMITED | {'error': 'rate_limit_exceeded'}
            RATE_LIMITED | "429 Too Many Requests, rate limit"
            UNAVAILABLE  | [ERROR] service unavailable
            BROKEN       | Something else
            """)
    void mayBeJustWords(Kind kind, String words) throws IOException {
        for (Provider provider : Provider.values()) {
            for (String form :
                    new String[] {"data: " + words + "\n\n", "event: error\ndata: " + words + "\n\n", words}) {
                Asked asked = play(provider, "text/event-stream", form);

                assertThat(asked.failed().kind()).as("%s: %s", provider, form).isEqualTo(kind);
                assertThat(asked.failed()).hasMessageContaining(words.replace("\"", ""));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"error\":null",
                "\"error\":\"\"",
                "\"error\":false",
                "\"error\":{}",
                "\"error\":{\"code\":0,\"message\":\"\"}",
                "\"errors\":[]",
                "\"error_code\":0",
                "\"base_resp\":{\"status_code\":0,\"status_msg\":\"\"}"
            })
    void aFieldThatSaysThatThereIsNoneIsNone(String field) throws IOException {
        Asked asked = play(
                Provider.OPENAI,
                "data: {" + field
                        + ",\"choices\":[{\"delta\":{\"content\":\"Hello\"},\"finish_reason\":\"stop\"}]}\n\n");

        assertThat(asked.failure()).isNull();
        assertThat(asked.text()).isEqualTo("Hello");
    }

    @Test
    void isFoundInsideTheChoice() throws IOException {
        Asked asked = play(
                Provider.OPENAI,
                "data: {\"choices\":[{\"delta\":{\"content\":\"\"},\"finish_reason\":\"error\","
                        + "\"error\":{\"code\":502,\"message\":\"Provider died\"}}]}\n\n");

        assertThat(asked.failed().kind()).isEqualTo(Kind.UNAVAILABLE);
        assertThat(asked.failed()).hasMessageContaining("Provider died");
    }

    @Test
    void ofLlamaCppMayBeAFieldOfItsOwn() throws IOException {
        Asked asked = play(
                Provider.OPENAI, "error: {\"code\":500,\"message\":\"context shift\",\"type\":\"server_error\"}\n\n");

        assertThat(asked.failed().kind()).isEqualTo(Kind.UNAVAILABLE);
        assertThat(asked.failed()).hasMessageContaining("context shift");
    }

    @Test
    void withoutAWordIsAFailureAllTheSame() throws IOException {
        assertThat(play(Provider.OPENAI, "event: error\n\n").failed().kind()).isEqualTo(Kind.BROKEN);
    }

    @ParameterizedTest
    @EnumSource
    void isToldInTheProvidersWordsOnOneLineWithoutTheKeyAndNotAtLength(Provider provider) throws IOException {
        String error = "{\"error\":{\"message\":\"Provider returned error\\nWARN forged line for " + Asked.KEY
                + "\",\"code\":502,\"metadata\":{\"raw\":\"the true reason " + "x".repeat(9_000) + "\"}}}";
        Asked asked = play(provider, "application/json", error);

        assertThat(asked.failed().getMessage())
                .contains("Provider returned error WARN forged line for ***", "the true reason")
                .doesNotContain(Asked.KEY, "\n")
                .hasSizeLessThan(600);
    }

    @Test
    void doesNotTellTheAnswer() throws IOException {
        Asked asked = play(
                Provider.OPENAI,
                "data: {\"error\":\"it broke\",\"choices\":[{\"delta\":{\"content\":\"a secret\"}}]}\n\n");

        assertThat(asked.failed()).hasMessageContaining("it broke").hasMessageNotContaining("a secret");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            PT7S    | {"error":{"code":429,"message":"slow","retry_after":7}}
            PT0.25S | {"error":{"code":429,"message":"slow","retry_after_ms":250}}
            PT7S    | {"error":{"code":429,"message":"slow","metadata":{"headers":{"Retry-After":"7"}}}}
            PT34S   | {"error":{"code":429,"message":"slow","details":[{"@type":"x/google.rpc.RetryInfo","retryDelay":"34s"}]}}
            PT1.2S  | {"error":{"code":"rate_limit_exceeded","message":"Limit 6000. Please try again in 1.2s."}}
            PT0.34S | {"error":{"code":"rate_limit_exceeded","message":"Please try again in 340ms. Visit"}}
            PT7M12S | {"error":{"code":"rate_limit_exceeded","message":"Please try again in 7m12s. Need more"}}
            PT20S   | {"error":{"code":"rate_limit_exceeded","message":"Please retry after 20 seconds."}}
            PT2M    | {"error":"rate limit: wait 2 minutes"}
                    | {"error":{"code":429,"message":"slow down, retry later"}}
                    | {"error":{"code":429,"message":"slow","retry_after":-1}}
                    | {"error":{"code":429,"message":"slow","retry_after":99999999999}}
                    | {"error":{"code":429,"message":"slow","retry_after":"soon"}}
                    | {"error":{"code":429,"message":"retry with 3 shorter messages"}}
            """)
    void tellsWhenToComeBack(@Nullable Duration wait, String error) throws IOException {
        Asked frame = play(Provider.OPENAI, "data: " + error + "\n\n");
        Asked status;
        try (ScriptedProvider server = ScriptedProvider.status("429 Too Many Requests", error)) {
            status = ask(Provider.OPENAI, server);
        }

        assertThat(frame.failed().kind()).isEqualTo(Kind.RATE_LIMITED);
        assertThat(frame.failed().retryAfter().orElse(null)).isEqualTo(wait);
        assertThat(status.failed().retryAfter().orElse(null)).isEqualTo(wait);
    }

    @Test
    void takesTheWaitOfItsHeadersWhereItHasNoneOfItsOwn() throws IOException {
        try (ScriptedProvider server = ScriptedProvider.status(
                "200 OK\r\nRetry-After: 9", "{\"error\":{\"code\":429,\"message\":\"slow\"}}")) {
            assertThat(ask(Provider.OPENAI, server).failed().retryAfter()).contains(Duration.ofSeconds(9));
        }
        try (ScriptedProvider server =
                ScriptedProvider.status("429 No\r\nRetry-After: 9\r\nRetry-After-Ms: 8500", "no")) {
            assertThat(ask(Provider.OPENAI, server).failed().retryAfter()).contains(Duration.ofMillis(8500));
        }
    }
}
