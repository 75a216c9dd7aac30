package dev.chatkeep.run;

import dev.chatkeep.ChatkeepException;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The configured models. The first one answers when a client names none.
public final class Models {

    private final Map<String, Model> byId = new LinkedHashMap<>();
    private final Model preferred;

    public Models(List<Model> models) {
        if (models.isEmpty()) {
            throw new IllegalArgumentException("at least one model is needed");
        }
        for (Model model : models) {
            if (byId.putIfAbsent(model.id(), model) != null) {
                throw new IllegalArgumentException("two models have the id " + model.id());
            }
        }
        this.preferred = models.getFirst();
    }

    public Collection<Model> list() {
        return List.copyOf(byId.values());
    }

    public Model preferred() {
        return preferred;
    }

    /// The model of this id, or the preferred one for null.
    ///
    /// @throws ChatkeepException.Invalid naming `field` when there is none of this id
    public Model choose(String field, @Nullable String id) {
        if (id == null) {
            return preferred;
        }
        Model model = byId.get(id);
        if (model == null) {
            throw new ChatkeepException.Invalid("unknown_model", field, "There is no such model.");
        }
        return model;
    }
}
