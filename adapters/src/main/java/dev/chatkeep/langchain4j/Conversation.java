package dev.chatkeep.langchain4j;

import dev.chatkeep.message.Part;
import dev.chatkeep.run.Prompt;
import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.Content;
import dev.langchain4j.data.message.PdfFileContent;
import dev.langchain4j.data.message.SystemMessage;
import dev.langchain4j.data.message.TextContent;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.model.chat.request.json.JsonObjectSchema;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// A prompt in LangChain4j's terms. Messages of which nothing remains are left out; several of the same role in a row
/// stay as they are, which every provider allows.
///
/// @param tools    the tools that the history calls, by name only
/// @param pdfNames the names of the PDFs, in order; empty where one has none
record Conversation(List<ChatMessage> messages, List<ToolSpecification> tools, List<String> pdfNames) {

    static Conversation of(Provider provider, Prompt prompt) {
        List<ChatMessage> messages = new ArrayList<>();
        List<String> pdfNames = new ArrayList<>();
        if (prompt.system() != null && !prompt.system().isBlank()) {
            messages.add(SystemMessage.from(prompt.system()));
        }
        int opening = messages.size();
        for (Prompt.Turn turn : prompt.turns()) {
            switch (turn.role()) {
                case SYSTEM -> {
                    String text = texts(turn.parts());
                    if (!text.isBlank()) {
                        messages.add(SystemMessage.from(text));
                    }
                }
                case USER -> {
                    List<Content> contents = turn.parts().stream()
                            .flatMap(part -> contents(provider, part, pdfNames))
                            .toList();
                    if (!contents.isEmpty()) {
                        messages.add(UserMessage.from(contents));
                    }
                }
                case ASSISTANT -> messages.addAll(AssistantSteps.of(provider, turn.parts()));
            }
        }
        if (messages.size() > opening && !(messages.get(opening) instanceof UserMessage)) {
            // A window may begin with an answer; Anthropic and Gemini want a question first.
            messages.add(opening, UserMessage.from("(Earlier messages are left out.)"));
        }
        return new Conversation(messages, tools(prompt), pdfNames);
    }

    private static Stream<Content> contents(Provider provider, Part part, List<String> pdfNames) {
        return switch (part) {
            case Part.Text(String text) -> text.isBlank() ? Stream.empty() : Stream.of(TextContent.from(text));
            case Part.File file -> {
                List<Content> contents = Files.contents(provider, file);
                if (contents.getLast() instanceof PdfFileContent) {
                    pdfNames.add(file.filename() == null ? "" : file.filename());
                }
                yield contents.stream();
            }
            case Part.Reasoning _, Part.Tool _, Part.Unknown _ -> Stream.empty();
        };
    }

    private static String texts(List<Part> parts) {
        return parts.stream()
                .filter(Part.Text.class::isInstance)
                .map(part -> ((Part.Text) part).text())
                .collect(Collectors.joining("\n"));
    }

    private static List<ToolSpecification> tools(Prompt prompt) {
        return prompt.turns().stream()
                .flatMap(turn -> turn.parts().stream())
                .filter(Part.Tool.class::isInstance)
                .map(part -> ((Part.Tool) part).toolName())
                .distinct()
                .map(name -> ToolSpecification.builder()
                        .name(name)
                        .parameters(JsonObjectSchema.builder().build())
                        .build())
                .toList();
    }
}
