package dev.chatkeep.web;

import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpInputMessage;
import org.springframework.http.HttpOutputMessage;
import org.springframework.http.MediaType;
import org.springframework.http.converter.AbstractHttpMessageConverter;
import org.springframework.http.converter.HttpMessageNotReadableException;
import tools.jackson.databind.json.JsonMapper;

/// Writes the answers of this API, and nothing of a host application's, as JSON of a known length. The
/// framework streams what it writes: an answer of thirty messages then reaches the socket in six pieces, each
/// of which wakes its reader.
final class JsonAnswers extends AbstractHttpMessageConverter<Object> {

    private final JsonMapper mapper;

    JsonAnswers(JsonMapper mapper) {
        super(MediaType.APPLICATION_JSON, MediaType.APPLICATION_PROBLEM_JSON);
        this.mapper = mapper;
    }

    @Override
    protected boolean supports(Class<?> type) {
        return type.isRecord() && type.getPackageName().equals(JsonAnswers.class.getPackageName());
    }

    @Override
    protected boolean canRead(@Nullable MediaType type) {
        return false;
    }

    @Override
    protected Object readInternal(Class<?> type, HttpInputMessage input) {
        throw new HttpMessageNotReadableException("answers are only written", input);
    }

    @Override
    protected void writeInternal(Object answer, HttpOutputMessage output) throws IOException {
        byte[] json = mapper.writeValueAsBytes(answer);
        ReadBudget.made(json.length);
        output.getHeaders().setContentLength(json.length);
        output.getBody().write(json);
    }
}
