/// What talks to PostgreSQL: migrations, JSON columns, SQLSTATEs. It knows nothing of chats.
@NullMarked
package dev.chatkeep.db;

import org.jspecify.annotations.NullMarked;
