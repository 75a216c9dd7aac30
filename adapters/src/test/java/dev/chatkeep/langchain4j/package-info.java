@NullMarked
package dev.chatkeep.langchain4j;

import org.jspecify.annotations.NullMarked;
