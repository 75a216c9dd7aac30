package dev.chatkeep.server;

import org.springframework.context.annotation.Condition;
import org.springframework.context.annotation.ConditionContext;
import org.springframework.core.type.AnnotatedTypeMetadata;

/// That no database is named, so that ours is started.
final class OnEmbeddedDatabase implements Condition {

    @Override
    public boolean matches(ConditionContext context, AnnotatedTypeMetadata metadata) {
        return !Settings.isSet(context.getEnvironment().getProperty("chatkeep.database.url"));
    }
}
