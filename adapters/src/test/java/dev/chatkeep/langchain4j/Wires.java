package dev.chatkeep.langchain4j;

/// The least a provider can say, in each provider's own frames.
record Wires(String open, String text, String end, String error, String garbage) {

    static Wires of(Provider provider) {
        return switch (provider) {
            case OPENAI ->
                new Wires(
                        "",
                        "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hello\"}}]}\n\n",
                        "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n",
                        "data: {\"error\":{\"message\":\"overloaded\",\"code\":503}}\n\n",
                        "data: {\"choices\":[{\n\n");
            case ANTHROPIC -> new Wires("""
                    event: message_start
                    data: {"type":"message_start","message":{"usage":{"input_tokens":3,"output_tokens":1}}}

                    event: content_block_start
                    data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}

                    """, """
                    event: content_block_delta
                    data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hello"}}

                    """, """
                    event: content_block_stop
                    data: {"type":"content_block_stop","index":0}

                    event: message_delta
                    data: {"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":5}}

                    event: message_stop
                    data: {"type":"message_stop"}

                    """, """
                    event: error
                    data: {"type":"error","error":{"type":"overloaded_error","message":"overloaded"}}

                    """, "event: content_block_delta\ndata: {\"type\":\n\n");
            case GEMINI ->
                new Wires(
                        "",
                        "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"Hello\"}]}}]}\n\n",
                        "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"\"}]},\"finishReason\":\"STOP\"}]}\n\n",
                        "data: {\"error\":{\"code\":503,\"status\":\"UNAVAILABLE\",\"message\":\"overloaded\"}}\n\n",
                        "data: {\"candidates\":\n\n");
            case OLLAMA ->
                new Wires(
                        "",
                        "{\"message\":{\"role\":\"assistant\",\"content\":\"Hello\"},\"done\":false}\n",
                        "{\"message\":{\"content\":\"\"},\"done\":true,\"done_reason\":\"stop\",\"prompt_eval_count\":3,\"eval_count\":5}\n",
                        "{\"error\":\"overloaded\"}\n",
                        "{\"message\":\n");
        };
    }
}
