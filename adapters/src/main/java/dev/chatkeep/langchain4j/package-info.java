/// Model providers: OpenAI-compatible, Anthropic, Gemini and Ollama.
///
/// LangChain4j writes the request, with its provider's addresses, headers and JSON; the request goes out, and the
/// answer is read, by this package. LangChain4j's own reading of a stream ends well when the provider reports an error
/// in the middle, glues tool calls, blocks and text parts together, keeps every raw frame in memory and stops at 257
/// streams.
@NullMarked
package dev.chatkeep.langchain4j;

import org.jspecify.annotations.NullMarked;
