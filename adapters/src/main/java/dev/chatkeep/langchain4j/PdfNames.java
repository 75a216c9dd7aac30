package dev.chatkeep.langchain4j;

import dev.chatkeep.db.Json;
import java.util.Iterator;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// Gives the PDFs in a request their names, which LangChain4j leaves out: OpenAI's `filename`, Anthropic's `title`.
final class PdfNames {

    private PdfNames() {}

    /// @param names of the PDFs in the order in which they stand in the request; empty where one has none
    static String write(List<String> names, String body) {
        if (names.stream().allMatch(String::isBlank)) {
            return body;
        }
        JsonNode request = Json.MAPPER.readTree(body);
        Iterator<String> next = names.iterator();
        for (JsonNode message : request.path("messages")) {
            for (JsonNode content : message.path("content")) {
                name(content, next);
            }
        }
        return request.toString();
    }

    private static void name(JsonNode content, Iterator<String> next) {
        switch (content.path("type").asString("")) {
            case "file" -> name(content.path("file"), "filename", next);
            case "document" -> name(content, "title", next);
            default -> {
                // No PDF, or, of Gemini, one that has its name before it.
            }
        }
    }

    private static void name(JsonNode place, String field, Iterator<String> next) {
        String name = next.hasNext() ? next.next() : "";
        if (!name.isBlank() && place instanceof ObjectNode object) {
            object.put(field, name);
        }
    }
}
